/** Voxels walk along the flow of a volume. Source: cellpose 3.1 `dynamics.steps_interp` (torch `grid_sample`) and `steps3D`. */
export type Shape3 = readonly [lz: number, ly: number, lx: number];

export interface WalkVoxelsOptions {
  readonly niter?: number;
  readonly interp?: boolean;
  /** The network gives flows times this factor. */
  readonly flowScale: number;
  readonly signal?: AbortSignal;
}

/** Steps between two looks at the signal. */
const stepsInARow = 10;

/**
 * @param dP      (3, lz, ly, lx).
 * @param voxels  places of the walkers; elsewhere there is no flow.
 * @returns       resting places (3, n): z, y, x.
 */
export async function walkVoxels(
  dP: Float32Array,
  shape: Shape3,
  voxels: Int32Array,
  { niter = 200, interp = true, flowScale, signal }: WalkVoxelsOptions,
): Promise<Float32Array> {
  const flow = cellFlow(dP, voxels, flowScale, interp ? shape.map((size) => Math.fround(2 / span(size))) : [1, 1, 1]);
  const p = startingPlaces(voxels, shape);
  const step = interp ? stepBetween : stepNearest;
  if (interp) toGrid(p, shape);
  for (let t = 0; t < Math.trunc(niter); t++) {
    if (t % stepsInARow === 0) {
      await new Promise((resolve) => setTimeout(resolve));
      signal?.throwIfAborted();
    }
    step(p, flow, shape);
  }
  if (interp) fromGrid(p, shape);
  return p;
}

/** Flow in cells, (z, y, x) of each voxel side by side, in voxels per step times `factors`; 0 elsewhere. */
function cellFlow(dP: Float32Array, voxels: Int32Array, flowScale: number, factors: readonly number[]): Float32Array {
  const n = dP.length / 3;
  const flow = new Float32Array(dP.length);
  for (const i of voxels)
    for (let k = 0; k < 3; k++) flow[3 * i + k] = Math.fround(dP[k * n + i] / flowScale) * factors[k];
  return flow;
}

function startingPlaces(voxels: Int32Array, [, ly, lx]: Shape3): Float32Array {
  const n = voxels.length;
  const p = new Float32Array(3 * n);
  voxels.forEach((i, k) => {
    p[k] = Math.floor(i / (ly * lx));
    p[n + k] = Math.floor(i / lx) % ly;
    p[2 * n + k] = i % lx;
  });
  return p;
}

/** Places from 0 … size − 1 to −1 … 1, where torch samples. */
function toGrid(p: Float32Array, shape: Shape3): void {
  const n = p.length / 3;
  for (let i = 0; i < p.length; i++) {
    const scaled = Math.fround(p[i] / span(shape[Math.floor(i / n)]));
    p[i] = Math.fround(scaled * 2) - 1;
  }
}

/** Voxels from the first to the last; 1 where they are the same, so that nothing is divided by 0. */
function span(size: number): number {
  return Math.max(1, size - 1);
}

function fromGrid(p: Float32Array, shape: Shape3): void {
  const n = p.length / 3;
  for (let i = 0; i < p.length; i++) p[i] = Math.fround(Math.fround(p[i] + 1) * 0.5) * (shape[Math.floor(i / n)] - 1);
}

/** Whole voxel, and the weights of it and the next one along an axis, in float32. */
interface Place {
  low: number;
  weightLow: number;
  weightHigh: number;
}

function placeOf(value: number, size: number, place: Place): void {
  const f = Math.fround;
  const at = f(f(f(f(value + 1) * size) - 1) / 2);
  place.low = Math.floor(at);
  place.weightHigh = f(at - place.low);
  place.weightLow = f(place.low + 1 - at);
}

/** One step with the eight voxels around; torch counts their centres half a voxel further, and zeros beyond the border. */
function stepBetween(p: Float32Array, flow: Float32Array, [lz, ly, lx]: Shape3): void {
  const n = p.length / 3;
  const f = Math.fround;
  const [z, y, x] = Array.from({ length: 3 }, (): Place => ({ low: 0, weightLow: 0, weightHigh: 0 }));
  for (let i = 0; i < n; i++) {
    placeOf(p[i], lz, z);
    placeOf(p[n + i], ly, y);
    placeOf(p[2 * n + i], lx, x);
    let [dz, dy, dx] = [0, 0, 0];
    for (let corner = 0; corner < 8; corner++) {
      const [highX, highY, highZ] = [corner & 1, (corner >> 1) & 1, corner >> 2];
      const [cz, cy, cx] = [z.low + highZ, y.low + highY, x.low + highX];
      if (cz < 0 || cz >= lz || cy < 0 || cy >= ly || cx < 0 || cx >= lx) continue;
      const inPlane = f((highX ? x.weightHigh : x.weightLow) * (highY ? y.weightHigh : y.weightLow));
      const weight = f(inPlane * (highZ ? z.weightHigh : z.weightLow));
      const at = 3 * ((cz * ly + cy) * lx + cx);
      dz = f(dz + f(flow[at] * weight));
      dy = f(dy + f(flow[at + 1] * weight));
      dx = f(dx + f(flow[at + 2] * weight));
    }
    p[i] = clamp(f(p[i] + dz), -1, 1);
    p[n + i] = clamp(f(p[n + i] + dy), -1, 1);
    p[2 * n + i] = clamp(f(p[2 * n + i] + dx), -1, 1);
  }
}

function stepNearest(p: Float32Array, flow: Float32Array, [lz, ly, lx]: Shape3): void {
  const n = p.length / 3;
  for (let i = 0; i < n; i++) {
    const at = 3 * (((p[i] | 0) * ly + (p[n + i] | 0)) * lx + (p[2 * n + i] | 0));
    p[i] = clamp(Math.fround(p[i] + flow[at]), 0, lz - 1);
    p[n + i] = clamp(Math.fround(p[n + i] + flow[at + 1]), 0, ly - 1);
    p[2 * n + i] = clamp(Math.fround(p[2 * n + i] + flow[at + 2]), 0, lx - 1);
  }
}

/** NaN becomes the lower bound, so that a broken flow cannot lead out of the volume. */
function clamp(value: number, low: number, high: number): number {
  return value > low ? (value < high ? value : high) : low;
}
