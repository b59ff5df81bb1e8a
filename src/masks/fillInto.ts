import type { Masks } from '../array/ndarray.ts';
import type { ObjectBox } from './objectBoxes.ts';
import { markOutside, OUTSIDE } from './outside.ts';

/** Writes a number to the object of this box in a plane, and to its holes. */
export function fillInto(masks: Masks, box: ObjectBox, number: number): void {
  const lx = masks.shape[1];
  const { cells, width } = markOutside(masks, box);
  for (let y = box.y0; y < box.y1; y++) {
    const row = (y - box.y0 + 1) * width + 1 - box.x0;
    for (let x = box.x0; x < box.x1; x++) if (cells[row + x] !== OUTSIDE) masks.data[y * lx + x] = number;
  }
}
