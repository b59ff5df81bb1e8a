/**
 * Matches cells of two label images one to one, so that as many pairs as possible have an IoU of at least a threshold, and
 * the summed IoU is largest among these. Source: cellpose 3.1 `metrics._true_positive` (after StarDist's matching).
 */
import { assignColumns } from './assignColumns.ts';
import type { LabelOverlap, OverlapPair } from './labelOverlap.ts';

/**
 * The optimal assignment for costs −(iou ≥ threshold) − iou / (2 min(nTrue, nPred)).
 *
 * @returns  matched pairs that share pixels. The reference also pairs cells that share none, at cost 0; these say nothing.
 *
 * Only pairs that share pixels can gain anything, so each connected group of cells is solved alone: a field of thousands of
 * cells falls into thousands of tiny problems.
 */
export function matchLabels({ nTrue, nPred, pairs }: LabelOverlap, threshold: number): OverlapPair[] {
  const scale = 2 * Math.min(nTrue, nPred);
  const gain = ({ iou }: OverlapPair): number => (iou >= threshold ? 1 : 0) + iou / scale;
  return connectedGroups(pairs).flatMap((group) => (group.length === 1 ? group : matchGroup(group, gain)));
}

/** Splits pairs into groups that have no cell in common. */
function connectedGroups(pairs: readonly OverlapPair[]): OverlapPair[][] {
  const parent = new Map<number, number>();
  // True labels are written as negative numbers, to tell them from predicted ones.
  const find = (node: number): number => {
    let root = node;
    while ((parent.get(root) ?? root) !== root) root = parent.get(root)!;
    for (let at = node; at !== root; ) {
      const next = parent.get(at)!;
      parent.set(at, root);
      at = next;
    }
    return root;
  };
  for (const { labelTrue, labelPred } of pairs) parent.set(find(-labelTrue), find(labelPred));
  const groups = new Map<number, OverlapPair[]>();
  for (const pair of pairs) {
    const root = find(pair.labelPred);
    const group = groups.get(root);
    if (group) group.push(pair);
    else groups.set(root, [pair]);
  }
  return [...groups.values()];
}

function matchGroup(group: readonly OverlapPair[], gain: (pair: OverlapPair) => number): OverlapPair[] {
  const rows = [...new Set(group.map((pair) => pair.labelTrue))];
  const columns = [...new Set(group.map((pair) => pair.labelPred))];
  const rowOf = new Map(rows.map((label, i) => [label, i]));
  const columnOf = new Map(columns.map((label, i) => [label, i]));
  // Rows must not outnumber columns; columns without a cell, at cost 0, stand for "unmatched".
  const width = Math.max(rows.length, columns.length);
  const costs = new Float64Array(rows.length * width);
  for (const pair of group) costs[rowOf.get(pair.labelTrue)! * width + columnOf.get(pair.labelPred)!] = -gain(pair);
  const assigned = assignColumns(costs, rows.length, width);
  return group.filter((pair) => assigned[rowOf.get(pair.labelTrue)!] === columnOf.get(pair.labelPred));
}
