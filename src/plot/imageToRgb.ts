/**
 * A picture of an image for the eye: each channel stretched to its 1st and 99th percentile and put into red, green or
 * blue. Source: cellpose 3.1 `plot.image_to_rgb`.
 */
import type { NdArray } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';
import { normalize99 } from '../transforms/normalize99.ts';

/**
 * Makes an RGB picture of an image.
 *
 * @param image     (ly, lx) or (ly, lx, nchan), any number type.
 * @param channels  [first, second]: 0 shows the mean of all channels in grey; 1, 2, 3 put the image's first channel into
 *                  red, green or blue, and its second one likewise (second 0: not shown).
 * @returns         RGB, (ly, lx, 3), 0–255. A constant channel keeps its values, times 255, modulo 256 as numpy casts.
 * @throws ShapeError if the image has neither two nor three axes.
 */
export function imageToRgb(image: NdArray, channels: readonly [number, number] = [0, 0]): NdArray<Uint8Array> {
  const { ly, lx, planes } = splitChannels(image);
  const shown = (channels[0] === 0 ? [meanPlane(planes)] : planes).map((plane) => stretch(plane, ly, lx));
  const n = ly * lx;
  const rgb = new Uint8Array(3 * n);
  const put = (plane: Uint8Array, target: number) => {
    for (let i = 0; i < n; i++) rgb[3 * i + target] = plane[i];
  };
  if (shown.length === 1) {
    for (let target = 0; target < 3; target++) put(shown[0], target);
  } else {
    put(shown[0], channels[0] - 1);
    if (channels[1] > 0) put(shown[1], channels[1] - 1);
  }
  return { data: rgb, shape: [ly, lx, 3] };
}

function splitChannels(image: NdArray): { ly: number; lx: number; planes: Float32Array[] } {
  const { shape, data } = image;
  if (shape.length !== 2 && shape.length !== 3) {
    throw new ShapeError('imageToRgb', 'an image of shape (ly, lx) or (ly, lx, channels)', shape);
  }
  const [ly, lx, nchan = 1] = shape;
  const planes = Array.from({ length: nchan }, () => new Float32Array(ly * lx));
  for (let c = 0; c < nchan; c++) {
    const plane = planes[c];
    for (let i = 0; i < plane.length; i++) plane[i] = data[i * nchan + c];
  }
  return { ly, lx, planes };
}

function meanPlane(planes: readonly Float32Array[]): Float32Array {
  if (planes.length === 1) return planes[0];
  const mean = new Float32Array(planes[0].length);
  for (const plane of planes) for (let i = 0; i < mean.length; i++) mean[i] = mean[i] + plane[i];
  for (let i = 0; i < mean.length; i++) mean[i] = mean[i] / planes.length;
  return mean;
}

/** One channel as 0–255: percentiles 1 and 99 become 0 and 255, decimals cut off. */
function stretch(plane: Float32Array, ly: number, lx: number): Uint8Array {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const v of plane) {
    if (v < min) min = v;
    if (v > max) max = v;
  }
  const out = new Uint8Array(plane.length);
  if (max > min) {
    const scaled = normalize99({ data: plane, shape: [ly, lx] }).data;
    for (let i = 0; i < out.length; i++) out[i] = Math.fround(Math.min(Math.max(scaled[i], 0), 1) * 255);
  } else {
    for (let i = 0; i < out.length; i++) out[i] = Math.fround(plane[i] * 255);
  }
  return out;
}
