/**
 * Perimeters of objects of a plane: a line through the centres of their border pixels, whose length each of these adds by the
 * neighbours it has. Sources: Benkrid, Crookes, Benkrid, "Design and FPGA implementation of a perimeter estimator" (2000), as in
 * scikit-image's `perimeter` with neighbourhood 4.
 */
import type { Masks } from '../array/ndarray.ts';
import type { LabelRuns } from './labelRuns.ts';

/** Length that a border pixel adds, by 2 for each neighbour on the border at its sides, 10 for each at its corners, 1 for itself. */
const lengths = new Float64Array(50);
for (const code of [5, 7, 15, 17, 25, 27]) lengths[code] = 1;
for (const code of [21, 33]) lengths[code] = Math.SQRT2;
for (const code of [13, 23]) lengths[code] = (1 + Math.SQRT2) / 2;

/**
 * @param masks  labels (ly, lx) that the runs are of.
 * @returns      in pixels, for each object.
 *
 * An object is measured alone: a neighbour of another label is outside of it, as is what lies beyond the edge of the image.
 */
export function objectPerimeters({ data, shape }: Masks, runs: LabelRuns): Float64Array {
  const [ly, lx] = shape;
  const isBorder = markBorders(data, runs, [ly, lx]);
  const perimeters = new Float64Array(runs.labels.length);
  for (let r = 0; r < runs.count; r++) {
    const y = runs.row[r];
    const label = runs.labels[runs.object[r]];
    const on = (i: number) => (isBorder[i] !== 0 && data[i] === label ? 1 : 0);
    let sum = 0;
    for (let x = runs.from[r]; x <= runs.to[r]; x++) {
      const i = y * lx + x;
      if (isBorder[i] === 0) continue;
      const [left, right] = [x > 0, x < lx - 1];
      let sides = (left ? on(i - 1) : 0) + (right ? on(i + 1) : 0);
      let corners = 0;
      if (y > 0) {
        sides += on(i - lx);
        corners += (left ? on(i - lx - 1) : 0) + (right ? on(i - lx + 1) : 0);
      }
      if (y < ly - 1) {
        sides += on(i + lx);
        corners += (left ? on(i + lx - 1) : 0) + (right ? on(i + lx + 1) : 0);
      }
      sum += lengths[1 + 2 * sides + 10 * corners];
    }
    perimeters[runs.object[r]] += sum;
  }
  return perimeters;
}

/** 1 where one of the four neighbours is not of the same object. */
function markBorders(data: Int32Array, runs: LabelRuns, [ly, lx]: readonly [number, number]): Uint8Array {
  const isBorder = new Uint8Array(data.length);
  for (let r = 0; r < runs.count; r++) {
    const y = runs.row[r];
    const [first, last] = [y * lx + runs.from[r], y * lx + runs.to[r]];
    const isOuterRow = y === 0 || y === ly - 1;
    const label = data[first];
    for (let i = first; i <= last; i++) {
      if (isOuterRow || i === first || i === last || data[i - lx] !== label || data[i + lx] !== label) isBorder[i] = 1;
    }
  }
  return isBorder;
}
