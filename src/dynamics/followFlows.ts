/** Lets pixels walk along the flow, so that pixels of one cell gather near its centre. Source: cellpose 3.1 `follow_flows`. */
import type { FloatArray, NdArray } from '../array/ndarray.ts';
import { OptionError, ShapeError } from '../errors.ts';
import { type FlowField, type Points, stepsLinear, stepsNearest } from './steps.ts';

export interface FollowOptions {
  /** Number of steps; a fraction is cut off. @default 200 */
  readonly niter?: number;
  /** Read the flow between pixels (bilinear) or at the pixel below the position. @default true */
  readonly interp?: boolean;
  /** Worker threads. @default 1 */
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
 * @throws ShapeError if dP is not (2, ly, lx), OptionError if niter is negative or a pixel lies outside.
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
  const { niter = 200, interp = true } = options;
  if (dP.shape.length !== 3 || dP.shape[0] !== 2) throw new ShapeError('followFlows', 'dP (2, ly, lx)', dP.shape);
  const [, ly, lx] = dP.shape;
  const field: FlowField = { flow: interleave(dP.data, new Float32Array(2 * ly * lx)), ly, lx };
  const n = pixels.length;
  const data = new Float32Array(2 * n);
  const points: Points = { y: data.subarray(0, n), x: data.subarray(n) };
  for (let i = 0; i < n; i++) {
    points.y[i] = Math.floor(pixels[i] / lx);
    points.x[i] = pixels[i] % lx;
  }
  const range = { from: 0, to: n, niter: steps(niter), settle: false };
  if (interp) stepsLinear(field, points, range);
  else stepsNearest(field, points, range);
  return { data, shape: [2, n] };
}

function steps(niter: number): number {
  if (niter >= 0) return Math.trunc(niter);
  throw new OptionError('niter', niter, `followFlows: niter must be a number of steps, 0 or more; got ${niter}`);
}

function interleave(planes: Float32Array, into: Float32Array): Float32Array {
  const n = planes.length / 2;
  for (let i = 0; i < n; i++) {
    into[2 * i] = planes[i];
    into[2 * i + 1] = planes[n + i];
  }
  return into;
}
