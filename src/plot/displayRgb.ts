/** An image as a picture that further things are drawn on. */
import type { NdArray } from '../array/ndarray.ts';
import { normalize99 } from '../transforms/normalize99.ts';
import { imageToRgb } from './imageToRgb.ts';

/**
 * Makes a picture of an image for display.
 *
 * @param image  (ly, lx) or (ly, lx, nchan), any number type. One or two channels are shown as their mean in grey, three or
 *               more as RGB with one stretch for all channels, so that colours keep their balance.
 * @returns      RGB, (ly, lx, 3), 0–255.
 * @throws ShapeError if the image has neither two nor three axes.
 */
export function displayRgb(image: NdArray): NdArray<Uint8Array> {
  const nchan = image.shape.length === 3 ? image.shape[2] : 1;
  if (nchan < 3) return imageToRgb(image);
  const [ly, lx] = image.shape;
  const scaled = normalize99(image).data;
  const rgb = new Uint8Array(3 * ly * lx);
  for (let i = 0; i < ly * lx; i++) {
    for (let c = 0; c < 3; c++) rgb[3 * i + c] = 255 * Math.min(Math.max(scaled[i * nchan + c], 0), 1);
  }
  return { data: rgb, shape: [ly, lx, 3] };
}
