/**
 * What lies outside an object, seen from the frame of its box. Holes and outer contours follow from it: a hole is what is
 * neither object nor outside; the outer contour is where the object meets the outside.
 */
import type { Masks } from '../array/ndarray.ts';
import type { ObjectBox } from './objectBoxes.ts';

export const OUTSIDE = 1;
export const OBJECT = 2;

/** A box with a frame of one pixel: width x1 − x0 + 2. Cells hold OUTSIDE, OBJECT, or 0 for holes. */
export interface FramedObject {
  readonly cells: Uint8Array;
  readonly height: number;
  readonly width: number;
}

/**
 * Marks the object and everything that a path of up, down, left and right steps connects with the frame around its box.
 * Pixels of other labels count as background. O(area of the box).
 */
export function markOutside(masks: Masks, box: ObjectBox): FramedObject {
  const lx = masks.shape[1];
  const height = box.y1 - box.y0 + 2;
  const width = box.x1 - box.x0 + 2;
  const cells = new Uint8Array(height * width);
  for (let y = box.y0; y < box.y1; y++) {
    const row = (y - box.y0 + 1) * width + 1 - box.x0;
    for (let x = box.x0; x < box.x1; x++) if (masks.data[y * lx + x] === box.label) cells[row + x] = OBJECT;
  }
  const stack = [0];
  cells[0] = OUTSIDE;
  const visit = (i: number) => {
    if (cells[i] !== 0) return;
    cells[i] = OUTSIDE;
    stack.push(i);
  };
  for (let i = stack.pop(); i !== undefined; i = stack.pop()) {
    const x = i % width;
    if (x > 0) visit(i - 1);
    if (x < width - 1) visit(i + 1);
    if (i >= width) visit(i - width);
    if (i < cells.length - width) visit(i + width);
  }
  return { cells, height, width };
}
