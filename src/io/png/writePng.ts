/** PNG writing: 8 and 16 bits, grey, grey with alpha, RGB, RGBA. Source: PNG specification, third edition (W3C). */
import { deflate } from '#platform';
import type { AnyTypedArray, NdArray } from '../../array/ndarray.ts';
import { OptionError, ShapeError } from '../../errors.ts';
import { makeChunk, pngSignature } from './chunks.ts';

export interface WritePngOptions {
  /** Deflate level 0–9. Default 2: on labels as small as higher levels within a few per cent, and several times faster. */
  readonly level?: number;
}

/** Colour type by number of samples. */
const colourTypes = [0, 0, 4, 2, 6];

/**
 * Writes a PNG file.
 *
 * @param image  (Y, X) or (Y, X, S) with S 1–4: grey, grey + alpha, RGB, RGBA. Uint8Array gives 8 bits, Uint16Array 16.
 * @returns the bytes of the file.
 * @throws ShapeError if the shape is another; OptionError if the numbers are neither 8 nor 16 bits wide.
 */
export function writePng(image: NdArray<AnyTypedArray>, options: WritePngOptions = {}): Uint8Array<ArrayBuffer> {
  const { data, shape } = image;
  const [height, width, samples = 1] = shape as [number, number, number?];
  const fits = (shape.length === 2 || shape.length === 3) && samples >= 1 && samples <= 4;
  if (!fits || data.length === 0 || data.length !== height * width * samples)
    throw new ShapeError('writePng', '(Y, X) or (Y, X, 1–4) with at least one pixel', shape);
  if (!(data instanceof Uint8Array || data instanceof Uint16Array))
    throw new OptionError('image', data, `writePng: needs a Uint8Array or a Uint16Array; got ${data.constructor.name}`);
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = data.BYTES_PER_ELEMENT * 8;
  header[9] = colourTypes[samples]!;
  const lines = filterLines(data, height, width * samples);
  return join([
    Uint8Array.from(pngSignature),
    makeChunk('IHDR', header),
    makeChunk('IDAT', deflate(lines, 'zlib', options.level ?? 2)),
    makeChunk('IEND', new Uint8Array(0)),
  ]);
}

/**
 * Lines with filter 2 (difference to the line above): labels and smooth pictures become mostly zeros, which pack well and fast.
 * 16-bit samples are stored most significant byte first.
 */
function filterLines(data: Uint8Array | Uint16Array, height: number, row: number): Uint8Array {
  const size = data.BYTES_PER_ELEMENT;
  const stride = 1 + row * size;
  const lines = new Uint8Array(height * stride);
  for (let y = 0, from = 0; y < height; y++) {
    let to = y * stride;
    lines[to++] = y === 0 ? 0 : 2;
    const above = y === 0 ? 0 : row;
    for (let i = 0; i < row; i++, from++) {
      const value = data[from]!;
      const upper = above === 0 ? 0 : data[from - above]!;
      if (size === 2) lines[to++] = (value >> 8) - (upper >> 8);
      lines[to++] = (value & 255) - (upper & 255);
    }
  }
  return lines;
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
