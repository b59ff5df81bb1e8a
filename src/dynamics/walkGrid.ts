/**
 * The walk of points in the coordinates of PyTorch's `grid_sample`, through a plane or a volume, and from voxel to voxel: the
 * kernels of gridSteps.ts on all threads; in float64 the plain loop.
 */
import type { NdArray } from '../array/ndarray.ts';
import type { Window } from '../array/window.ts';
import { openKernelJob, type Range } from '../kernels/kernelJob.ts';
import { threadCount } from '../kernels/threadCount.ts';
import type { WalkOptions } from './followFlows.ts';
import { fromGrid, mostSteps, stepsGrid, stepsNearestVoxel, toGrid, type VolumeField } from './gridSteps.ts';
import { pointRanges } from './pointRanges.ts';
import { wholeSteps } from './wholeSteps.ts';

export interface WalkGridOptions extends WalkOptions {
  readonly sampling: 'grid' | 'grid64' | 'nearest';
}

/** Points that a kernel steps together, and bytes of a thread's room; see assembly/gridSteps.ts. */
export const block = 64;
export const room = 24 * block;
/** Below this many points, waking workers costs more than it saves. */
export const workerPoints = 50_000;

/**
 * @param size       of the plane or volume.
 * @param writeFlow  writes (dz, dy, dx, 0) of each voxel, dz 0 in a plane, in voxels per step.
 * @returns          resting places (axes, n) in voxels.
 */
export async function walkGrid(
  size: readonly number[],
  pixels: Int32Array,
  writeFlow: (flow: Float32Array) => void,
  options: WalkGridOptions,
): Promise<NdArray<Float32Array>> {
  const { sampling, signal, within } = options;
  const niter = wholeSteps('followFlows', options.niter ?? 200);
  const [lz, h, w] = size.length === 3 ? (size as readonly [number, number, number]) : [1, size[0], size[1]];
  const window = { y: within?.y ?? 0, x: within?.x ?? 0, h, w };
  const shape = [lz, within?.ly ?? h, within?.lx ?? w] as const;
  const n = pixels.length;
  const ranges = pointRanges(n, niter, block);
  if (sampling === 'grid64') return inFloat64({ shape, window }, pixels, writeFlow, { ranges, niter, signal });
  const threads = n < workerPoints ? 1 : Math.min(threadCount('followFlows', options.threads), ranges.length);
  const plan = {
    flow: [Float32Array, 4 * lz * h * w],
    points: [Float32Array, 4 * n],
    rooms: [Uint8Array, threads * room],
  } as const;
  const job = await openKernelJob(plan, threads);
  try {
    const { arrays, at } = job;
    const { flow, points } = arrays;
    writeFlow(flow);
    writeStarts(pixels, window, niter, points);
    const field = { flow, shape, window };
    if (sampling === 'grid') {
      scaleFlow(flow, shape);
      toGrid(points, shape);
    }
    const part = sampling === 'grid' ? [0, window.y, window.x, lz, h, w] : [0, lz];
    const work = {
      kernel: sampling === 'grid' ? 'stepsGrid' : 'stepsNearestVoxel',
      args: (from: number, to: number) => [at.flow, ...shape, ...part, at.points, from, to, at.rooms],
      plain: (from: number, to: number) =>
        (sampling === 'grid' ? stepsGrid : stepsNearestVoxel)(field, points, [from, to]),
    };
    await job.run(work, ranges, signal);
    if (sampling === 'grid') fromGrid(points, shape);
    return { data: separate(points, size.length, window), shape: [size.length, n] };
  } finally {
    job.close();
  }
}

/** As Cellpose 0.6 had it on a GPU. On this thread, with pauses. */
async function inFloat64(
  { shape, window }: Required<Pick<VolumeField, 'shape' | 'window'>>,
  pixels: Int32Array,
  writeFlow: (flow: Float32Array) => void,
  { ranges, niter, signal }: { ranges: readonly Range[]; niter: number; signal: AbortSignal | undefined },
): Promise<NdArray<Float32Array>> {
  const flow32 = new Float32Array(4 * shape[0] * window.h * window.w);
  writeFlow(flow32);
  const flow = Float64Array.from(flow32);
  for (let i = 0; i < flow.length; i++) if (shape[i % 4] > 1) flow[i] /= (shape[i % 4] - 1) / 2;
  const points = new Float64Array(4 * pixels.length);
  writeStarts(pixels, window, niter, points);
  toGrid(points, shape);
  for (const range of ranges) {
    await new Promise((resolve) => setTimeout(resolve));
    signal?.throwIfAborted();
    stepsGrid({ flow, shape, window }, points, range);
  }
  fromGrid(points, shape);
  return { data: separate(points, 2, window), shape: [2, pixels.length] };
}

/** From voxels to grid coordinates, per step. A plane's z is not read. */
export function scaleFlow(flow: Float32Array, shape: VolumeField['shape']): void {
  const factors = shape.map((size) => (size > 1 ? Math.fround(2 / (size - 1)) : 0));
  for (let i = 0; i < flow.length; i += 4) for (let k = 0; k < 3; k++) flow[i + k] *= factors[k];
}

/** Where pixels start: (z, y, x, steps) of each. */
function writeStarts(
  pixels: Int32Array,
  { y, x, h, w }: Window,
  niter: number,
  points: Float32Array | Float64Array,
): void {
  for (let i = 0; i < pixels.length; i++) {
    const row = Math.floor(pixels[i] / w);
    points[4 * i] = Math.floor(row / h);
    points[4 * i + 1] = y + (row % h);
    points[4 * i + 2] = x + (pixels[i] % w);
    points[4 * i + 3] = Math.min(niter, mostSteps);
  }
}

/** (n, 4) to (axes, n), without what is not an axis, counted from the corner of the window. */
function separate(points: Float32Array | Float64Array, axes: number, { y, x }: Window): Float32Array {
  const n = points.length / 4;
  const planes = new Float32Array(axes * n);
  const corner = [0, y, x].slice(3 - axes);
  for (let k = 0; k < axes; k++) {
    for (let i = 0; i < n; i++) planes[k * n + i] = points[4 * i + 3 - axes + k] - corner[k];
  }
  return planes;
}
