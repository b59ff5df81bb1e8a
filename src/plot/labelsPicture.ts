/** Labels in colours on black: the picture to look at beside a label image of 16 bits, which plain viewers show as black. */
import type { Masks, NdArray } from '../array/ndarray.ts';
import { planeShape } from '../masks/objectBoxes.ts';
import { labelColor } from './labelColor.ts';

/** Share of brightness that is left where two cells touch. */
const seam = 0.45;

/**
 * Draws each cell in its `labelColor`. Pixels that touch another cell are darker, so that neighbours stay apart also where their
 * colours are alike.
 *
 * @param masks  labels (ly, lx), 0 and below is background: black.
 * @returns      RGB, (ly, lx, 3), 0–255. No cell pixel is black.
 * @throws ShapeError if masks is not (ly, lx).
 */
export function labelsPicture(masks: Masks): NdArray<Uint8Array> {
  const [ly, lx] = planeShape('labelsPicture', masks);
  const { data } = masks;
  const rgb = new Uint8Array(3 * ly * lx);
  const isOther = (label: number, i: number) => data[i] > 0 && data[i] !== label;
  let before = 0;
  let color = labelColor(0);
  for (let y = 0, i = 0; y < ly; y++) {
    for (let x = 0; x < lx; x++, i++) {
      const label = data[i];
      if (label <= 0) continue;
      if (label !== before) color = labelColor(label);
      before = label;
      const touches =
        (x > 0 && isOther(label, i - 1)) ||
        (x < lx - 1 && isOther(label, i + 1)) ||
        (y > 0 && isOther(label, i - lx)) ||
        (y < ly - 1 && isOther(label, i + lx));
      for (let c = 0; c < 3; c++) rgb[3 * i + c] = Math.round(touches ? seam * color[c] : color[c]);
    }
  }
  return { data: rgb, shape: [ly, lx, 3] };
}
