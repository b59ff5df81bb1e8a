/** Drops cells that the edge of the image may have cut. Source: `utils.remove_edge_masks`. */
import { checkArray, type Masks } from '../array/ndarray.ts';
import { maxLabel } from './objectBoxes.ts';
import { renumber } from './renumber.ts';

export interface RemoveEdgeMasksOptions {
  /** Renumber the labels that stay, so that none is missing. @default true */
  readonly changeIndex?: boolean;
}

/**
 * Removes every label with a pixel at the first or last place of any axis; in a volume, then, also in its first and last plane.
 *
 * @param masks  labels of any shape, 0 is background. Not changed.
 * @returns      masks of the same shape; labels 1 … n in the order of the old labels, or the old labels.
 * @throws ShapeError if data and shape do not belong together.
 */
export function removeEdgeMasks<M extends Masks>(masks: M, { changeIndex = true }: RemoveEdgeMasksOptions = {}): M {
  checkArray('removeEdgeMasks', masks);
  const { data, shape } = masks;
  const isCut = new Uint8Array(maxLabel(masks) + 1);
  let stride = data.length;
  for (const size of shape) {
    const block = stride;
    stride /= size;
    for (let from = 0; from < data.length; from += block) {
      for (let i = from; i < from + stride; i++) if (data[i] > 0) isCut[data[i]] = 1;
      for (let i = from + block - stride; i < from + block; i++) if (data[i] > 0) isCut[data[i]] = 1;
    }
  }
  const kept = data.map((label) => (isCut[label] ? 0 : label));
  // Numbering by rank does not depend on the shape.
  const numbered = changeIndex ? renumber({ data: kept, shape: [1, kept.length] }, 'rank').data : kept;
  return { ...masks, data: numbered, shape };
}
