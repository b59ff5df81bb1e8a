/** Finds cells that have divided: where two cells of a frame together fit an earlier one better than one of them does. */
import { assignPairs, type WeightedPair } from '../array/assignPairs.ts';
import type { FrameCell } from './frameCells.ts';
import type { ShiftedOverlap } from './shiftedOverlaps.ts';

/** A row is the mother, a column the daughter that nothing else continues. */
export interface Division extends WeightedPair {
  /** The other daughter, which was taken for the mother herself. */
  readonly sister: number;
}

/** Areas of daughters, the smaller by the larger, at least; of those that the border cuts nothing is known. */
const leastLikeness = 0.4;

/**
 * @param readings   overlaps of earlier and present cells, by one or several guesses of the motion.
 * @param continues  for each present cell the earlier one that it continues; −1 for none.
 * @param cells      the present cells.
 * @returns          a mother at most once, a daughter at most once.
 *
 * A piece broken off the mask of a cell fits as well as a daughter does, which is why daughters must be of like area.
 */
export function findDivisions(
  readings: readonly (readonly ShiftedOverlap[])[],
  continues: Int32Array,
  cells: readonly FrameCell[],
): Division[] {
  const best = new Map<number, Division>();
  for (const division of readings.flatMap((overlaps) => candidates(overlaps, continues, cells))) {
    const key = division.row * cells.length + division.column;
    if (division.gain > (best.get(key)?.gain ?? 0)) best.set(key, division);
  }
  return assignPairs([...best.values()]);
}

function candidates(
  overlaps: readonly ShiftedOverlap[],
  continues: Int32Array,
  cells: readonly FrameCell[],
): Division[] {
  const firsts = new Map(overlaps.filter(({ row, column }) => continues[column] === row).map((o) => [o.row, o]));
  return overlaps.flatMap(({ row, column, shared }) => {
    const first = firsts.get(row);
    if (!first || continues[column] >= 0) return [];
    const [daughter, sister] = [cells[column], cells[first.column]];
    const both = first.shared + shared;
    const iou = both / (first.area + daughter.pixels.length + sister.pixels.length - both);
    return iou > first.iou && alike(daughter, sister) ? [{ row, column, sister: first.column, gain: iou }] : [];
  });
}

function alike(a: FrameCell, b: FrameCell): boolean {
  const [small, large] = [a.pixels.length, b.pixels.length].sort((m, n) => m - n);
  return a.isCut || b.isCut || small >= leastLikeness * large;
}
