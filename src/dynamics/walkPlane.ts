/** The walk of pixels through a plane, on all threads: the kernels of steps.ts. */
import type { NdArray } from '../array/ndarray.ts';
import { openKernelJob } from '../kernels/kernelJob.ts';
import { threadCount } from '../kernels/threadCount.ts';
import type { WalkOptions } from './followFlows.ts';
import { pointRanges } from './pointRanges.ts';
import { settleLimit, stepsLinear, stepsNearest } from './steps.ts';
import { wholeSteps } from './wholeSteps.ts';

/** Points that a kernel steps together; see assembly/steps.ts. */
const block = 128;
/** Below this many points, waking workers costs more than it saves. */
const workerPoints = 300_000;
/** Bytes of a thread's room; see assembly/steps.ts. */
const room = 16 * block;

/** @param writeFlow  writes (dy, dx) of each pixel into the memory of the job. */
export async function walkPlane(
  [ly, lx]: readonly [number, number],
  pixels: Int32Array,
  writeFlow: (flow: Float32Array) => void,
  options: WalkOptions,
): Promise<NdArray<Float32Array>> {
  const { interp = true, signal } = options;
  const niter = wholeSteps('followFlows', options.niter ?? 200);
  const [y, x] = options.within ? [options.within.y, options.within.x] : [0, 0];
  const settle = options.settle === true && Math.max(y + ly, x + lx) <= settleLimit;
  const n = pixels.length;
  const ranges = pointRanges(n, niter, block);
  const most = threadCount('followFlows', options.threads);
  const threads = n < workerPoints ? 1 : Math.min(most, ranges.length);
  const plan = {
    flow: [Float32Array, 2 * ly * lx],
    points: [Float32Array, 2 * n],
    rooms: [Uint8Array, threads * room],
  } as const;
  const job = await openKernelJob(plan, threads);
  try {
    const { arrays, at } = job;
    const { flow, points } = arrays;
    writeFlow(flow);
    writeStarts(pixels, lx, [y, x], points);
    const field = { flow, ly, lx, y, x };
    const linear = {
      kernel: 'stepsLinear',
      args: (from: number, to: number) => [at.flow, y, x, ly, lx, at.points, from, to, niter, settle ? 1 : 0, at.rooms],
      plain: (from: number, to: number) => stepsLinear(field, points, { from, to, niter }, settle),
    };
    const nearest = {
      kernel: 'stepsNearest',
      args: (from: number, to: number) => [at.flow, y, x, ly, lx, at.points, from, to, niter, at.rooms],
      plain: (from: number, to: number) => stepsNearest(field, points, { from, to, niter }),
    };
    await job.run(interp ? linear : nearest, ranges, signal);
    return { data: separate(points, [y, x]), shape: [2, n] };
  } finally {
    job.close();
  }
}

/** Where pixels start: (y, x) of each. */
function writeStarts(pixels: Int32Array, lx: number, [y, x]: readonly [number, number], points: Float32Array): void {
  for (let i = 0; i < pixels.length; i++) {
    const row = (pixels[i] / lx) | 0;
    points[2 * i] = y + row;
    points[2 * i + 1] = x + pixels[i] - row * lx;
  }
}

/** (n, 2) to (2, n), counted from (y, x). That is exact: the numbers do not grow. */
function separate(points: Float32Array, [y, x]: readonly [number, number]): Float32Array {
  const n = points.length / 2;
  const planes = new Float32Array(2 * n);
  for (let i = 0; i < n; i++) {
    planes[i] = points[2 * i] - y;
    planes[n + i] = points[2 * i + 1] - x;
  }
  return planes;
}
