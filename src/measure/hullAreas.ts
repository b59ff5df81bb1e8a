/**
 * How many pixels the convex hull of each object of a plane holds. The hull is that of the middles of the pixels' sides, and a pixel is
 * in it if its centre is. Source: the definition of scikit-image's `convex_hull_image`.
 */
import type { LabelRuns } from './labelRuns.ts';
import type { ObjectMoments } from './objectMoments.ts';

/** @returns  pixels, for each object. O(rows of all objects). */
export function hullAreas(runs: LabelRuns, { min, max }: ObjectMoments): Float64Array {
  const n = runs.labels.length;
  // first and last x of each row of each object
  const starts = new Int32Array(n + 1);
  for (let k = 0; k < n; k++) starts[k + 1] = starts[k] + max[3 * k + 1] - min[3 * k + 1] + 1;
  const left = new Int32Array(starts[n]).fill(empty);
  const right = new Int32Array(starts[n]).fill(-empty);
  for (let r = 0; r < runs.count; r++) {
    const k = runs.object[r];
    const at = starts[k] + runs.row[r] - min[3 * k + 1];
    left[at] = Math.min(left[at], runs.from[r]);
    right[at] = Math.max(right[at], runs.to[r]);
  }
  const areas = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    const [from, to] = [starts[k], starts[k + 1]];
    const leftmost = leftHull(left.subarray(from, to));
    // mirrored, the right side is a left one
    const rightmost = leftHull(right.subarray(from, to).map((x) => -x));
    for (let y = 0; y < to - from; y++) areas[k] += -rightmost[y] - leftmost[y] + 1;
  }
  return areas;
}

/** Of a row without pixels, which objects in parts have. */
const empty = 2 ** 30;

/**
 * The first x of each row whose centre is not to the left of the hull.
 *
 * @param first  first x of each row; `empty` where it has none. The first and the last row have some.
 */
function leftHull(first: Int32Array): Int32Array {
  const height = first.length;
  // in half pixels: the row y is 2y + 1, between it and the next is 2y + 2
  const rows: number[] = [];
  const places: number[] = [];
  for (let h = 0; h <= 2 * height; h++) {
    const y = h >> 1;
    const x =
      h % 2 === 1 ? 2 * first[y] - 1 : 2 * Math.min(y < height ? first[y] : empty, y > 0 ? first[y - 1] : empty);
    if (x > empty) continue;
    while (rows.length >= 2 && !turnsOut(rows, places, h, x)) {
      rows.pop();
      places.pop();
    }
    rows.push(h);
    places.push(x);
  }
  const bounds = new Int32Array(height);
  let k = 0;
  for (let y = 0; y < height; y++) {
    const h = 2 * y + 1;
    while (rows[k + 1] < h) k++;
    const steps = rows[k + 1] - rows[k];
    bounds[y] = Math.ceil((places[k] * steps + (places[k + 1] - places[k]) * (h - rows[k])) / (2 * steps));
  }
  return bounds;
}

/** Whether the last place stays a corner of the hull when (h, x) follows: it lies to the left of the line past it. */
function turnsOut(rows: readonly number[], places: readonly number[], h: number, x: number): boolean {
  const [a, b] = [rows.length - 2, rows.length - 1];
  return (places[b] - places[a]) * (h - rows[a]) < (x - places[a]) * (rows[b] - rows[a]);
}
