/** The four pictures that tell a segmentation. Source: cellpose 3.1 `plot.show_segmentation`. */
import type { FloatArray, Masks, NdArray } from '../array/ndarray.ts';
import { displayRgb } from './displayRgb.ts';
import { dxToCirc } from './dxToCirc.ts';
import { maskOverlay } from './maskOverlay.ts';
import { outlinesImage } from './outlinesImage.ts';

/**
 * @param image  (ly, lx) or (ly, lx, nchan), any number type; shown as `displayRgb` does.
 * @param masks  labels, (ly, lx).
 * @param dP     flows, (2, y, x).
 * @returns      RGB: the image, the image with red outlines, with coloured masks, (ly, lx, 3); the flows, (y, x, 3).
 * @throws ShapeError if image and masks differ in size, or dP is not (2, y, x).
 */
export function segmentationPanels(image: NdArray, masks: Masks, dP: FloatArray): NdArray<Uint8Array>[] {
  const picture = displayRgb(image);
  return [picture, outlinesImage(image, masks), maskOverlay(picture, masks), dxToCirc(dP)];
}
