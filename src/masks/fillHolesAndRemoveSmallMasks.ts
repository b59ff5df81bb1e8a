/** Fills holes of cells and drops cells that are too small. Source: `utils.fill_holes_and_remove_small_masks`, with the rule of Cellpose 4. */
import type { Masks } from '../array/ndarray.ts';
import { fillInto } from './fillInto.ts';
import { fillVoidsAndRemoveSmallMasks } from './fillVoidsAndRemoveSmallMasks.ts';
import { objectBoxes, planeShape } from './objectBoxes.ts';
import { removeSmallMasks } from './removeSmallMasks.ts';
import type { SizeRules } from './sizeRules.ts';
import { fillOrRemoveInOrder } from './sizesInOrder.ts';

/**
 * Fills the holes of each label and removes labels of fewer than `minSize` pixels, before and after the filling.
 *
 * @param masks    labels, (ly, lx) or (lz, ly, lx), 0 is background. Not changed.
 * @param minSize  in pixels; 0 or below keeps all sizes, holes are filled all the same.
 * @param rules    the order in which that is done.
 * @returns        labels 1 … n. Without gaps if minSize > 0, in order of first appearance; else in order of the old labels,
 *                 and a label that lay wholly in a hole of another leaves a gap.
 * @throws ShapeError for masks of any other rank.
 *
 * Pixels of other labels in a hole are swallowed. Cellpose 3.1 counts small masks by rank where it removes by label, so
 * with missing labels (after the flow check) it removes the wrong cells; here, as in Cellpose 4, both are by label.
 */
export function fillHolesAndRemoveSmallMasks<M extends Masks>(masks: M, minSize = 15, rules: SizeRules = 'twice'): M {
  if (rules === 'inOrder') return { ...masks, ...fillOrRemoveInOrder(masks, minSize) };
  const filled = masks.shape.length === 3 ? fillVoidsAndRemoveSmallMasks(masks, minSize) : inPlane(masks, minSize);
  return { ...masks, ...filled };
}

function inPlane(masks: Masks, minSize: number): Masks {
  const shape = planeShape('fillHolesAndRemoveSmallMasks', masks);
  const kept = minSize > 0 ? removeSmallMasks(masks, minSize) : { data: masks.data.slice(), shape };
  let j = 0;
  for (const box of objectBoxes(kept)) fillInto(kept, box, ++j);
  return minSize > 0 ? removeSmallMasks(kept, minSize) : kept;
}
