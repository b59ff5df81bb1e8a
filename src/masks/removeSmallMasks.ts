/** Drops cells that are too small. */
import type { Masks } from '../array/ndarray.ts';
import { countLabels } from './objectBoxes.ts';
import { renumberInPlace } from './renumber.ts';

/**
 * @param masks    labels of any shape. Not changed.
 * @param minSize  in pixels; above 0.
 * @returns        labels 1 … n in order of first appearance.
 */
export function removeSmallMasks(masks: Masks, minSize: number): Masks {
  return removeSmallMasksInPlace({ data: masks.data.slice(), shape: masks.shape }, minSize);
}

/** As `removeSmallMasks`, in the array itself, for volumes that should not be held twice. */
export function removeSmallMasksInPlace(masks: Masks, minSize: number): Masks {
  const counts = countLabels(masks);
  const { data } = masks;
  for (let i = 0; i < data.length; i++) if (!(data[i] > 0 && counts[data[i]] >= minSize)) data[i] = 0;
  return renumberInPlace(masks);
}
