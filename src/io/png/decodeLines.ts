/**
 * From inflated PNG data to samples, by fast-png: it undoes the line filters, Adam7 and the byte order. It gets a small file made
 * of the header and the data in stored blocks, nothing else, so that neither the size of its memory nor its work depends on
 * what a file claims.
 */

import { decode } from 'fast-png';
import { deflate } from '#platform';
import { FormatError } from '../../errors.ts';
import { concat } from '../concat.ts';
import { unpackBits } from '../unpackBits.ts';
import { makeChunk, pngSignature } from './chunks.ts';

export interface Header {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  /** PNG's number for the kind of picture: 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGB with alpha. */
  readonly colourType: number;
  /** Samples of a pixel. */
  readonly samples: number;
  readonly interlaced: boolean;
}

/** Passes as [x, y, x step, y step]: one for a plain picture, Adam7's seven for an interlaced one. */
const plain = [[0, 0, 1, 1]] as const;
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** Bytes of the inflated lines: each begins with the number of its filter. */
export function linesLength(header: Header): number {
  return passesOf(header).reduce((sum, { length }) => sum + length, 0);
}

/**
 * Decodes inflated lines.
 *
 * @param lines  at least `linesLength(header)` bytes.
 * @returns (height, width, samples) as stored; depths of 1, 2, 4 bits in bytes of their own.
 * @throws FormatError at an unknown filter.
 */
export function decodeLines(lines: Uint8Array, header: Header): Uint8Array | Uint16Array {
  // fast-png takes packed samples of an interlaced picture for whole bytes; but each pass by itself is a plain picture.
  return header.interlaced && header.bits < 8 ? decodeSmallPasses(lines, header) : decodePicture(lines, header);
}

function decodeSmallPasses(lines: Uint8Array, header: Header): Uint8Array {
  const { width, height } = header;
  const out = new Uint8Array(width * height);
  let at = 0;
  for (const { x, y, dx, dy, w, h, length } of passesOf(header)) {
    const plainHeader = { ...header, width: w, height: h, interlaced: false };
    const pass = decodePicture(lines.subarray(at, at + length), plainHeader);
    at += length;
    for (let row = 0, from = 0; row < h; row++)
      for (let column = 0; column < w; column++) out[(y + row * dy) * width + x + column * dx] = pass[from++];
  }
  return out;
}

function decodePicture(lines: Uint8Array, header: Header): Uint8Array | Uint16Array {
  const { width, height, bits } = header;
  let data: ArrayLike<number>;
  try {
    data = decode(smallFile(lines, header)).data;
  } catch (cause) {
    if (cause instanceof RangeError) throw cause;
    throw new FormatError('PNG', 'the lines of the picture cannot be decoded', undefined, cause);
  }
  if (bits < 8) return unpackBits(data as Uint8Array, height, rowBytes(header, width), width, bits) as Uint8Array;
  return data as Uint8Array | Uint16Array;
}

function smallFile(lines: Uint8Array, { width, height, bits, colourType, interlaced }: Header): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([bits, colourType, 0, 0, interlaced ? 1 : 0], 8);
  const image = deflate(lines, 'zlib', 0);
  return concat([
    pngSignature,
    makeChunk('IHDR', header),
    makeChunk('IDAT', image),
    makeChunk('IEND', new Uint8Array(0)),
  ]);
}

/** The passes that have pixels: first pixel, steps, size in pixels, length in bytes. */
function passesOf(header: Header) {
  return (header.interlaced ? adam7 : plain)
    .map(([x, y, dx, dy]) => {
      const w = Math.ceil((header.width - x) / dx);
      const h = Math.ceil((header.height - y) / dy);
      return { x, y, dx, dy, w, h, length: h * (1 + rowBytes(header, w)) };
    })
    .filter(({ w, h }) => w > 0 && h > 0);
}

function rowBytes({ samples, bits }: Header, width: number): number {
  return Math.ceil((width * samples * bits) / 8);
}
