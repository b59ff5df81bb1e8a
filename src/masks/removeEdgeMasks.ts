/** Drops cells that the edge of the image may have cut. Source: `utils.remove_edge_masks`. */
import type { Masks2D } from '../array/ndarray.ts';
import { objectBoxes, planeShape } from './objectBoxes.ts';
import { renumber } from './renumber.ts';

/**
 * Removes every label with a pixel in the first or last row or column, and renumbers the others by rank.
 *
 * @param masks  labels, (ly, lx), 0 is background. Not changed.
 * @returns      labels 1 … n in the order of the old labels.
 * @throws ShapeError if masks is not (ly, lx).
 */
export function removeEdgeMasks(masks: Masks2D): Masks2D {
  const shape = planeShape('removeEdgeMasks', masks);
  const [ly, lx] = shape;
  const inside = new Set<number>();
  for (const { label, y0, y1, x0, x1 } of objectBoxes(masks)) {
    if (y0 > 0 && x0 > 0 && y1 < ly && x1 < lx) inside.add(label);
  }
  return renumber({ data: masks.data.map((label) => (inside.has(label) ? label : 0)), shape }, 'rank');
}
