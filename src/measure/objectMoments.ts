/** Where objects are and how they are spread: sums over their runs, exact in whole numbers as long as these stay below 2^53. */
import type { LabelRuns } from './labelRuns.ts';

/** Of the objects of `LabelRuns`, one after another. Axes are z, y, x; z is 0 in a plane. */
export interface ObjectMoments {
  /** Pixels or voxels. */
  readonly area: Float64Array;
  /** First and last place along each axis, (objects, 3). */
  readonly min: Int32Array;
  readonly max: Int32Array;
  /** (objects, 3). */
  readonly centroid: Float64Array;
  /** Central second moments over the area: zz, yy, xx, zy, zx, yx, (objects, 6). */
  readonly covariance: Float64Array;
}

/** The two axes of each moment. */
const pairs = [
  [0, 0],
  [1, 1],
  [2, 2],
  [0, 1],
  [0, 2],
  [1, 2],
] as const;

/** @param ly  rows of a plane. */
export function objectMoments(runs: LabelRuns, ly: number): ObjectMoments {
  const n = runs.labels.length;
  const area = new Float64Array(n);
  const min = new Int32Array(3 * n);
  const max = new Int32Array(3 * n);
  // from the first run on, so that the numbers stay small
  const origin = new Int32Array(3 * n);
  const first = new Float64Array(3 * n);
  const second = new Float64Array(6 * n);
  for (let r = 0; r < runs.count; r++) {
    const k = runs.object[r];
    const [a, b] = [runs.from[r], runs.to[r]];
    const z = Math.floor(runs.row[r] / ly);
    const y = runs.row[r] - z * ly;
    const [k3, k6] = [3 * k, 6 * k];
    if (area[k] === 0) {
      for (const places of [min, max, origin]) {
        places[k3] = z;
        places[k3 + 1] = y;
        places[k3 + 2] = a;
      }
    }
    max[k3] = z;
    min[k3 + 1] = Math.min(min[k3 + 1], y);
    max[k3 + 1] = Math.max(max[k3 + 1], y);
    min[k3 + 2] = Math.min(min[k3 + 2], a);
    max[k3 + 2] = Math.max(max[k3 + 2], b);
    const m = b - a + 1;
    const [dz, dy] = [z - origin[k3], y - origin[k3 + 1]];
    const [x0, x1] = [a - origin[k3 + 2], b - origin[k3 + 2]];
    const sumX = (m * (x0 + x1)) / 2;
    area[k] += m;
    first[k3] += m * dz;
    first[k3 + 1] += m * dy;
    first[k3 + 2] += sumX;
    second[k6] += m * dz * dz;
    second[k6 + 1] += m * dy * dy;
    second[k6 + 2] += squaresBelow(x1 + 1) - squaresBelow(x0);
    second[k6 + 3] += m * dz * dy;
    second[k6 + 4] += dz * sumX;
    second[k6 + 5] += dy * sumX;
  }
  const centroid = first.map((sum, i) => origin[i] + sum / area[Math.floor(i / 3)]);
  const covariance = second.map((sum, i) => {
    const k = Math.floor(i / 6);
    const [p, q] = pairs[i % 6];
    return (area[k] * sum - first[3 * k + p] * first[3 * k + q]) / area[k] ** 2;
  });
  return { area, min, max, centroid, covariance };
}

/** Sum of i² for i from 0 to n − 1; its differences hold below 0 too. */
function squaresBelow(n: number): number {
  return ((n - 1) * n * (2 * n - 1)) / 6;
}
