/**
 * The walk of the voxels of a volume, slab by slab: only the flow of some planes is laid out for the kernels at a time. A point that
 * needs planes beyond waits, with the steps it has left, until the slab that holds them has its turn, so the result is that of one
 * walk through the whole volume.
 */
import { type KernelJob, openKernelJob } from '../kernels/kernelJob.ts';
import { threadCount } from '../kernels/threadCount.ts';
import { fromGrid, mostSteps, stepsGrid, stepsNearestVoxel, toGrid } from './gridSteps.ts';
import { pointRanges } from './pointRanges.ts';
import { block, room, scaleFlow, workerPoints } from './walkGrid.ts';
import { wholeSteps } from './wholeSteps.ts';

export interface SlabWalk {
  readonly shape: readonly [lz: number, ly: number, lx: number];
  readonly sampling: 'grid' | 'nearest';
  /** Whether a voxel walks. */
  readonly walks: (voxel: number) => boolean;
  /** Writes (dz, dy, dx, 0) of the voxels from … to − 1 that have a flow, in voxels per step, from the beginning of the array on. */
  readonly writeFlow: (flow: Float32Array, from: number, to: number) => void | Promise<void>;
  /** Takes the voxel where one comes to rest. */
  readonly rest: (voxel: number, z: number, y: number, x: number) => void;
  readonly niter: number | undefined;
  readonly threads: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** Bytes of flow that are laid out at a time, if that makes a few planes. @default half of those of the volume in float32, from 64 MiB to 1 GiB */
  readonly slabBytes?: number | undefined;
}

/** Points that are in the memory of the job at a time. */
const capacity = 2 ** 19;

/** Planes of a volume that points are taken from, `core`, and those whose flow is there, `planes`: first and number. */
interface Slab {
  readonly core: readonly [number, number];
  readonly planes: readonly [number, number];
}

export async function walkSlabs(walk: SlabWalk): Promise<void> {
  const [, ly, lx] = walk.shape;
  const slabs = slabsOf(walk.shape, walk.slabBytes);
  const walkers = countWalkers(walk);
  const most = Math.min(walkers, capacity);
  const threads = walkers < workerPoints ? 1 : threadCount('followFlows', walk.threads);
  const niter = Math.min(wholeSteps('followFlows', walk.niter ?? 200), mostSteps);
  const job = await openKernelJob<Plan>(
    {
      flow: [Float32Array, 4 * Math.max(...slabs.map(({ planes }) => planes[1])) * ly * lx],
      points: [Float32Array, 4 * most],
      rooms: [Uint8Array, threads * room],
    },
    threads,
  );
  const state: State = { walk, slabs, niter, job, ids: new Int32Array(most), waiting: slabs.map(() => new Waiting()) };
  try {
    for (let round = 0; round === 0 || state.waiting.some(({ length }) => length > 0); round++) {
      for (const [k, slab] of slabs.entries()) {
        if (round > 0 && state.waiting[k].length === 0) continue;
        await loadFlow(walk, slab, job.arrays.flow);
        if (round === 0) await walkFromCore(state, slab);
        while (state.waiting[k].length > 0)
          await walkPoints(state, slab, state.waiting[k].take(state.ids, job.arrays.points));
      }
    }
  } finally {
    job.close();
  }
}

interface Plan extends Record<string, readonly [typeof Float32Array | typeof Uint8Array, number]> {
  readonly flow: readonly [typeof Float32Array, number];
  readonly points: readonly [typeof Float32Array, number];
  readonly rooms: readonly [typeof Uint8Array, number];
}

interface State {
  readonly walk: SlabWalk;
  readonly slabs: readonly Slab[];
  readonly niter: number;
  readonly job: KernelJob<Plan>;
  /** Voxels that the points in the memory of the job belong to. */
  readonly ids: Int32Array;
  /** Points for each slab. */
  readonly waiting: readonly Waiting[];
}

/** The walkers that start in the core of a slab. */
async function walkFromCore(state: State, slab: Slab): Promise<void> {
  const { walk, niter, job, ids } = state;
  const size = walk.shape[1] * walk.shape[2];
  const { points } = job.arrays;
  for (let from = slab.core[0] * size; from < slab.core[1] * size; ) {
    const { n, next } = takeWalkers(walk, niter, [from, slab.core[1] * size], { ids, points });
    if (walk.sampling === 'grid') toGrid(points.subarray(0, 4 * n), walk.shape);
    if (n > 0) await walkPoints(state, slab, n);
    from = next;
  }
}

/** Walks the first n points as far as the planes that are there let them. */
async function walkPoints(state: State, { planes }: Slab, n: number): Promise<void> {
  const { walk, job, niter } = state;
  const { shape, sampling, signal } = walk;
  const { arrays, at } = job;
  const isGrid = sampling === 'grid';
  const part = isGrid ? [planes[0], 0, 0, planes[1], shape[1], shape[2]] : planes;
  const field = { flow: arrays.flow, shape, planes };
  const work = {
    kernel: isGrid ? 'stepsGrid' : 'stepsNearestVoxel',
    args: (from: number, to: number) => [at.flow, ...shape, ...part, at.points, from, to, at.rooms],
    plain: (from: number, to: number) => (isGrid ? stepsGrid : stepsNearestVoxel)(field, arrays.points, [from, to]),
  };
  await job.run(work, pointRanges(n, niter, block), signal);
  harvest(state, arrays.points.subarray(0, 4 * n));
}

/** Points at rest are done, the others wait for the slab of the plane where they stand. */
function harvest({ walk, slabs, ids, waiting }: State, points: Float32Array): void {
  const { shape, sampling, rest } = walk;
  const isGrid = sampling === 'grid';
  const n = points.length / 4;
  for (let j = 0; j < n; j++)
    if (points[4 * j + 3] > 0) waiting[slabAt(slabs, planeOf(points[4 * j], shape[0], isGrid))].push(ids, points, j);
  if (isGrid) fromGrid(points, shape);
  for (let j = 0; j < n; j++) {
    if (points[4 * j + 3] > 0) continue;
    const at = 4 * j;
    rest(ids[j], whole(points[at], shape[0]), whole(points[at + 1], shape[1]), whole(points[at + 2], shape[2]));
  }
}

function slabsOf([lz, ly, lx]: SlabWalk['shape'], bytes?: number): Slab[] {
  const volume = 4 * lz * ly * lx;
  const room = bytes ?? Math.min(Math.max(volume / 2, 2 ** 26), 2 ** 30);
  const held = Math.max(6, Math.floor(room / (16 * ly * lx)));
  if (held >= lz) return [{ core: [0, lz], planes: [0, lz] }];
  // Wide enough that points which turn about a place do not change their slab at every step.
  const apron = Math.max(2, held >> 3);
  const slabs: Slab[] = [];
  for (let z = 0; z < lz; z += held - 2 * apron) {
    const core = [z, Math.min(lz, z + held - 2 * apron)] as const;
    const first = Math.max(0, z - apron);
    slabs.push({ core, planes: [first, Math.min(lz, core[1] + apron) - first] });
  }
  return slabs;
}

function slabAt(slabs: readonly Slab[], z: number): number {
  return Math.min(slabs.length - 1, Math.floor(z / (slabs[0].core[1] - slabs[0].core[0])));
}

/** The plane below a position, within the volume. */
function planeOf(value: number, lz: number, isGrid: boolean): number {
  return whole(isGrid ? Math.floor(((value + 1) * lz - 1) / 2) : value, lz);
}

function whole(value: number, size: number): number {
  return Math.min(Math.max(value | 0, 0), size - 1);
}

function countWalkers({ shape: [lz, ly, lx], walks }: SlabWalk): number {
  let n = 0;
  for (let i = 0; i < lz * ly * lx; i++) if (walks(i)) n++;
  return n;
}

async function loadFlow({ shape, sampling, writeFlow }: SlabWalk, { planes }: Slab, flow: Float32Array): Promise<void> {
  const size = shape[1] * shape[2];
  const part = flow.subarray(0, 4 * planes[1] * size);
  part.fill(0);
  await writeFlow(part, planes[0] * size, (planes[0] + planes[1]) * size);
  if (sampling === 'grid') scaleFlow(part, shape);
}

/** Walkers among the voxels, as many as there is room for, at their places; `next` is the first voxel that was not looked at. */
function takeWalkers(
  { shape: [, ly, lx], walks }: SlabWalk,
  niter: number,
  [from, to]: readonly [number, number],
  { ids, points }: { readonly ids: Int32Array; readonly points: Float32Array },
): { readonly n: number; readonly next: number } {
  let n = 0;
  let i = from;
  for (; i < to && n < ids.length; i++) {
    if (!walks(i)) continue;
    const row = Math.floor(i / lx);
    ids[n] = i;
    points[4 * n] = Math.floor(row / ly);
    points[4 * n + 1] = row % ly;
    points[4 * n + 2] = i % lx;
    points[4 * n + 3] = niter;
    n++;
  }
  return { n, next: ids.length === 0 ? to : i };
}

/** Points that wait for a slab. */
class Waiting {
  length = 0;
  #ids = new Int32Array(0);
  #points = new Float32Array(0);

  /** Adds the j-th of the points. */
  push(ids: Int32Array, points: Float32Array, j: number): void {
    if (this.length === this.#ids.length) this.#grow();
    this.#ids[this.length] = ids[j];
    for (let k = 0; k < 4; k++) this.#points[4 * this.length + k] = points[4 * j + k];
    this.length++;
  }

  /** Moves as many as there is room for to the front of the arrays; returns their number. */
  take(ids: Int32Array, points: Float32Array): number {
    const n = Math.min(this.length, ids.length);
    this.length -= n;
    ids.set(this.#ids.subarray(this.length, this.length + n));
    points.set(this.#points.subarray(4 * this.length, 4 * (this.length + n)));
    if (this.length === 0) [this.#ids, this.#points] = [new Int32Array(0), new Float32Array(0)];
    return n;
  }

  #grow(): void {
    const ids = new Int32Array(Math.max(1024, 2 * this.length));
    const points = new Float32Array(4 * ids.length);
    ids.set(this.#ids);
    points.set(this.#points);
    [this.#ids, this.#points] = [ids, points];
  }
}
