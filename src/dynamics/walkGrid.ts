/**
 * The walk of points in the coordinates of PyTorch's `grid_sample`, through a plane or a volume, and from voxel to voxel: the
 * kernels of gridSteps.ts on all threads; in float64 the plain loop.
 */
import type { NdArray } from '../array/ndarray.ts';
import { openKernelJob } from '../kernels/kernelJob.ts';
import { threadCount } from '../kernels/threadCount.ts';
import type { WalkOptions } from './followFlows.ts';
import { fromGrid, stepsGrid, stepsNearestVoxel, toGrid, type VolumeField } from './gridSteps.ts';
import { pointRanges } from './pointRanges.ts';
import { wholeSteps } from './wholeSteps.ts';

export interface WalkGridOptions extends WalkOptions {
  readonly sampling: 'grid' | 'grid64' | 'nearest';
}

/** Points that a kernel steps together, and bytes of a thread's room; see assembly/gridSteps.ts. */
const block = 64;
const room = 24 * block;
/** Below this many points, waking workers costs more than it saves. */
const workerPoints = 50_000;

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
  const { sampling, signal } = options;
  const niter = wholeSteps('followFlows', options.niter ?? 200);
  const [lz, ly, lx] = size.length === 3 ? (size as readonly [number, number, number]) : [1, size[0], size[1]];
  const shape = [lz, ly, lx] as const;
  if (sampling === 'grid64') return inFloat64(shape, pixels, writeFlow, niter);
  const n = pixels.length;
  const ranges = pointRanges(n, niter, block);
  const threads = n < workerPoints ? 1 : Math.min(threadCount('followFlows', options.threads), ranges.length);
  const plan = {
    flow: [Float32Array, 4 * lz * ly * lx],
    points: [Float32Array, 4 * n],
    rooms: [Uint8Array, threads * room],
  } as const;
  const job = await openKernelJob(plan, threads);
  try {
    const { arrays, at } = job;
    const { flow, points } = arrays;
    writeFlow(flow);
    writeStarts(pixels, shape, points);
    const field = { flow, shape };
    if (sampling === 'grid') {
      scaleFlow(flow, shape);
      toGrid(points, shape);
    }
    const work = {
      kernel: sampling === 'grid' ? 'stepsGrid' : 'stepsNearestVoxel',
      args: (from: number, to: number) => [at.flow, lz, ly, lx, at.points, from, to, niter, at.rooms],
      plain: (from: number, to: number) =>
        (sampling === 'grid' ? stepsGrid : stepsNearestVoxel)(field, points, { from, to, niter }),
    };
    await job.run(work, ranges, signal);
    if (sampling === 'grid') fromGrid(points, shape);
    return { data: separate(points, size.length), shape: [size.length, n] };
  } finally {
    job.close();
  }
}

/** As Cellpose 0.6 had it on a GPU. */
function inFloat64(
  shape: VolumeField['shape'],
  pixels: Int32Array,
  writeFlow: (flow: Float32Array) => void,
  niter: number,
): NdArray<Float32Array> {
  const flow32 = new Float32Array(4 * shape[0] * shape[1] * shape[2]);
  writeFlow(flow32);
  const flow = Float64Array.from(flow32);
  for (let i = 0; i < flow.length; i++) if (shape[i % 4] > 1) flow[i] /= (shape[i % 4] - 1) / 2;
  const points = new Float64Array(4 * pixels.length);
  writeStarts(pixels, shape, points);
  toGrid(points, shape);
  stepsGrid({ flow, shape }, points, { from: 0, to: pixels.length, niter });
  fromGrid(points, shape);
  return { data: separate(points, 2), shape: [2, pixels.length] };
}

/** From voxels to grid coordinates, per step. A plane's z is not read. */
function scaleFlow(flow: Float32Array, shape: VolumeField['shape']): void {
  const factors = shape.map((size) => (size > 1 ? Math.fround(2 / (size - 1)) : 0));
  for (let i = 0; i < flow.length; i += 4) for (let k = 0; k < 3; k++) flow[i + k] *= factors[k];
}

/** Where pixels start: (z, y, x, 0) of each. */
function writeStarts(pixels: Int32Array, [, ly, lx]: VolumeField['shape'], points: Float32Array | Float64Array): void {
  for (let i = 0; i < pixels.length; i++) {
    const row = Math.floor(pixels[i] / lx);
    points[4 * i] = Math.floor(row / ly);
    points[4 * i + 1] = row % ly;
    points[4 * i + 2] = pixels[i] % lx;
  }
}

/** (n, 4) to (axes, n), without what is not an axis. */
function separate(points: Float32Array | Float64Array, axes: number): Float32Array {
  const n = points.length / 4;
  const planes = new Float32Array(axes * n);
  for (let k = 0; k < axes; k++) for (let i = 0; i < n; i++) planes[k * n + i] = points[4 * i + 3 - axes + k];
  return planes;
}
