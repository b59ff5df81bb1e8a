/** Lets pixels walk along the flow, so that pixels of one cell gather near its centre. Source: cellpose 3.1 `follow_flows`. */
import { checkArray, type FloatArray, type NdArray } from '../array/ndarray.ts';
import { OptionError, ShapeError } from '../errors.ts';
import { openKernelJob, type Range } from '../kernels/kernelJob.ts';
import { threadCount } from '../kernels/threadCount.ts';
import { settleLimit, stepsLinear, stepsNearest } from './steps.ts';
import { wholeSteps } from './wholeSteps.ts';

export interface FollowOptions {
  /** Number of steps; a fraction is cut off. @default 200 */
  readonly niter?: number;
  /** Read the flow between pixels (bilinear) or at the pixel below the position. @default true */
  readonly interp?: boolean;
  /** Worker threads. @default all of the machine */
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/**
 * Moves pixels along the flow by Euler steps.
 *
 * @param dP      flow in pixels per step, (2, ly, lx): plane 0 is y, plane 1 is x. The caller has zeroed it outside cells and
 *                divided it by 5 (networks are trained on 5 × unit flows). Not changed.
 * @param pixels  which pixels walk: y · lx + x.
 * @returns       resting places (2, n) in pixels, float32, row 0 is y, within [0, ly − 1] × [0, lx − 1].
 * @throws ShapeError if dP is not (2, ly, lx), OptionError if niter is negative, threads is below 1,
 *                or a pixel lies outside the image.
 *
 * Bilinear sampling repeats edge values; each coordinate is clamped after each step. O(n · niter) at most. The result does
 * not depend on the number of threads.
 * Source: Stringer et al., Nature Methods 18 (2021), Methods; same arithmetic as cellpose 3.1 `steps_interp` (its CPU
 * branch; its GPU branch samples differently) and `steps2D`.
 */
export async function followFlows(
  dP: FloatArray,
  pixels: Int32Array,
  options: FollowOptions = {},
): Promise<NdArray<Float32Array>> {
  if (dP.shape.length !== 3 || dP.shape[0] !== 2) throw new ShapeError('followFlows', 'dP (2, ly, lx)', dP.shape);
  checkArray('followFlows', dP);
  const [, ly, lx] = dP.shape;
  checkPixels(pixels, ly * lx);
  return walkPixels([ly, lx], pixels, (flow) => interleave(dP.data, flow), options);
}

/** Steps of one call of a kernel, at most: some 10 ms. */
const callSteps = 3.2e6;
/** Points that a kernel steps together; see assembly/steps.ts. */
const block = 128;
/** Below this many points, waking workers costs more than it saves. */
const workerPoints = 300_000;
/** Bytes of a thread's room; see assembly/steps.ts. */
const room = 16 * block;

/**
 * As `followFlows`, with the flow written by the caller, (dy, dx) per pixel, into the memory of the job.
 *
 * @param options.settle  only the whole part of the result will count: points may stop where it cannot change any more.
 */
export async function walkPixels(
  [ly, lx]: readonly [number, number],
  pixels: Int32Array,
  writeFlow: (flow: Float32Array) => void,
  options: FollowOptions & { readonly settle?: boolean },
): Promise<NdArray<Float32Array>> {
  const { interp = true, signal } = options;
  const niter = wholeSteps('followFlows', options.niter ?? 200);
  const settle = options.settle === true && Math.max(ly, lx) <= settleLimit;
  const n = pixels.length;
  const ranges = pointRanges(n, niter);
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
    writeStarts(pixels, lx, points);
    const field = { flow, ly, lx };
    const linear = {
      kernel: 'stepsLinear',
      args: (from: number, to: number) => [at.flow, ly, lx, at.points, from, to, niter, settle ? 1 : 0, at.rooms],
      plain: (from: number, to: number) => stepsLinear(field, points, { from, to, niter }, settle),
    };
    const nearest = {
      kernel: 'stepsNearest',
      args: (from: number, to: number) => [at.flow, ly, lx, at.points, from, to, niter, at.rooms],
      plain: (from: number, to: number) => stepsNearest(field, points, { from, to, niter }),
    };
    await job.run(interp ? linear : nearest, ranges, signal);
    return { data: separate(points), shape: [2, n] };
  } finally {
    job.close();
  }
}

/** Every pixel must be a place in the image: beyond it the flow would be read from elsewhere, without an error. */
function checkPixels(pixels: Int32Array, n: number): void {
  const stranger = pixels.find((i) => i < 0 || i >= n);
  if (stranger === undefined) return;
  throw new OptionError('pixels', stranger, `followFlows: pixels must be places from 0 to ${n - 1}; got ${stranger}`);
}

/** Where pixels start: (y, x) of each. */
function writeStarts(pixels: Int32Array, lx: number, points: Float32Array): void {
  for (let i = 0; i < pixels.length; i++) {
    const y = (pixels[i] / lx) | 0;
    points[2 * i] = y;
    points[2 * i + 1] = pixels[i] - y * lx;
  }
}

function pointRanges(n: number, niter: number): Range[] {
  const ranges: Range[] = [];
  const size = block * Math.max(1, Math.min(block, Math.floor(callSteps / (block * Math.max(1, niter)))));
  for (let from = 0; from < n; from += size) ranges.push([from, Math.min(n, from + size)]);
  return ranges;
}

/** (2, n) to (n, 2). */
function interleave(planes: Float32Array, into: Float32Array): void {
  const n = planes.length / 2;
  for (let i = 0; i < n; i++) {
    into[2 * i] = planes[i];
    into[2 * i + 1] = planes[n + i];
  }
}

/** (n, 2) to (2, n). */
function separate(points: Float32Array): Float32Array {
  const n = points.length / 2;
  const planes = new Float32Array(2 * n);
  for (let i = 0; i < n; i++) {
    planes[i] = points[2 * i];
    planes[n + i] = points[2 * i + 1];
  }
  return planes;
}
