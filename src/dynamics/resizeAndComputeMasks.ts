/** Masks at the size of the image, holes filled and small ones removed. Source: cellpose 3.1 `dynamics.resize_and_compute_masks`. */
import type { FloatArray, Masks2D } from '../array/ndarray.ts';
import { fillHolesAndRemoveSmallMasks } from '../masks/fillHolesAndRemoveSmallMasks.ts';
import { resizeImage } from '../transforms/resizeImage.ts';
import { type ComputeMasksOptions, computeMasks } from './computeMasks.ts';

export interface ResizeAndComputeMasksOptions extends ComputeMasksOptions {
  /** Size of the image (ly, lx) where the flows have another; null: as the flows. @default null */
  readonly resize?: readonly [number, number] | null;
  /** Masks of fewer pixels at the image's size are removed; 0 or below keeps all. Holes are always filled. @default 15 */
  readonly minSize?: number;
}

/**
 * Computes masks at the size of the flows, brings them to the size of the image (nearest pixel), then fills holes and
 * removes small masks: the order of Cellpose 3.1.
 *
 * @param dP        flow of the network, (2, ly, lx), 5 × unit length; plane 0 is y.
 * @param cellprob  (ly, lx), logits.
 * @returns         labels, (ly, lx) or as `resize` says, 1 … n without gaps unless minSize is 0 or below.
 * @throws ShapeError if the sizes differ; OptionError for impossible options.
 */
export async function resizeAndComputeMasks(
  dP: FloatArray,
  cellprob: FloatArray,
  options: ResizeAndComputeMasksOptions = {},
): Promise<Masks2D> {
  const { resize = null, minSize = 15 } = options;
  const computed = await computeMasks(dP, cellprob, { ...options, minSize: -1 });
  return fillHolesAndRemoveSmallMasks(resize ? resizeMasks(computed, resize) : computed, minSize);
}

function resizeMasks(masks: Masks2D, [ly, lx]: readonly [number, number]): Masks2D {
  return { data: resizeImage(masks, ly, lx, 'nearest').data, shape: [ly, lx] };
}
