/** Four pictures side by side: image, outlines, masks, flows. Source: cellpose 3.1 `plot.show_segmentation`. */
import type { FloatArray, Masks, NdArray } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';
import { segmentationPanels } from './segmentationPanels.ts';

/**
 * Makes one picture of a segmentation. `segmentationFigure` makes one of fixed size with titles.
 *
 * @param image  (ly, lx) or (ly, lx, nchan), any number type; shown as `displayRgb` does.
 * @param masks  labels, (ly, lx).
 * @param dP     flows, (2, ly, lx).
 * @returns      RGB, (ly, 4 · lx, 3): the image, the image with red outlines, with coloured masks, the flows.
 * @throws ShapeError if the sizes differ.
 */
export function showSegmentation(image: NdArray, masks: Masks, dP: FloatArray): NdArray<Uint8Array> {
  const [ly, lx] = image.shape;
  if (dP.shape.length !== 3 || dP.shape[1] !== ly || dP.shape[2] !== lx)
    throw new ShapeError('showSegmentation', `flows of shape (2, ${ly}, ${lx}) to match the image`, dP.shape);
  const rgb = new Uint8Array(4 * 3 * ly * lx);
  segmentationPanels(image, masks, dP).forEach(({ data }, k) => {
    for (let y = 0; y < ly; y++) rgb.set(data.subarray(3 * lx * y, 3 * lx * (y + 1)), 3 * lx * (4 * y + k));
  });
  return { data: rgb, shape: [ly, 4 * lx, 3] };
}
