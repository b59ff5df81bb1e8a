/** The table of intersections over unions. Source: cellpose 3.1 `metrics._intersection_over_union`. */
import { type NdArray, ndarray } from '../array/ndarray.ts';
import { labelOverlap } from './labelOverlap.ts';

/**
 * Intersection over union of all pairs of cells.
 *
 * @param masksTrue, masksPred  labels of equal shape, 0 is background.
 * @returns  (nTrue, nPred), without background: entry (i, j) is of true label i + 1 and predicted label j + 1.
 * @throws ShapeError if the shapes differ.
 *
 * Dense: for thousands of cells use `maskIous` or `averagePrecision`, which need no table.
 */
export function intersectionOverUnion(
  masksTrue: NdArray,
  masksPred: NdArray,
): NdArray<Float64Array, readonly [number, number]> {
  const { nTrue, nPred, pairs } = labelOverlap(masksTrue, masksPred);
  const table = new Float64Array(nTrue * nPred);
  for (const { labelTrue, labelPred, iou } of pairs) table[(labelTrue - 1) * nPred + labelPred - 1] = iou;
  return ndarray(table, [nTrue, nPred]);
}
