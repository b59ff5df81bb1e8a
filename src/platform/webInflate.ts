/** Deflate streams in a browser, where zlib is missing. Source: fflate. */
import { deflateSync, Inflate, Unzlib, zlibSync } from 'fflate';
import { FormatError } from '../errors.ts';
import type { DeflateLevel } from './types.ts';

/** Bytes taken in at a time. They give at most 1032 times as many, and after each the limit is checked. */
const step = 16384;

/** As Node's zlib, but for the checksum at the end of a zlib stream, which is not compared. @throws FormatError */
export function inflate(bytes: Uint8Array, kind: 'zlib' | 'raw', maxBytes: number): Uint8Array {
  if (bytes.length === 0) throw new FormatError('deflate', 'there is nothing to unpack');
  const pieces: Uint8Array[] = [];
  let length = 0;
  const take = (piece: Uint8Array) => {
    length += piece.length;
    if (length > maxBytes) throw new FormatError('deflate', `unpacks to more than ${maxBytes} bytes`);
    pieces.push(piece);
  };
  const stream = kind === 'raw' ? new Inflate(take) : new Unzlib(take);
  for (let at = 0; at < bytes.length; at += step) stream.push(bytes.subarray(at, at + step), at + step >= bytes.length);
  if (pieces.length === 1) return pieces[0];
  const out = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

export function deflate(bytes: Uint8Array, kind: 'zlib' | 'raw', level: DeflateLevel): Uint8Array {
  const number = level === 'huffman' ? 1 : level;
  const options = { level: Math.min(9, Math.max(0, number)) as 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 };
  return (kind === 'raw' ? deflateSync : zlibSync)(bytes, options);
}
