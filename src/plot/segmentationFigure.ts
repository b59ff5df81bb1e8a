/**
 * The figure of a segmentation: image, outlines, masks and flows side by side on white, each under its title. Source: the figure that
 * cellpose 3.1 `io.save_masks` makes of `plot.show_segmentation`, 12 by 3 inches at 300 dots, and where matplotlib puts its four plots.
 */
import type { FloatArray, Masks, NdArray } from '../array/ndarray.ts';
import { segmentationPanels } from './segmentationPanels.ts';
import { strokeText } from './strokeText.ts';

const height = 900;
const width = 3600;
const titles = ['original image', 'predicted outlines', 'predicted masks', 'predicted cell pose'];
/** Rows of the field that each panel is fitted into, and the columns of the first; the next ones follow at this distance. */
const field = { top: 108, height: 693, left: 450, width: 606.45, distance: 727.75 };
/** Between a panel and the base line of its title, and the height of a small letter, in pixels. */
const titleGap = 25;
const titleSize = 27;

/**
 * Draws the figure.
 *
 * @param image, masks  as `segmentationPanels` takes them.
 * @param dP            flows, (2, ly, lx); may be of another size than the image.
 * @returns             RGB, (900, 3600, 3). Panels keep their proportions; small ones are enlarged by whole pixels, large ones averaged.
 * @throws ShapeError if image and masks differ in size, or dP is not (2, ly, lx).
 *
 * Differs from Cellpose: the masks' colours are not at random, so the same labels make the same figure, and the letters are our own.
 */
export function segmentationFigure(image: NdArray, masks: Masks, dP: FloatArray): NdArray<Uint8Array> {
  const figure = { data: new Uint8Array(3 * height * width).fill(255), shape: [height, width, 3] };
  segmentationPanels(image, masks, dP).forEach((panel, k) => {
    const [ly, lx] = panel.shape;
    const scale = Math.min(field.height / ly, field.width / lx);
    const size = [Math.max(1, Math.round(scale * ly)), Math.max(1, Math.round(scale * lx))] as const;
    const top = Math.round(field.top + (field.height - size[0]) / 2);
    const middle = field.left + k * field.distance + field.width / 2;
    drawScaled(panel, figure, [top, Math.round(middle - size[1] / 2)], size);
    strokeText(figure, titles[k], { x: middle, y: top - titleGap, size: titleSize });
  });
  return figure;
}

/** Each pixel of the target is the mean of the pixels of the source that begin in it, or the one that it lies in. */
function drawScaled(
  { data, shape }: NdArray<Uint8Array>,
  target: NdArray<Uint8Array>,
  [top, left]: readonly [number, number],
  [ty, tx]: readonly [number, number],
): void {
  const [ly, lx] = shape;
  const range = (i: number, n: number, size: number) => {
    const from = Math.floor((i * size) / n);
    return [from, Math.max(from + 1, Math.floor(((i + 1) * size) / n))] as const;
  };
  const columns = Array.from({ length: tx }, (_, x) => range(x, tx, lx));
  for (let y = 0; y < ty; y++) {
    const [y0, y1] = range(y, ty, ly);
    for (let x = 0; x < tx; x++) {
      const [x0, x1] = columns[x];
      const to = 3 * ((top + y) * target.shape[1] + left + x);
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let j = y0; j < y1; j++) for (let i = x0; i < x1; i++) sum += data[3 * (j * lx + i) + c];
        target.data[to + c] = Math.round(sum / ((y1 - y0) * (x1 - x0)));
      }
    }
  }
}
