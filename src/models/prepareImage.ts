/** From any image to what the network takes: axes settled, channels picked, intensities scaled. */
import type { FloatArray, NdArray } from '../array/ndarray.ts';
import { convertImage } from '../transforms/convertImage.ts';
import { normalizeImg } from '../transforms/normalizeImg.ts';
import type { SplitOptions } from './evalOptions.ts';

export interface PreparedImage {
  /** Planes (ly, lx, nchan), scaled one by one. */
  readonly planes: readonly FloatArray[];
  /** How the axes of the input were read. */
  readonly axes: string;
  /** Guesses made on the way. */
  readonly notes: readonly string[];
}

export function prepareImage(image: NdArray, options: SplitOptions, nchan: number): PreparedImage {
  const converted = convertImage(image, { ...options.input, nchan });
  const { data, shape } = converted.image;
  const [ly, lx, c] = shape.slice(-3);
  const n = ly * lx * c;
  const planes: FloatArray[] = [];
  for (let at = 0; at < data.length; at += n) {
    // A z axis of one plane, as 3.1's `eval` gives it: with `tileNormBlocksize`, images without one are scaled otherwise.
    const volume = { data: data.subarray(at, at + n), shape: [1, ly, lx, c] };
    // `normalize: false` in a record of parameters switches all of them off, as in 3.1's `eval`.
    const scaled = options.normalize.normalize === false ? volume : normalizeImg(volume, options.normalize);
    planes.push({ data: scaled.data, shape: [ly, lx, c] });
  }
  return { planes, axes: converted.axes, notes: converted.notes };
}
