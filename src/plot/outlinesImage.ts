/** The image with the outlines of cells in red, as `--save_outlines` writes it. Source: cellpose 3.1 `io.save_masks`. */
import type { Masks, NdArray } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';
import { masksToOutlines } from '../masks/outlines.ts';
import { displayRgb } from './displayRgb.ts';

/**
 * Draws the outer contours of all cells in pure red on the image.
 *
 * @param image  (ly, lx) or (ly, lx, nchan), any number type; shown as `displayRgb` does.
 * @param masks  labels, (ly, lx).
 * @returns      RGB, (ly, lx, 3), 0–255.
 * @throws ShapeError if image and masks differ in size.
 *
 * Differs from Cellpose 3.1 for three channels: there `clip(img * 255, 0, 1)` turns such an image black.
 */
export function outlinesImage(image: NdArray, masks: Masks): NdArray<Uint8Array> {
  const [ly, lx] = image.shape;
  if (masks.shape.length !== 2 || masks.shape[0] !== ly || masks.shape[1] !== lx) {
    throw new ShapeError('outlinesImage', `masks of shape (${ly}, ${lx}) to match the image`, masks.shape);
  }
  const picture = displayRgb(image);
  const edge = masksToOutlines(masks).data;
  for (let i = 0; i < edge.length; i++) if (edge[i] !== 0) picture.data.set([255, 0, 0], 3 * i);
  return picture;
}
