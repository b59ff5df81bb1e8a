/** Drops cells that are too small. */
import type { Masks } from '../array/ndarray.ts';
import { countLabels } from './objectBoxes.ts';
import { renumber } from './renumber.ts';

/**
 * @param masks    labels of any shape. Not changed.
 * @param minSize  in pixels; above 0.
 * @returns        labels 1 … n in order of first appearance.
 */
export function removeSmallMasks(masks: Masks, minSize: number): Masks {
  const counts = countLabels(masks);
  const data = masks.data.map((label) => (label > 0 && counts[label] >= minSize ? label : 0));
  return renumber({ data, shape: masks.shape });
}
