/** How convex, solid and compact cells are. Source: `utils.get_mask_stats`. */
import type { Masks } from '../array/ndarray.ts';
import { convexHull } from './convexHull.ts';
import { maskPerimeters } from './maskPerimeters.ts';
import { countLabels, type ObjectBox, objectBoxes } from './objectBoxes.ts';

/** Shares of 0–1, of label k at k − 1; 0 for cells of at most 15 pixels, without outline, and for missing labels. */
export interface MaskStats {
  /** Perimeter of the convex hull over the perimeter. */
  readonly convexity: Float64Array;
  /** Area within the outline over the area of the convex hull. */
  readonly solidity: Float64Array;
  /** Mean distance of a disk's pixels to its centre over that of the cell's to their median, for equal areas. */
  readonly compactness: Float64Array;
}

/** Smaller cells say nothing about their shape. */
const fewestPixels = 16;

/**
 * Measures the shape of each cell.
 *
 * @param masks  labels, (ly, lx), 0 is background.
 * @throws ShapeError if masks is not (ly, lx).
 *
 * Hull and outline run through pixel centres. Cellpose stops where a label is missing.
 */
export function maskStats(masks: Masks): MaskStats {
  const perimeters = maskPerimeters(masks);
  const areas = countLabels(masks);
  const convexity = new Float64Array(perimeters.length);
  const solidity = new Float64Array(perimeters.length);
  const compactness = new Float64Array(perimeters.length);
  const radii = diskRadii();
  for (const box of objectBoxes(masks)) {
    const k = box.label - 1;
    if (areas[box.label] < fewestPixels || perimeters[k] === 0) continue;
    const points = pointsOf(masks, box);
    compactness[k] = share(mean(radii.subarray(0, areas[box.label])) + 1e-10, meanDistance(points));
    const hull = convexHull(points);
    // By Pick's theorem, the area that an outline through pixel centres encloses.
    const inside = areas[box.label] - perimeters[k] / 2 - 1;
    if (hull.area > 0) solidity[k] = share(inside, hull.area);
    if (hull.area > 0) convexity[k] = share(hull.perimeter, perimeters[k]);
  }
  return { convexity, solidity, compactness };
}

function share(part: number, whole: number): number {
  return Math.min(Math.max(part / whole, 0), 1);
}

/** Pixels of a cell as y, x, y, x …, row by row. */
function pointsOf({ data, shape }: Masks, { label, y0, y1, x0, x1 }: ObjectBox): number[] {
  const points: number[] = [];
  for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) if (data[y * shape[1] + x] === label) points.push(y, x);
  return points;
}

/** Mean distance of points to the median of their coordinates. */
function meanDistance(points: readonly number[]): number {
  const n = points.length / 2;
  const [my, mx] = [0, 1].map((axis) => {
    const sorted = Float64Array.from({ length: n }, (_, i) => points[2 * i + axis]).sort();
    return n % 2 ? sorted[n >> 1] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
  });
  let sum = 0;
  for (let i = 0; i < n; i++) sum += Math.hypot(points[2 * i] - my, points[2 * i + 1] - mx);
  return sum / n;
}

/** Distances of the pixels of a square of 201 × 201 to its centre, ascending: the first n are those of a disk of n pixels. */
function diskRadii(): Float64Array {
  const side = 201;
  const radii = Float64Array.from({ length: side * side }, (_, i) =>
    Math.hypot(Math.floor(i / side) - 100, (i % side) - 100),
  );
  return radii.sort();
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
