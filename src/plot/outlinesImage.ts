/**
 * Images with the outlines of cells drawn into them: the picture that `--save_outlines` writes, and the plainer view
 * of any RGB picture. Source: cellpose 3.1 `io.save_masks` (its outline part) and `plot.outline_view`.
 */
import type { Masks, NdArray } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';
import { masksToOutlines } from '../masks/outlines.ts';
import { normalize99 } from '../transforms/normalize99.ts';
import { imageToRgb } from './imageToRgb.ts';

type Rgb = readonly [number, number, number];

/**
 * Draws the outer contours of all cells in pure red on the image.
 *
 * @param image  (ly, lx) or (ly, lx, nchan), any number type. One or two channels are shown in grey, three or more as
 *               RGB with one stretch for all channels, so that colours keep their balance.
 * @param masks  labels, (ly, lx).
 * @returns      RGB, (ly, lx, 3), 0–255.
 * @throws ShapeError if image and masks differ in size.
 *
 * Differs from Cellpose 3.1 for three channels: its `clip(img * 255, 0, 1)` turns such an image black.
 */
export function outlinesImage(image: NdArray, masks: Masks): NdArray<Uint8Array> {
  const picture = displayRgb(image);
  checkSize('outlinesImage', picture, masks);
  const edge = masksToOutlines(masks).data;
  paint(picture.data, (i) => edge[i] !== 0, [255, 0, 0]);
  return picture;
}

/**
 * Draws the inner boundary of every label, the pixels with a neighbour (up, down, left, right) of another label.
 *
 * @param picture  grey (ly, lx) or RGB (ly, lx, 3), 0–255. Not changed.
 * @param masks    labels, (ly, lx).
 * @param color    of the boundary, 0–255 each.
 * @returns        RGB, (ly, lx, 3).
 * @throws ShapeError if the sizes differ or the picture is neither grey nor RGB.
 */
export function outlineView(picture: NdArray<Uint8Array>, masks: Masks, color: Rgb = [255, 0, 0]): NdArray<Uint8Array> {
  const [ly, lx, nchan = 1] = picture.shape as [number, number, number?];
  if ((nchan !== 1 && nchan !== 3) || picture.shape.length > 3) {
    throw new ShapeError('outlineView', 'a grey (ly, lx) or RGB (ly, lx, 3) picture', picture.shape);
  }
  checkSize('outlineView', picture, masks);
  const rgb = new Uint8Array(3 * ly * lx);
  for (let i = 0; i < rgb.length; i++) rgb[i] = nchan === 3 ? picture.data[i]! : picture.data[Math.floor(i / 3)]!;
  const { data } = masks;
  paint(rgb, (i) => isInnerBoundary(data, i, ly, lx), color);
  return { data: rgb, shape: [ly, lx, 3] };
}

/** The image as RGB for display; see `outlinesImage`. */
export function displayRgb(image: NdArray): NdArray<Uint8Array> {
  const nchan = image.shape.length === 3 ? image.shape[2]! : 1;
  if (nchan < 3) return imageToRgb(image);
  const [ly, lx] = image.shape as readonly [number, number];
  const scaled = normalize99(image).data;
  const rgb = new Uint8Array(3 * ly * lx);
  for (let i = 0; i < ly * lx; i++) {
    for (let c = 0; c < 3; c++) rgb[3 * i + c] = 255 * Math.min(Math.max(scaled[i * nchan + c]!, 0), 1);
  }
  return { data: rgb, shape: [ly, lx, 3] };
}

function isInnerBoundary(labels: Int32Array, i: number, ly: number, lx: number): boolean {
  const own = labels[i];
  if (own === 0) return false;
  const y = Math.floor(i / lx);
  const x = i - y * lx;
  return (
    (y > 0 && labels[i - lx] !== own) ||
    (y < ly - 1 && labels[i + lx] !== own) ||
    (x > 0 && labels[i - 1] !== own) ||
    (x < lx - 1 && labels[i + 1] !== own)
  );
}

function paint(rgb: Uint8Array, where: (i: number) => boolean, color: Rgb): void {
  for (let i = 0; 3 * i < rgb.length; i++) if (where(i)) rgb.set(color, 3 * i);
}

function checkSize(name: string, picture: NdArray, masks: Masks): void {
  const [ly, lx] = picture.shape;
  if (masks.shape.length !== 2 || masks.shape[0] !== ly || masks.shape[1] !== lx) {
    throw new ShapeError(name, `masks of shape (${ly}, ${lx}) to match the image`, masks.shape);
  }
}
