/** Chooses among weighted pairs of rows and columns so that none is in two of them: a sparse assignment problem. */
import { assignColumns } from './assignColumns.ts';

export interface WeightedPair {
  /** Whole numbers from 0. */
  readonly row: number;
  readonly column: number;
  /** Above 0. */
  readonly gain: number;
}

/**
 * The one-to-one choice of pairs with the largest sum of gains.
 *
 * @param pairs  each (row, column) at most once; what is not among them is never chosen.
 * @returns      the chosen ones.
 *
 * Pairs that gain more than what they exclude are taken at once; they are in every best choice. Of the rest each connected group of
 * rows and columns is solved alone. So a field of thousands of cells falls into thousands of tiny problems.
 */
export function assignPairs<P extends WeightedPair>(pairs: readonly P[]): P[] {
  const { taken, rest } = takeDominant(pairs);
  return [...taken, ...connectedGroups(rest).flatMap((group) => (group.length === 1 ? group : assignGroup(group)))];
}

/**
 * Any choice without such a pair has at most one other pair in its row and one in its column, and gets better by putting it in
 * their place. Taking it frees others of their rivals, hence the loop.
 */
function takeDominant<P extends WeightedPair>(pairs: readonly P[]): { taken: P[]; rest: readonly P[] } {
  const taken: P[] = [];
  let rest = pairs;
  for (;;) {
    const inRow = bestTwo(rest.map(({ row, gain }) => [row, gain]));
    const inColumn = bestTwo(rest.map(({ column, gain }) => [column, gain]));
    const rival = (gain: number, [first, second]: readonly [number, number]) => (gain === first ? second : first);
    const dominant = rest.filter(
      ({ row, column, gain }) => gain > rival(gain, inRow.get(row)!) + rival(gain, inColumn.get(column)!),
    );
    if (dominant.length === 0) return { taken, rest };
    taken.push(...dominant);
    const rows = new Set(dominant.map(({ row }) => row));
    const columns = new Set(dominant.map(({ column }) => column));
    rest = rest.filter(({ row, column }) => !rows.has(row) && !columns.has(column));
  }
}

/** The largest gain of each line and the one after it; 0 for none. */
function bestTwo(gains: readonly (readonly [line: number, gain: number])[]): Map<number, readonly [number, number]> {
  const best = new Map<number, readonly [number, number]>();
  for (const [line, gain] of gains) {
    const [first, second] = best.get(line) ?? [0, 0];
    if (gain > first) best.set(line, [gain, first]);
    else if (gain > second) best.set(line, [first, gain]);
  }
  return best;
}

/** Splits pairs into groups that have no row and no column in common. */
function connectedGroups<P extends WeightedPair>(pairs: readonly P[]): P[][] {
  const parent = new Map<number, number>();
  // rows are written as negative numbers, to tell them from columns
  const nodeOf = (row: number): number => -1 - row;
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
  for (const { row, column } of pairs) parent.set(find(nodeOf(row)), find(column));
  const groups = new Map<number, P[]>();
  for (const pair of pairs) {
    const root = find(pair.column);
    const group = groups.get(root);
    if (group) group.push(pair);
    else groups.set(root, [pair]);
  }
  return [...groups.values()];
}

function assignGroup<P extends WeightedPair>(group: readonly P[]): P[] {
  const rows = [...new Set(group.map((pair) => pair.row))];
  const columns = [...new Set(group.map((pair) => pair.column))];
  const rowOf = new Map(rows.map((row, i) => [row, i]));
  const columnOf = new Map(columns.map((column, i) => [column, i]));
  // Rows must not outnumber columns; columns of cost 0 that stand for nothing mean "unmatched".
  const width = Math.max(rows.length, columns.length);
  const costs = new Float64Array(rows.length * width);
  for (const { row, column, gain } of group) costs[rowOf.get(row)! * width + columnOf.get(column)!] = -gain;
  const assigned = assignColumns(costs, rows.length, width);
  return group.filter(({ row, column }) => assigned[rowOf.get(row)!] === columnOf.get(column));
}
