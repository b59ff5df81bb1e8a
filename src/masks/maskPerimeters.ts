/** Lengths of outlines, and how round cells are by them. Source: `utils.get_mask_perimeters`, `get_mask_compactness`. */
import type { Masks } from '../array/ndarray.ts';
import { contours } from './contours.ts';
import { countLabels, maxLabel, objectBoxes, planeShape } from './objectBoxes.ts';
import { markOutside } from './outside.ts';

/** Contours of this many points or fewer count as length 0. */
const shortest = 4;

/**
 * Length of the outline of each cell, through the centres of its outermost pixels: 1 per side, √2 per corner step.
 *
 * @param masks  labels, (ly, lx), 0 is background.
 * @returns      in pixels, of label k at k − 1, up to the largest label; the parts of a label add up. 0 for missing labels
 *               and for contours of 4 points or fewer. Contours round holes do not count.
 * @throws ShapeError if masks is not (ly, lx).
 */
export function maskPerimeters(masks: Masks): Float64Array {
  planeShape('maskPerimeters', masks);
  const perimeters = new Float64Array(maxLabel(masks));
  for (const box of objectBoxes(masks)) {
    const object = markOutside(masks, box);
    for (const contour of contours(object)) perimeters[box.label - 1] += perimeter(contour, object.width);
  }
  return perimeters;
}

/**
 * Roundness of each cell: 4π · area / perimeter², at most 1.
 *
 * @param masks  labels, (ly, lx), 0 is background.
 * @returns      0–1, of label k at k − 1; 0 where the perimeter is 0.
 * @throws ShapeError if masks is not (ly, lx).
 *
 * The perimeter runs through pixel centres, which makes it short, so that small round cells all give 1. Cellpose stops where
 * a label is missing.
 */
export function maskCompactness(masks: Masks): Float64Array {
  const areas = countLabels(masks);
  return maskPerimeters(masks).map((length, k) =>
    length > 0 ? Math.min((4 * Math.PI * areas[k + 1]) / length ** 2, 1) : 0,
  );
}

/** Length of a closed contour of places in a frame of this width. */
function perimeter(contour: readonly number[], width: number): number {
  if (contour.length <= shortest) return 0;
  let length = 0;
  let before = contour[contour.length - 1];
  for (const i of contour) {
    const step = Math.abs(i - before);
    length += step === 1 || step === width ? 1 : Math.SQRT2;
    before = i;
  }
  return length;
}
