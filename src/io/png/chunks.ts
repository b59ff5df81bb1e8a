/** The chunks that a PNG file is made of: walked with their checksums checked, and built. Source: PNG specification, section 5. */
import { FormatError } from '../../errors.ts';
import { crc32 } from '../crc32.ts';

export const pngSignature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Bodies of the chunks: the first of each kind, and all image data in order. */
export interface Chunks {
  readonly first: Map<string, Uint8Array>;
  readonly image: Uint8Array[];
}

/** Walks the chunks to IEND, checks each checksum, and keeps the first of each kind and all image data. */
export function readChunks(bytes: Uint8Array): Chunks {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const first = new Map<string, Uint8Array>();
  const image: Uint8Array[] = [];
  for (let at = 8; ; ) {
    if (at + 12 > bytes.length) throw new FormatError('PNG', 'the file ends before its IEND chunk', bytes.length);
    const length = view.getUint32(at);
    if (at + 12 + length > bytes.length) throw new FormatError('PNG', 'a chunk reaches beyond the end of the file', at);
    const kind = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (crc32(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(at + 8 + length))
      throw new FormatError('PNG', `the checksum of chunk ${kind} is wrong: the file is damaged`, at);
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (kind === 'IDAT') image.push(body);
    else if (!first.has(kind)) first.set(kind, body);
    if (kind === 'IEND') return { first, image };
    at += 12 + length;
  }
}

/** One chunk: length, name, body, checksum over name and body. */
export function makeChunk(name: string, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, body.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = name.charCodeAt(i);
  bytes.set(body, 8);
  view.setUint32(8 + body.length, crc32(bytes.subarray(4, 8 + body.length)));
  return bytes;
}
