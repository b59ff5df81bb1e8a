/** Masks at the size of the image, holes filled and small ones removed. Source: cellpose 3.1 `dynamics.resize_and_compute_masks`. */
import type { FloatArray, Masks } from '../array/ndarray.ts';
import type { ScratchVolume } from '../array/scratchVolume.ts';
import { fillHolesAndRemoveSmallMasks } from '../masks/fillHolesAndRemoveSmallMasks.ts';
import { fillVoidsAndRemoveSmallMasksInPlace } from '../masks/fillVoidsAndRemoveSmallMasks.ts';
import { resizeImage } from '../transforms/resizeImage.ts';
import { type ComputeMasksOptions, computeMasks } from './computeMasks.ts';
import { dynamics3 } from './rules.ts';
import { flowInScratch, masksOfFlow } from './volumeMasks.ts';

export interface ResizeAndComputeMasksOptions extends ComputeMasksOptions {
  /** Size of the image, (ly, lx) or (lz, ly, lx), where the flows have another; null: as the flows. @default null */
  readonly resize?: readonly number[] | null;
  /** Masks of fewer pixels at the image's size are removed; 0 or below keeps all. Holes are always filled. @default 15 */
  readonly minSize?: number;
}

/**
 * Computes masks at the size of the flows, brings them to the size of the image (nearest pixel), then fills holes and
 * removes small masks: the order of Cellpose 3.1.
 *
 * @param dP        flow of the network, (2, ly, lx), 5 × unit length, plane 0 is y; or (3, lz, ly, lx), z, y, x.
 * @param cellprob  (ly, lx) or (lz, ly, lx), logits.
 * @returns         labels of the shape of cellprob or as `resize` says, 1 … n without gaps unless minSize is 0 or below.
 * @throws ShapeError if the sizes differ; OptionError for impossible options.
 */
export async function resizeAndComputeMasks(
  dP: FloatArray,
  cellprob: FloatArray,
  options: ResizeAndComputeMasksOptions = {},
): Promise<Masks> {
  return finishMasks(await computeMasks(dP, cellprob, { ...options, minSize: -1 }), options);
}

/** The same for a volume whose flow lies in scratch storage. @param dP  along z, y, x. */
export async function resizeAndComputeMasksInScratch(
  dP: readonly ScratchVolume[],
  cellprob: ScratchVolume,
  options: ResizeAndComputeMasksOptions,
): Promise<Masks> {
  const { cellprobThreshold = 0, rules = dynamics3, signal } = options;
  const flow = await flowInScratch(dP, cellprob, { cellprobThreshold, rules: rules.follow, signal });
  return finishMasks(await masksOfFlow(flow, options), options);
}

function finishMasks(
  computed: Masks,
  { resize = null, minSize = 15, rules = dynamics3 }: ResizeAndComputeMasksOptions,
): Masks {
  const resized = resize && resize.join() !== computed.shape.join() ? resizeMasks(computed, resize) : computed;
  // Nobody else has them, and volumes should not be held twice.
  if (resized.shape.length === 3 && rules.masks.sizes === 'twice')
    return fillVoidsAndRemoveSmallMasksInPlace(resized, minSize);
  return fillHolesAndRemoveSmallMasks(resized, minSize, rules.masks.sizes);
}

function resizeMasks({ data, shape }: Masks, resize: readonly number[]): Masks {
  const [ly, lx] = resize.slice(-2);
  if (shape.length === 2) return { data: resizeImage({ data, shape }, ly, lx, 'nearest').data, shape: resize };
  const [lz] = resize;
  const flat = resizeImage({ data, shape: [...shape, 1] }, ly, lx, 'nearest').data;
  // Planes as rows: all of a plane comes from the nearest plane.
  return { data: resizeImage({ data: flat, shape: [shape[0], ly * lx] }, lz, ly * lx, 'nearest').data, shape: resize };
}
