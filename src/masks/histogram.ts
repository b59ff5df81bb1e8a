/** Histograms over the places of an image. Source: the role of numpy's `histogramdd` in Cellpose's `get_masks`. */
import type { NdArray } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';

/**
 * Edges of bins around each whole place of an axis, and around `rpad` more on both sides.
 *
 * @param size  of the axis, in pixels.
 * @param rpad  empty border, in pixels.
 * @returns     −0.5 − rpad … size − 0.5 + rpad in steps of 1.
 */
export function histogramEdges(size: number, rpad = 20): Float64Array {
  return Float64Array.from({ length: size + 2 * rpad + 1 }, (_, i) => i - 0.5 - rpad);
}

/**
 * Counts points in boxes.
 *
 * @param points  coordinates of n points, one array per axis.
 * @param edges   of the bins of each axis, ascending; a bin holds its left edge, the last one also its right edge.
 * @returns       counts, one axis per axis of the points. Points beyond the edges are left out.
 * @throws ShapeError if there are not as many lists of edges as axes, or the axes hold different numbers of points.
 */
export function histogram(
  points: readonly ArrayLike<number>[],
  edges: readonly ArrayLike<number>[],
): NdArray<Int32Array> {
  const n = points[0]?.length ?? 0;
  const lengths = points.map((axis) => axis.length);
  if (points.length !== edges.length || lengths.some((length) => length !== n))
    throw new ShapeError('histogram', `${edges.length} axes of equally many points`, lengths);
  const shape = edges.map((axis) => axis.length - 1);
  const counts = new Int32Array(shape.reduce((size, bins) => size * bins, 1));
  for (let i = 0; i < n; i++) {
    let at = 0;
    for (let axis = 0; axis < shape.length && at >= 0; axis++) {
      const bin = binOf(points[axis][i], edges[axis]);
      at = bin < 0 ? -1 : at * shape[axis] + bin;
    }
    if (at >= 0) counts[at]++;
  }
  return { data: counts, shape };
}

/** By halving; −1 beyond the edges. */
function binOf(value: number, edges: ArrayLike<number>): number {
  let low = 0;
  let high = edges.length - 1;
  if (!(value >= edges[low] && value <= edges[high])) return -1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (value >= edges[middle]) low = middle;
    else high = middle;
  }
  return low;
}
