/** Sizes of cells as diameters. Source: `utils.diameters`. */
import type { Masks } from '../array/ndarray.ts';
import { countLabels } from './objectBoxes.ts';

export interface Diameters {
  /** Median over the cells of the diameter of a circle of the same area, in pixels; 0 without cells. */
  readonly median: number;
  /** Square root of the area of each cell, in pixels, labels ascending. Not yet a diameter: times 2/√π gives that. */
  readonly rootAreas: Float64Array;
}

/**
 * Measures the cells of a label image.
 *
 * @param masks  labels of any shape, 0 is background; missing labels are left out.
 *
 * The median is taken of √area, then scaled by 2/√π; for an even number of cells that differs slightly from the diameter
 * of the median area.
 */
export function diameters(masks: Masks): Diameters {
  const counts = countLabels(masks).subarray(1);
  const rootAreas = Float64Array.from(
    counts.filter((count) => count > 0),
    Math.sqrt,
  );
  return { median: median(rootAreas) / (Math.sqrt(Math.PI) / 2), rootAreas };
}

function median(values: Float64Array): number {
  if (values.length === 0) return 0;
  const sorted = values.slice().sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
