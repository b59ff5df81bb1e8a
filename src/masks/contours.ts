/** Outer contours of an object, pixel by pixel: OpenCV's external contours without approximation. Source: Suzuki and Abe (1985). */
import { type FramedObject, OBJECT, OUTSIDE } from './outside.ts';

/** Steps (dy, dx) to the eight neighbours, anticlockwise on the screen, from the right. */
const stepY = [0, -1, -1, -1, 0, 1, 1, 1];
const stepX = [1, 1, 0, -1, -1, -1, 0, 1];
const LEFT = 4;

/**
 * The contour of each 8-connected part of the object, in raster order of their first pixels.
 *
 * @returns  places in `cells`, from the top left pixel anticlockwise on the screen. A pixel that joins two halves is listed
 *           twice. Parts that lie in a hole of another have none.
 */
export function contours(object: FramedObject): number[][] {
  return partStarts(object).map((start) => traceContour(object, start));
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

/** Follows the outer border from its first pixel until it repeats its first move. */
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
