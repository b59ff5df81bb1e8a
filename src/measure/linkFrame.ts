/** Which cell of a frame continues which of those seen before, and which are daughters of one. */
import { assignPairs, type WeightedPair } from '../array/assignPairs.ts';
import { commonShift } from './commonShift.ts';
import { findDivisions } from './findDivisions.ts';
import type { Frame, FrameCell } from './frameCells.ts';
import { type Shift, type ShiftedOverlap, shiftedOverlaps } from './shiftedOverlaps.ts';

/** A cell as it was seen last. */
export interface KnownCell {
  readonly cell: FrameCell;
  /** Frames since then, 1 or more. */
  readonly age: number;
  /** How far the whole field has moved since then, up to the frame before. */
  readonly drift: Shift;
  /** Its own way per frame at that time, that of the field taken off. */
  readonly velocity: Shift;
}

export interface FrameLinkOptions {
  readonly minIou: number;
  readonly maxDistance: number;
  readonly divisions: boolean;
}

export interface FrameLinks {
  /** For each cell of the frame the place of the known one that it continues; −1 for none. */
  readonly continues: Int32Array;
  /** For each cell the place of the known one that divided into it and its sister; −1 for none. */
  readonly mothers: Int32Array;
  /** How far the whole field has moved since the frame before. */
  readonly drift: Shift;
}

/** Cells wander rather than march: so much of the last step is expected again. */
const persistence = 0.5;
/** Least ratio of areas of a cell and itself, where nothing but its place tells. */
const leastLikeness = 0.5;

/**
 * Overlap comes first, in the one-to-one assignment with the largest sum; then divisions; and what is left over on both sides is
 * linked by distance. A cell is looked for where it was, the motion of the field added, and where its own motion has brought it,
 * whichever fits better.
 */
export function linkFrame(known: readonly KnownCell[], frame: Frame, options: FrameLinkOptions): FrameLinks {
  const cells = known.map(({ cell }) => cell);
  const { drift, still } = fieldMotion(known, frame);
  const places = known.map(({ drift: before }): Shift => [before[0] + drift[0], before[1] + drift[1]]);
  const expected = known.map(({ age, velocity }, k): Shift => {
    const steps = persistence * age;
    return [places[k][0] + steps * velocity[0], places[k][1] + steps * velocity[1]];
  });
  const readings = [still, shiftedOverlaps(cells, expected, frame)];
  const continues = new Int32Array(frame.cells.length).fill(-1);
  const mothers = new Int32Array(frame.cells.length).fill(-1);
  const overlapping = bestReadings(readings, frame.cells.length).filter(({ iou }) => iou >= options.minIou);
  // a cell that was away for long gains less than one that was just seen
  const pairs = overlapping.map(({ row, column, iou }) => ({ row, column, gain: iou / known[row].age }));
  for (const { row, column } of assignPairs(pairs)) continues[column] = row;
  if (options.divisions) {
    for (const { row, column, sister } of findDivisions(readings, continues, frame.cells)) {
      mothers[column] = row;
      mothers[sister] = row;
      continues[sister] = -1;
    }
  }
  const taken = new Set([...continues, ...mothers]);
  const lost = known.flatMap((_, row) => (taken.has(row) ? [] : [row]));
  const free = frame.cells.flatMap((_, column) => (continues[column] < 0 && mothers[column] < 0 ? [column] : []));
  const near = lost.flatMap((row) =>
    free.flatMap((column) =>
      nearPair(row, column, cells[row], expected[row], frame.cells[column], options.maxDistance),
    ),
  );
  for (const { row, column } of assignPairs(near)) continues[column] = row;
  return { continues, mothers, drift };
}

/** The common motion, if cells overlap better with it than without; and how they overlap then. */
function fieldMotion(known: readonly KnownCell[], frame: Frame): { drift: Shift; still: ShiftedOverlap[] } {
  const cells = known.map(({ cell }) => cell);
  const moved = ([dy, dx]: Shift) =>
    shiftedOverlaps(
      cells,
      known.map(({ drift: [y, x] }): Shift => [y + dy, x + dx]),
      frame,
    );
  const resting = moved([0, 0]);
  const common = commonShift(known, frame.cells);
  const drifting = moved(common);
  return total(drifting) > total(resting) ? { drift: common, still: drifting } : { drift: [0, 0], still: resting };
}

/** Squares: few cells that fit well say more than many that touch. */
function total(overlaps: readonly ShiftedOverlap[]): number {
  return overlaps.reduce((sum, { iou }) => sum + iou * iou, 0);
}

/** Of each pair the reading in which it overlaps most. */
function bestReadings(readings: readonly (readonly ShiftedOverlap[])[], columns: number): ShiftedOverlap[] {
  const best = new Map<number, ShiftedOverlap>();
  for (const overlap of readings.flat()) {
    const key = overlap.row * columns + overlap.column;
    if (overlap.iou > (best.get(key)?.iou ?? 0)) best.set(key, overlap);
  }
  return [...best.values()];
}

/** As a list of one, or none where they are too far apart or too unlike. */
function nearPair(
  row: number,
  column: number,
  cell: FrameCell,
  shift: Shift,
  other: FrameCell,
  maxDistance: number,
): WeightedPair[] {
  const [area, otherArea] = [cell.pixels.length, other.pixels.length];
  const likeness = Math.min(area, otherArea) / Math.max(area, otherArea);
  const diameter = (Math.sqrt(area) + Math.sqrt(otherArea)) / Math.sqrt(Math.PI);
  const way = Math.hypot(cell.y + shift[0] - other.y, cell.x + shift[1] - other.x) / diameter;
  if (likeness < leastLikeness || way >= maxDistance) return [];
  return [{ row, column, gain: (1 - way / maxDistance) * likeness }];
}
