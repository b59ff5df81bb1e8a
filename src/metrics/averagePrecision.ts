/** How well predicted masks agree with true ones, by matched cells. Source: cellpose 3.1 `metrics`. */
import type { NdArray } from '../array/ndarray.ts';
import { labelOverlap } from './labelOverlap.ts';
import { matchLabels } from './matchLabels.ts';

export interface Precision {
  /** tp / (tp + fp + fn) at each threshold, float32; NaN where neither image has cells. */
  readonly ap: Float32Array;
  /** Numbers of true positives, false positives and false negatives at each threshold. */
  readonly tp: Float32Array;
  readonly fp: Float32Array;
  readonly fn: Float32Array;
}

/**
 * Average precision of one image: cells are matched one to one, and a match counts if its intersection over union reaches
 * the threshold.
 *
 * @param masksTrue, masksPred  labels of equal shape, 0 is background. The number of cells is the highest label, as in
 *   Cellpose: renumber masks that have gaps.
 * @param thresholds  of the intersection over union, 0–1.
 * @throws ShapeError if the shapes differ.
 * Source: cellpose 3.1 `metrics.average_precision`.
 */
export function averagePrecision(
  masksTrue: NdArray,
  masksPred: NdArray,
  thresholds: readonly number[] = [0.5, 0.75, 0.9],
): Precision {
  const overlap = labelOverlap(masksTrue, masksPred);
  const { nTrue, nPred } = overlap;
  const tp = Float32Array.from(
    thresholds,
    (threshold) => matchLabels(overlap, threshold).filter(({ iou }) => iou >= threshold).length,
  );
  const fp = tp.map((n) => nPred - n);
  const fn = tp.map((n) => nTrue - n);
  const ap = tp.map((n, k) => n / (n + fp[k] + fn[k]));
  return { ap, tp, fp, fn };
}
