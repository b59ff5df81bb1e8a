/** From the network's output to masks. Source: cellpose 3.1 `dynamics.compute_masks`. */
import { checkArray, type FloatArray, type Masks2D } from '../array/ndarray.ts';
import { OptionError, ShapeError } from '../errors.ts';
import { fillHolesAndRemoveSmallMasks } from '../masks/fillHolesAndRemoveSmallMasks.ts';
import { removeBadFlowMasks } from './flowErrors.ts';
import { walkPixels } from './followFlows.ts';
import { getMasks } from './getMasks.ts';
import { type DynamicsRules, dynamics3 } from './rules.ts';

export interface ComputeMasksOptions {
  /** Steps of the dynamics; a fraction is cut off. @default 200 */
  readonly niter?: number;
  /** Pixels with a larger cellprob (a logit) belong to cells. @default 0 */
  readonly cellprobThreshold?: number;
  /** Masks with a larger flow error are removed; 0 switches the check off. @default 0.4 */
  readonly flowThreshold?: number;
  /** Read flows between pixels. @default true */
  readonly interp?: boolean;
  /** Masks of fewer pixels are removed and holes filled; 0 or below leaves both out. @default -1 */
  readonly minSize?: number;
  /** Masks of a larger share of the image are removed. @default 0.4 */
  readonly maxSizeFraction?: number;
  /** @default dynamics3 */
  readonly rules?: DynamicsRules;
  /** Worker threads; the masks are the same at any number. @default all of the machine */
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/**
 * Computes masks from flows and cell probability: pixels above the threshold walk along the flow, those that meet form a
 * mask, and masks that disagree with the flow are removed.
 *
 * @param dP        flow of the network, (2, ly, lx), 5 × unit length; plane 0 is y.
 * @param cellprob  (ly, lx), logits.
 * @returns         labels, (ly, lx). Numbered by first appearance; the flow check leaves gaps, `minSize` above 0 closes them.
 *                  All 0 where there are no cells.
 * @throws ShapeError if the sizes differ; OptionError for impossible options.
 *
 * NaN in cellprob is background; a coordinate that NaN in dP would move becomes 0.
 */
export async function computeMasks(
  dP: FloatArray,
  cellprob: FloatArray,
  options: ComputeMasksOptions = {},
): Promise<Masks2D> {
  const { cellprobThreshold = 0, flowThreshold = 0.4, minSize = -1, rules = dynamics3 } = options;
  const shape = checkShapes(dP, cellprob);
  checkNumbers({ cellprobThreshold, flowThreshold, minSize });
  const pixels = cellPixels(cellprob.data, cellprobThreshold);
  if (pixels.length === 0) return { data: new Int32Array(shape[0] * shape[1]), shape };
  const writeFlow = (flow: Float32Array) => writeCellFlow(dP.data, pixels, rules.follow.flowScale, flow);
  const p = await walkPixels(shape, pixels, writeFlow, { ...options, settle: true });
  let masks = getMasks(p, pixels, shape, { maxSizeFraction: options.maxSizeFraction ?? 0.4, rules: rules.masks });
  if (flowThreshold > 0) masks = await removeBadFlowMasks(masks, dP, flowThreshold, options);
  return minSize > 0 ? fillHolesAndRemoveSmallMasks(masks, minSize) : masks;
}

function checkShapes(dP: FloatArray, cellprob: FloatArray): readonly [number, number] {
  if (cellprob.shape.length !== 2) throw new ShapeError('computeMasks', 'cellprob (ly, lx)', cellprob.shape);
  const [ly, lx] = cellprob.shape;
  if (dP.shape.length !== 3 || dP.shape[0] !== 2 || dP.shape[1] !== ly || dP.shape[2] !== lx) {
    throw new ShapeError('computeMasks', `dP (2, ${ly}, ${lx}) to match cellprob`, dP.shape);
  }
  checkArray('computeMasks', dP);
  checkArray('computeMasks', cellprob);
  return [ly, lx];
}

/** NaN would pass every comparison below as "no". */
function checkNumbers(options: Readonly<Record<string, number>>): void {
  for (const [option, value] of Object.entries(options)) {
    if (Number.isNaN(value))
      throw new OptionError(option, value, `computeMasks: ${option} must be a number; got ${value}`);
  }
}

function cellPixels(cellprob: Float32Array, threshold: number): Int32Array {
  const pixels = new Int32Array(cellprob.length);
  let n = 0;
  for (let i = 0; i < cellprob.length; i++) if (cellprob[i] > threshold) pixels[n++] = i;
  return pixels.subarray(0, n);
}

/** The flow in pixels per step, (dy, dx) per pixel; outside cells it stays 0. */
function writeCellFlow(dP: Float32Array, pixels: Int32Array, flowScale: number, flow: Float32Array): void {
  const n = dP.length / 2;
  for (let k = 0; k < pixels.length; k++) {
    const i = pixels[k];
    flow[2 * i] = dP[i] / flowScale;
    flow[2 * i + 1] = dP[n + i] / flowScale;
  }
}
