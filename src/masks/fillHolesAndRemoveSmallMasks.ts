/** Fills holes of cells and drops cells that are too small. Source: `utils.fill_holes_and_remove_small_masks`, with the rule of Cellpose 4. */
import type { Masks, Masks2D } from '../array/ndarray.ts';
import { countLabels, type ObjectBox, objectBoxes, planeShape } from './objectBoxes.ts';
import { markOutside, OUTSIDE } from './outside.ts';
import { renumber } from './renumber.ts';

/**
 * Fills the holes of each label and removes labels of fewer than `minSize` pixels, before and after the filling.
 *
 * @param masks    labels, (ly, lx), 0 is background. Not changed.
 * @param minSize  in pixels; 0 or below keeps all sizes, holes are filled all the same.
 * @returns        labels 1 … n. Without gaps if minSize > 0, in order of first appearance; else in order of the old labels,
 *                 and a label that lay wholly in a hole of another leaves a gap.
 * @throws ShapeError if masks is not (ly, lx).
 *
 * Pixels of other labels in a hole are swallowed. Cellpose 3.1 counts small masks by rank where it removes by label, so
 * with missing labels (after the flow check) it removes the wrong cells; here, as in Cellpose 4, both are by label.
 */
export function fillHolesAndRemoveSmallMasks(masks: Masks2D, minSize = 15): Masks2D {
  const shape = planeShape('fillHolesAndRemoveSmallMasks', masks);
  const kept = minSize > 0 ? withoutSmall(masks, minSize) : { data: masks.data.slice(), shape };
  let j = 0;
  for (const box of objectBoxes(kept)) fillInto(kept, box, ++j);
  return minSize > 0 ? withoutSmall(kept, minSize) : kept;
}

function withoutSmall(masks: Masks2D, minSize: number): Masks2D {
  const counts = countLabels(masks);
  const data = masks.data.map((label) => (label > 0 && counts[label] >= minSize ? label : 0));
  return renumber({ data, shape: masks.shape });
}

/** Writes the number j to the object of this box and to its holes. */
function fillInto(masks: Masks, box: ObjectBox, j: number): void {
  const lx = masks.shape[1];
  const { cells, width } = markOutside(masks, box);
  for (let y = box.y0; y < box.y1; y++) {
    const row = (y - box.y0 + 1) * width + 1 - box.x0;
    for (let x = box.x0; x < box.x1; x++) if (cells[row + x] !== OUTSIDE) masks.data[y * lx + x] = j;
  }
}
