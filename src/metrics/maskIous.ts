/** Best match of each true cell among the predicted ones. Source: cellpose 3.1 `metrics.mask_ious`. */
import type { NdArray } from '../array/ndarray.ts';
import { labelOverlap } from './labelOverlap.ts';
import { matchLabels } from './matchLabels.ts';

/**
 * Matches cells one to one, preferring pairs with an IoU of at least 0.5.
 *
 * @param masksTrue, masksPred  labels of equal shape, 0 is background.
 * @returns  per true label 1…n: the intersection over union with its match, and the match's label; both 0 where nothing
 *   matches. (The reference may name a predicted cell there that shares no pixel.)
 * @throws ShapeError if the shapes differ.
 */
export function maskIous(masksTrue: NdArray, masksPred: NdArray): { iou: Float64Array; labels: Int32Array } {
  const overlap = labelOverlap(masksTrue, masksPred);
  const iou = new Float64Array(overlap.nTrue);
  const labels = new Int32Array(overlap.nTrue);
  for (const pair of matchLabels(overlap, 0.5)) {
    iou[pair.labelTrue - 1] = pair.iou;
    labels[pair.labelTrue - 1] = pair.labelPred;
  }
  return { iou, labels };
}
