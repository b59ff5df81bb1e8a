/**
 * Outlines of cells as polygons. Source: `utils.outlines_list`, which takes OpenCV's external contours without
 * approximation; the border following is that of Suzuki and Abe (1985).
 */
import type { Masks, NdArray } from '../array/ndarray.ts';
import { type ObjectBox, objectBoxes, planeShape } from './objectBoxes.ts';
import { type FramedObject, markOutside, OBJECT, OUTSIDE } from './outside.ts';

/** Steps (dy, dx) to the eight neighbours, anticlockwise on the screen, from the right. */
const stepY = [0, -1, -1, -1, 0, 1, 1, 1];
const stepX = [1, 1, 0, -1, -1, -1, 0, 1];
const LEFT = 4;

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
  for (const start of partStarts(object)) {
    const contour = traceContour(object, start);
    if (contour.length >= longest.length) longest = contour;
  }
  if (longest.length <= shortest) return { data: new Int32Array(0), shape: [0, 2] };
  const data = new Int32Array(2 * longest.length);
  longest.forEach((i, k) => {
    data[2 * k] = (i % object.width) + box.x0 - 1;
    data[2 * k + 1] = Math.floor(i / object.width) + box.y0 - 1;
  });
  return { data, shape: [longest.length, 2] };
}

/** The first pixel in raster order of each 8-connected part that does not lie in a hole of another. Parts in holes keep their cells. */
function partStarts({ cells, width }: FramedObject): number[] {
  const seen = new Uint8Array(cells.length);
  const starts: number[] = [];
  for (let i = 0; i < cells.length; i++) {
    if (cells[i] !== OBJECT || seen[i] || cells[i - 1] !== OUTSIDE) continue;
    starts.push(i);
    const stack = [i];
    seen[i] = 1;
    for (let k = stack.pop(); k !== undefined; k = stack.pop()) {
      for (let s = 0; s < 8; s++) {
        const next = k + stepY[s] * width + stepX[s];
        if (cells[next] !== OBJECT || seen[next]) continue;
        seen[next] = 1;
        stack.push(next);
      }
    }
  }
  return starts;
}

/**
 * Follows the outer border from its first pixel until it repeats its first move. A pixel that joins two halves is passed,
 * and listed, twice.
 */
function traceContour({ cells, width }: FramedObject, start: number): number[] {
  const neighbour = (i: number, s: number) => i + stepY[s & 7] * width + stepX[s & 7];
  // Look clockwise from the left for the pixel that the border comes from.
  let s = LEFT;
  do s = (s + 7) & 7;
  while (s !== LEFT && cells[neighbour(start, s)] !== OBJECT);
  if (s === LEFT) return [start];
  const last = neighbour(start, s);
  const points: number[] = [];
  for (let here = start; ; ) {
    points.push(here);
    // Look anticlockwise from where we came for the next pixel.
    do s = (s + 1) & 7;
    while (cells[neighbour(here, s)] !== OBJECT);
    const next = neighbour(here, s);
    if (next === start && here === last) return points;
    here = next;
    s = (s + 4) & 7;
  }
}
