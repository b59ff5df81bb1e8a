/** Marks the outlines of cells in an image. Source: `utils.masks_to_outlines` (OpenCV's external contours). */
import type { Masks, NdArray } from '../array/ndarray.ts';
import { objectBoxes, planeShape } from './objectBoxes.ts';
import { type FramedObject, markOutside, OBJECT, OUTSIDE } from './outside.ts';

/**
 * Marks the pixels of each label that border on its outside by a side. Contours round holes are not outlines.
 *
 * @param masks  labels, (ly, lx), 0 is background.
 * @returns      (ly, lx), 1 on outlines, 0 elsewhere.
 * @throws ShapeError if masks is not (ly, lx).
 */
export function masksToOutlines(masks: Masks): NdArray<Uint8Array> {
  const [ly, lx] = planeShape('masksToOutlines', masks);
  const out = new Uint8Array(ly * lx);
  for (const box of objectBoxes(masks)) {
    const object = markOutside(masks, box);
    for (let y = box.y0; y < box.y1; y++) {
      const row = (y - box.y0 + 1) * object.width + 1 - box.x0;
      for (let x = box.x0; x < box.x1; x++) if (isOnOutline(object, row + x)) out[y * lx + x] = 1;
    }
  }
  return { data: out, shape: [ly, lx] };
}

/** Whether place `i` of a framed object is of the object and has the outside at one of its sides. */
export function isOnOutline({ cells, width }: FramedObject, i: number): boolean {
  return (
    cells[i] === OBJECT &&
    (cells[i - 1] === OUTSIDE ||
      cells[i + 1] === OUTSIDE ||
      cells[i - width] === OUTSIDE ||
      cells[i + width] === OUTSIDE)
  );
}
