/** Lets pixels walk along the flow, so that pixels of one cell gather near its centre. Source: Cellpose's `follow_flows`. */
import { checkArray, type FloatArray, type NdArray, sizeOf } from '../array/ndarray.ts';
import { OptionError, ShapeError } from '../errors.ts';
import { type FollowRules, followRules3 } from './followRules.ts';
import { walkGrid } from './walkGrid.ts';
import { walkPlane } from './walkPlane.ts';

export interface FollowOptions {
  /** Number of steps; a fraction is cut off. @default 200 */
  readonly niter?: number;
  /** Read the flow between pixels, as the rules say, or at the pixel below the position. @default true */
  readonly interp?: boolean;
  /** How the flow is read between pixels. @default followRules3 */
  readonly rules?: FollowRules;
  /** Worker threads. @default all of the machine */
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/**
 * Moves pixels along the flow by Euler steps.
 *
 * @param dP      flow in pixels per step, (2, ly, lx): plane 0 is y, plane 1 is x; or (3, lz, ly, lx): z, y, x. The caller has
 *                zeroed it outside cells and divided it by 5 (networks are trained on 5 × unit flows). Not changed. Cellpose
 *                before 2.0 takes the negative of it.
 * @param pixels  which pixels walk, as places in C order: y · lx + x.
 * @returns       resting places (2, n) or (3, n) in pixels, float32, y before x, within the image.
 * @throws ShapeError if dP is of another shape, OptionError if niter is negative, threads is below 1,
 *                or a pixel lies outside the image.
 *
 * Each coordinate is clamped after each step. O(n · niter) at most. The result does not depend on the number of threads.
 * Source: Stringer et al., Nature Methods 18 (2021), Methods; same arithmetic as cellpose 3.1 `steps_interp`, `steps2D` and
 * `steps3D`.
 */
export async function followFlows(
  dP: FloatArray,
  pixels: Int32Array,
  options: FollowOptions = {},
): Promise<NdArray<Float32Array>> {
  const [axes, ...shape] = dP.shape;
  if (axes !== shape.length || (axes !== 2 && axes !== 3))
    throw new ShapeError('followFlows', 'dP (2, ly, lx) or (3, lz, ly, lx)', dP.shape);
  checkArray('followFlows', dP);
  checkPixels(pixels, sizeOf(shape));
  const n = sizeOf(shape);
  return walk(
    shape,
    pixels,
    (flow, lanes) => {
      for (let k = 0; k < axes; k++) {
        const lane = laneOf(k, axes, lanes);
        for (let i = 0; i < n; i++) flow[lanes * i + lane] = dP.data[k * n + i];
      }
    },
    options,
  );
}

/** Writes the flow of all pixels, `lanes` numbers each, at the places that `laneOf` names. */
export type WriteFlow = (flow: Float32Array, lanes: 2 | 4) => void;

/** Where component k of `axes` lies among the lanes of a pixel: (y, x) or (z, y, x, nothing). */
export function laneOf(k: number, axes: number, lanes: 2 | 4): number {
  return lanes === 2 ? k : k + 3 - axes;
}

export interface WalkOptions extends FollowOptions {
  /** Only the whole part of the result will count: points may stop where it cannot change any more. */
  readonly settle?: boolean;
  /**
   * Of a plane that is a window of a picture: where. Points walk in the coordinates of the picture, so that rounding is the same
   * in every window; the resting places are counted from the corner of the window.
   */
  readonly within?: Within;
}

/** The corner (y, x) of a window in a picture of ly × lx pixels. */
export interface Within {
  readonly y: number;
  readonly x: number;
  readonly ly: number;
  readonly lx: number;
}

/** As `followFlows`, with the flow written by the caller into the memory of the job. */
export function walk(
  shape: readonly number[],
  pixels: Int32Array,
  writeFlow: WriteFlow,
  options: WalkOptions,
): Promise<NdArray<Float32Array>> {
  const { interp = true, rules = followRules3 } = options;
  const inVolume = shape.length === 3;
  const sampling = !interp ? 'nearest' : inVolume ? rules.volumeSampling : rules.sampling;
  if (!inVolume && (sampling === 'floor' || sampling === 'nearest')) {
    const [ly, lx] = shape;
    return walkPlane([ly, lx], pixels, (flow) => writeFlow(flow, 2), { ...options, interp: sampling === 'floor' });
  }
  return walkGrid(shape, pixels, (flow) => writeFlow(flow, 4), {
    ...options,
    sampling: sampling as 'grid' | 'grid64' | 'nearest',
  });
}

/** Every pixel must be a place in the image: beyond it the flow would be read from elsewhere, without an error. */
function checkPixels(pixels: Int32Array, n: number): void {
  const stranger = pixels.find((i) => i < 0 || i >= n);
  if (stranger === undefined) return;
  throw new OptionError('pixels', stranger, `followFlows: pixels must be places from 0 to ${n - 1}; got ${stranger}`);
}
