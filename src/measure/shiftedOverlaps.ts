/** How cells that were seen before overlap with those of a frame, once they are moved to where they are expected. */
import type { WeightedPair } from '../array/assignPairs.ts';
import type { Frame, FrameCell } from './frameCells.ts';

/** Way along y and x, in pixels. */
export type Shift = readonly [y: number, x: number];

export interface ShiftedOverlap extends WeightedPair {
  /** Pixels that both have. */
  readonly shared: number;
  /** Pixels of the moved cell that are in the frame. */
  readonly area: number;
  /** Intersection over union, above 0 and at most 1; what was moved out of the frame does not count. Also the gain. */
  readonly iou: number;
}

/**
 * @param known   cells seen before: the rows of the pairs; cells of the frame are the columns.
 * @param shifts  how far each is moved, rounded to whole pixels.
 * @returns       the pairs that share pixels, by rows.
 */
export function shiftedOverlaps(
  known: readonly FrameCell[],
  shifts: readonly Shift[],
  { ly, lx, cells, cellAt }: Frame,
): ShiftedOverlap[] {
  const counts = new Int32Array(cells.length);
  const found: ShiftedOverlap[] = [];
  for (const [row, { pixels }] of known.entries()) {
    const [dy, dx] = shifts[row].map(Math.round);
    const touched: number[] = [];
    let area = 0;
    for (const pixel of pixels) {
      const y = Math.floor(pixel / lx);
      const x = pixel - y * lx + dx;
      if (x < 0 || x >= lx || y + dy < 0 || y + dy >= ly) continue;
      area++;
      const column = cellAt[(y + dy) * lx + x] - 1;
      if (column >= 0 && counts[column]++ === 0) touched.push(column);
    }
    for (const column of touched) {
      const shared = counts[column];
      counts[column] = 0;
      const iou = shared / (area + cells[column].pixels.length - shared);
      found.push({ row, column, shared, area, iou, gain: iou });
    }
  }
  return found;
}
