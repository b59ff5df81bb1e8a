/**
 * Matches cells of two label images one to one, so that as many pairs as possible have an IoU of at least a threshold, and
 * the summed IoU is largest among these. Source: cellpose 3.1 `metrics._true_positive` (after StarDist's matching).
 */
import { assignPairs } from '../array/assignPairs.ts';
import type { LabelOverlap, OverlapPair } from './labelOverlap.ts';

/**
 * The optimal assignment for costs −(iou ≥ threshold) − iou / (2 min(nTrue, nPred)).
 *
 * @returns  matched pairs that share pixels. The reference also pairs cells that share none, at cost 0; these say nothing.
 */
export function matchLabels({ nTrue, nPred, pairs }: LabelOverlap, threshold: number): OverlapPair[] {
  const scale = 2 * Math.min(nTrue, nPred);
  const gain = ({ iou }: OverlapPair): number => (iou >= threshold ? 1 : 0) + iou / scale;
  const weighted = pairs.map((pair) => ({ row: pair.labelTrue, column: pair.labelPred, gain: gain(pair), pair }));
  return assignPairs(weighted).map(({ pair }) => pair);
}
