/** One figure for a whole image: how much of all cells is matched. Source: cellpose 3.1 `metrics.aggregated_jaccard_index`. */
import type { NdArray } from '../array/ndarray.ts';
import { labelOverlap } from './labelOverlap.ts';
import { matchLabels } from './matchLabels.ts';

/**
 * Pixels that matched cells share, over the pixels that are of a cell in either image.
 *
 * @param masksTrue, masksPred  labels of equal shape, of any rank, 0 is background. Cells are matched as by `maskIous`.
 * @returns  0–1; NaN where neither image has cells.
 * @throws ShapeError if the shapes differ; OptionError for negative labels.
 *
 * One image; over several, call it for each.
 */
export function aggregatedJaccardIndex(masksTrue: NdArray, masksPred: NdArray): number {
  const overlap = labelOverlap(masksTrue, masksPred);
  let matched = 0;
  for (const { shared } of matchLabels(overlap, 0.5)) matched += shared;
  let union = 0;
  for (let i = 0; i < masksTrue.data.length; i++) if (masksTrue.data[i] > 0 || masksPred.data[i] > 0) union++;
  return matched / union;
}
