/** From the network's output to masks. Source: cellpose 3.1 `dynamics.compute_masks`. */
import { checkArray, type FloatArray, type Masks, sizeOf } from '../array/ndarray.ts';
import { OptionError, ShapeError } from '../errors.ts';
import { fillHolesAndRemoveSmallMasks } from '../masks/fillHolesAndRemoveSmallMasks.ts';
import { renumber } from '../masks/renumber.ts';
import { type CheckedCells, checkedCells } from './checkedCells.ts';
import { flowErrors, withoutBadFlows } from './flowErrors.ts';
import { laneOf, type Within, type WriteFlow, walk } from './followFlows.ts';
import type { FollowRules } from './followRules.ts';
import { getMasks } from './getMasks.ts';
import { type DynamicsRules, dynamics3 } from './rules.ts';
import { componentsOf, flowInMemory, masksOfFlow, mover } from './volumeMasks.ts';

export interface ComputeMasksOptions {
  /** Steps of the dynamics; a fraction is cut off. @default 200 */
  readonly niter?: number;
  /** Pixels with a larger cellprob (a logit) belong to cells. @default 0 */
  readonly cellprobThreshold?: number;
  /** Masks of a plane with a larger flow error are removed; 0 switches the check off. In volumes there is none. @default 0.4 */
  readonly flowThreshold?: number;
  /** Read flows between pixels. @default true */
  readonly interp?: boolean;
  /** Masks of fewer pixels are removed and holes filled; 0 or below leaves both out. @default -1 */
  readonly minSize?: number;
  /** Masks of a larger share of the image are removed. @default 0.4 */
  readonly maxSizeFraction?: number;
  /** Of volumes, bytes of flow that are laid out at a time; the masks do not depend on it. @default half the volume in float32, 64 MiB to 1 GiB */
  readonly slabBytes?: number;
  /** @default dynamics3 */
  readonly rules?: DynamicsRules;
  /** Worker threads; the masks are the same at any number. @default all of the machine */
  readonly threads?: number;
  /** Called with what the flow check of a plane has measured, which `flowErrors` takes as `known`. */
  readonly onFlowCheck?: (checked: CheckedCells) => void;
  readonly signal?: AbortSignal;
}

/**
 * Computes masks from flows and cell probability: pixels above the threshold walk along the flow, those that meet form a
 * mask, and masks that disagree with the flow are removed.
 *
 * @param dP        flow of the network, (2, ly, lx), 5 × unit length, plane 0 is y; or (3, lz, ly, lx), z, y, x.
 * @param cellprob  (ly, lx) or (lz, ly, lx), logits.
 * @returns         labels of the shape of cellprob. Numbered by first appearance; the flow check leaves gaps, `minSize` above 0
 *                  closes them. All 0 where there are no cells.
 * @throws ShapeError if the sizes differ; OptionError for impossible options.
 *
 * NaN in cellprob is background; a coordinate that NaN in dP would move becomes 0.
 */
export function computeMasks(dP: FloatArray, cellprob: FloatArray, options: ComputeMasksOptions = {}): Promise<Masks> {
  return masksWithin(undefined, dP, cellprob, options);
}

/**
 * The same for a window of a picture: walks as in the picture, and takes `maxSizeFraction` of the picture.
 *
 * @param within  where the window lies; undefined: it is the picture.
 */
export async function masksWithin(
  within: Within | undefined,
  dP: FloatArray,
  cellprob: FloatArray,
  options: ComputeMasksOptions,
): Promise<Masks> {
  const {
    cellprobThreshold = 0,
    flowThreshold = 0.4,
    minSize = -1,
    rules = dynamics3,
    maxSizeFraction = 0.4,
  } = options;
  const { shape } = cellprob;
  checkShapes(dP, cellprob);
  checkNumbers({ cellprobThreshold, flowThreshold, minSize });
  if (shape.length === 3) {
    const masks = await masksOfFlow(flowInMemory(dP, cellprob, { cellprobThreshold, rules: rules.follow }), options);
    return minSize > 0 ? fillHolesAndRemoveSmallMasks(masks, minSize, rules.masks.sizes) : masks;
  }
  const cells = cellPixels(cellprob.data, cellprobThreshold);
  const pixels = walkersAmong(cells, dP, rules.follow);
  if (pixels.length === 0) return { data: new Int32Array(sizeOf(shape)), shape };
  const p = await walk(shape, pixels, cellFlow(dP, cells, rules.follow), {
    ...options,
    rules: rules.follow,
    settle: true,
    ...(within && { within }),
  });
  const share = within ? (within.ly * within.lx) / sizeOf(shape) : 1;
  let masks = getMasks(p, pixels, shape, { maxSizeFraction: maxSizeFraction * share, rules: rules.masks });
  if (flowThreshold > 0) {
    const errors = await flowErrors(masks, dP, options);
    options.onFlowCheck?.(checkedCells(masks, errors, rules));
    masks = withoutBadFlows(masks, errors, flowThreshold);
    if (rules.masks.afterCheck === 'rank') masks = renumber(masks, 'rank');
  }
  return minSize > 0 ? fillHolesAndRemoveSmallMasks(masks, minSize, rules.masks.sizes) : masks;
}

function checkShapes(dP: FloatArray, cellprob: FloatArray): void {
  const { shape } = cellprob;
  if (shape.length !== 2 && shape.length !== 3)
    throw new ShapeError('computeMasks', 'cellprob (ly, lx) or (lz, ly, lx)', shape);
  if (dP.shape.join() !== [shape.length, ...shape].join())
    throw new ShapeError('computeMasks', `dP (${shape.length}, ${shape.join(', ')}) to match cellprob`, dP.shape);
  checkArray('computeMasks', dP);
  checkArray('computeMasks', cellprob);
}

/** NaN would pass every comparison below as "no". */
function checkNumbers(options: Readonly<Record<string, number>>): void {
  for (const [option, value] of Object.entries(options)) {
    if (Number.isNaN(value))
      throw new OptionError(option, value, `computeMasks: ${option} must be a number; got ${value}`);
  }
}

function cellPixels(cellprob: Float32Array, threshold: number): Int32Array {
  let n = 0;
  for (let i = 0; i < cellprob.length; i++) if (cellprob[i] > threshold) n++;
  const pixels = new Int32Array(n);
  for (let i = 0, k = 0; k < n; i++) if (cellprob[i] > threshold) pixels[k++] = i;
  return pixels;
}

function walkersAmong(cells: Int32Array, { data, shape }: FloatArray, rules: FollowRules): Int32Array {
  return rules.walkers === 'cells' ? cells : cells.filter(mover(componentsOf({ data, shape }), rules));
}

/** The flow of cells in pixels per step; outside them it stays 0. */
function cellFlow({ data, shape: [axes] }: FloatArray, cells: Int32Array, { flowScale }: FollowRules): WriteFlow {
  const n = data.length / axes;
  return (flow, lanes) => {
    for (let k = 0; k < axes; k++) {
      const lane = laneOf(k, axes, lanes);
      for (let j = 0; j < cells.length; j++) flow[lanes * cells[j] + lane] = data[k * n + cells[j]] / flowScale;
    }
  };
}
