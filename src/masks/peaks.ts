/** Peaks of a histogram and what belongs to them, step by step as the article shows it. Source: cellpose 0.1 `dynamics.get_masks`. */
import { checkArray, type NdArray } from '../array/ndarray.ts';

type Counts = NdArray<Int32Array>;

/**
 * The largest value of the window around each place, a square (or cube) of odd side; at the border of what lies within.
 *
 * @param counts  of any rank.
 * @param size    side of the window, 5 in Cellpose.
 * @throws ShapeError if data and shape do not belong together.
 */
export function windowMaximum(counts: Counts, size = 5): Counts {
  checkArray('windowMaximum', counts);
  const reach = size >> 1;
  let data = counts.data;
  let stride = data.length;
  for (const length of counts.shape) {
    stride /= length;
    const before = data;
    data = before.map((_, i) => {
      const at = Math.floor(i / stride) % length;
      let largest = before[i];
      for (let k = -Math.min(reach, at); k <= Math.min(reach, length - 1 - at); k++)
        largest = Math.max(largest, before[i + k * stride]);
      return largest;
    });
  }
  return { data, shape: counts.shape };
}

/**
 * The seeds of masks: places that are the maximum of their window and hold more than `above`.
 *
 * @param counts   of any rank.
 * @param maximum  the same, after `windowMaximum`.
 * @param above    10 in Cellpose, 2 in the article.
 * @returns        places in C order.
 */
export function findPeaks(counts: Counts, maximum: Counts, above = 10): Int32Array {
  const peaks: number[] = [];
  counts.data.forEach((count, i) => {
    if (count === maximum.data[i] && count > above) peaks.push(i);
  });
  return Int32Array.from(peaks);
}

/**
 * One step of growth: each place becomes those of its 3 × 3 (× 3) neighbourhood that hold more than `above`.
 *
 * @param places  in C order of counts.
 * @returns       neighbour by neighbour, each for all places: a place that several reach is there several times, as in the code
 *                of 2020. Five steps over the set of them are what `getMasks` does.
 */
export function growPlaces(counts: Counts, places: ArrayLike<number>, above = 2): Int32Array {
  const { data, shape } = counts;
  const offsets = neighbourhood(shape.length);
  const grown: number[] = [];
  for (const offset of offsets) {
    for (let k = 0; k < places.length; k++) {
      const i = moved(places[k], offset, shape);
      if (i >= 0 && data[i] > above) grown.push(i);
    }
  }
  return Int32Array.from(grown);
}

/** Steps of −1, 0, 1 along each axis, the last axis fastest. */
function neighbourhood(rank: number): readonly (readonly number[])[] {
  let offsets: number[][] = [[]];
  for (let axis = 0; axis < rank; axis++) offsets = offsets.flatMap((offset) => [-1, 0, 1].map((d) => [...offset, d]));
  return offsets;
}

/** The place after a step; −1 outside. */
function moved(place: number, offset: readonly number[], shape: readonly number[]): number {
  let rest = place;
  let to = 0;
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const at = (rest % shape[axis]) + offset[axis];
    if (at < 0 || at >= shape[axis]) return -1;
    rest = Math.floor(rest / shape[axis]);
    to += at * stride;
    stride *= shape[axis];
  }
  return to;
}
