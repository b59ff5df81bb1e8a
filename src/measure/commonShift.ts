/** By how much a whole field of cells has moved from one frame to the next, when the stage drifts or the image jumps. */
import type { FrameCell } from './frameCells.ts';
import type { Shift } from './shiftedOverlaps.ts';

/** Ways are counted up to so many mean diameters, which costs little even where nothing moves. */
const reach = 3;
/** What fewer pairs agree on is the motion of those cells, not of the field. */
const leastVotes = 3;

/**
 * The way on which most pairs of a known and a present cell agree. Each pair votes for the way between its centroids: right
 * pairs all vote alike, wrong ones scatter.
 *
 * @param known    cells seen before, each with how far the field has moved since then up to the frame before.
 * @param present  cells of the frame.
 * @returns        in pixels; [0, 0] where few agree.
 */
export function commonShift(
  known: readonly { readonly cell: FrameCell; readonly drift: Shift }[],
  present: readonly FrameCell[],
): Shift {
  if (known.length === 0 || present.length === 0) return [0, 0];
  const diameter = meanDiameter(present);
  const bin = diameter / 4;
  const half = Math.ceil((reach * diameter) / bin);
  const width = 2 * half + 3;
  const votes = new Float64Array(width * width);
  const sumY = new Float64Array(width * width);
  const sumX = new Float64Array(width * width);
  for (const { cell, drift } of known)
    for (const { y, x } of present) {
      const dy = y - cell.y - drift[0];
      const dx = x - cell.x - drift[1];
      const row = Math.round(dy / bin) + half + 1;
      const column = Math.round(dx / bin) + half + 1;
      if (row < 1 || column < 1 || row > width - 2 || column > width - 2) continue;
      const at = row * width + column;
      votes[at]++;
      sumY[at] += dy;
      sumX[at] += dx;
    }
  return peak(width, votes, [sumY, sumX]);
}

/** Mean way in the 3 x 3 bins that together have most votes: a peak may lie where bins meet. */
function peak(width: number, votes: Float64Array, [sumY, sumX]: readonly Float64Array[]): Shift {
  const around = (values: Float64Array, at: number): number => {
    let sum = 0;
    for (let dy = -width; dy <= width; dy += width) sum += values[at + dy - 1] + values[at + dy] + values[at + dy + 1];
    return sum;
  };
  let best = 0;
  let most = 0;
  for (let row = 1; row < width - 1; row++)
    for (let column = 1; column < width - 1; column++) {
      const count = around(votes, row * width + column);
      if (count <= most) continue;
      most = count;
      best = row * width + column;
    }
  return most < leastVotes ? [0, 0] : [around(sumY, best) / most, around(sumX, best) / most];
}

function meanDiameter(cells: readonly FrameCell[]): number {
  const area = cells.reduce((sum, { pixels }) => sum + pixels.length, 0) / cells.length;
  return 2 * Math.sqrt(area / Math.PI);
}
