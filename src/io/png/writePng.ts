/** PNG writing by fast-png: 8 and 16 bits, grey, grey with alpha, RGB, RGBA. */
import { encode } from 'fast-png';
import type { AnyTypedArray, NdArray } from '../../array/ndarray.ts';
import { OptionError, ShapeError } from '../../errors.ts';

export interface WritePngOptions {
  /** Deflate level. Default 2; level 6 takes half as much space for labels, and twice the time. */
  readonly level?: 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
}

/**
 * Writes a PNG file.
 *
 * @param image  (Y, X) or (Y, X, S) with S 1–4: grey, grey + alpha, RGB, RGBA. Uint8Array gives 8 bits, Uint16Array 16.
 * @returns the bytes of the file.
 * @throws ShapeError if the shape is another; OptionError if the numbers are neither 8 nor 16 bits wide.
 */
export function writePng(image: NdArray<AnyTypedArray>, options: WritePngOptions = {}): Uint8Array<ArrayBuffer> {
  const { data, shape } = image;
  const [height, width, channels = 1] = shape;
  const fits = (shape.length === 2 || shape.length === 3) && channels >= 1 && channels <= 4;
  if (!fits || data.length === 0 || data.length !== height * width * channels)
    throw new ShapeError('writePng', '(Y, X) or (Y, X, 1–4) with at least one pixel', shape);
  if (!(data instanceof Uint8Array || data instanceof Uint16Array))
    throw new OptionError('image', data, `writePng: needs a Uint8Array or a Uint16Array; got ${data.constructor.name}`);
  const depth = data instanceof Uint16Array ? 16 : 8;
  // A copy, because what comes is a part of a larger buffer.
  return new Uint8Array(encode({ width, height, data, channels, depth }, { zlib: { level: options.level ?? 2 } }));
}
