/** Outlines of cells as polygons. Source: `utils.outlines_list`, which takes OpenCV's external contours. */
import type { Masks, NdArray } from '../array/ndarray.ts';
import { contours } from './contours.ts';
import { type ObjectBox, objectBoxes, planeShape } from './objectBoxes.ts';
import { markOutside } from './outside.ts';

/** Outlines of this many points or fewer are left empty. */
const shortest = 4;

/**
 * Traces the outer contour of each label.
 *
 * @param masks  labels, (ly, lx), 0 is background.
 * @returns      per label that occurs, ascending: points (n, 2) as x, y in pixels, from the top left pixel anticlockwise on
 *               the screen. Of a label in several parts the longest contour, the lowest of equals. (0, 2) where the
 *               contour has 4 points or fewer.
 * @throws ShapeError if masks is not (ly, lx).
 */
export function outlinesList(masks: Masks): NdArray<Int32Array>[] {
  planeShape('outlinesList', masks);
  return objectBoxes(masks).map((box) => longestContour(masks, box));
}

function longestContour(masks: Masks, box: ObjectBox): NdArray<Int32Array> {
  const object = markOutside(masks, box);
  let longest: number[] = [];
  for (const contour of contours(object)) if (contour.length >= longest.length) longest = contour;
  if (longest.length <= shortest) return { data: new Int32Array(0), shape: [0, 2] };
  const data = new Int32Array(2 * longest.length);
  longest.forEach((i, k) => {
    data[2 * k] = (i % object.width) + box.x0 - 1;
    data[2 * k + 1] = Math.floor(i / object.width) + box.y0 - 1;
  });
  return { data, shape: [longest.length, 2] };
}
