/** The image with its cells in colours, for people: the picture stays visible through them, and their borders are clear. */
import { imageToRgb, labelColor, type Masks, type NdArray, ShapeError } from 'cellpose-ts';

/** Share of colour inside a cell; borders are all colour. */
const opacity = 0.35;

/**
 * Draws each cell in a colour of its own, transparent inside, solid along its inner boundary.
 *
 * @param image  (ly, lx) or (ly, lx, nchan), any number type; shown in grey, against which all colours stand out.
 * @param masks  labels, (ly, lx). The same label always has the same colour, and neighbouring numbers have unlike ones.
 * @returns      RGB, (ly, lx, 3), 0–255.
 * @throws ShapeError if image and masks differ in size.
 */
export function cellsOverlay(image: NdArray, masks: Masks): NdArray<Uint8Array> {
  const [ly, lx] = image.shape as readonly [number, number];
  if (masks.shape.length !== 2 || masks.shape[0] !== ly || masks.shape[1] !== lx) {
    throw new ShapeError('cellsOverlay', `masks of shape (${ly}, ${lx}) to match the image`, masks.shape);
  }
  const picture = imageToRgb(image);
  const rgb = picture.data;
  const labels = masks.data;
  for (let y = 0; y < ly; y++) {
    for (let x = 0; x < lx; x++) {
      const i = y * lx + x;
      const label = labels[i]!;
      if (label === 0) continue;
      const isBorder =
        (x > 0 && labels[i - 1] !== label) ||
        (x < lx - 1 && labels[i + 1] !== label) ||
        (y > 0 && labels[i - lx] !== label) ||
        (y < ly - 1 && labels[i + lx] !== label);
      const share = isBorder ? 1 : opacity;
      const color = labelColor(label);
      for (let c = 0; c < 3; c++) rgb[3 * i + c] = Math.round((1 - share) * rgb[3 * i + c]! + share * color[c]!);
    }
  }
  return picture;
}
