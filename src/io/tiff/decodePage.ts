/**
 * Decodes the strips or tiles of one page into its place in an array. Each segment is unpacked, brought to the machine's
 * byte order (little-endian, as WebAssembly demands it of every machine we run on), its predictor undone, and copied.
 */
import { FormatError } from '../../errors.ts';
import { swapBytes } from '../swapBytes.ts';
import { unpackBits } from '../unpackBits.ts';
import { decompress, jpeg, unpackedLimit } from './decompress.ts';
import type { Tiff } from './directory.ts';
import { decodeJpegSegment } from './jpegSegment.ts';
import { sampleBytes, segmentGrid, storedRowBytes, type TiffPage } from './page.ts';
import { undoFloat, undoHorizontal } from './predictor.ts';

/** Bytes of the page's array. */
export function pageBytes(page: TiffPage): number {
  return page.width * page.height * page.samples * sampleBytes(page);
}

/** Most bytes that the stored data of the page can unpack to. Throws UnsupportedError if the compression is not read. */
export function justifiedBytes(tiff: Tiff, page: TiffPage): number {
  let stored = 0;
  for (const count of page.counts) stored += count;
  // Strips may share their bytes, but an honest file has no more of them than it is long.
  const limit = unpackedLimit(page, Math.min(stored, tiff.bytes.length));
  return page.bits < 8 ? limit * (8 / page.bits) : page.bits % 8 === 0 && page.bits !== 24 ? limit : 2 * limit;
}

/**
 * Decodes a page.
 *
 * @param out  receives the page's array in C order, pageBytes(page) bytes, samples little-endian; zeros on entry.
 * @throws FormatError if data are missing or corrupt.
 */
export function decodePage(tiff: Tiff, page: TiffPage, out: Uint8Array): void {
  const { across, down } = segmentGrid(page);
  const planes = page.planar ? page.samples : 1;
  const pixel = sampleBytes(page) * (page.planar ? 1 : page.samples);
  for (let plane = 0, index = 0; plane < planes; plane++) {
    for (let j = 0; j < down; j++) {
      for (let i = 0; i < across; i++, index++) {
        const top = j * page.segment.height;
        const left = i * page.segment.width;
        const rows = Math.min(page.segment.height, page.height - top);
        const columns = Math.min(page.segment.width, page.width - left);
        const segment = decodeSegment(tiff, page, index, rows);
        // A tile without data is a hole, left zero.
        if (!segment) continue;
        const first = ((plane * page.height + top) * page.width + left) * pixel;
        const from = page.segment.width * pixel;
        if (columns === page.width && from === page.width * pixel) {
          out.set(segment.subarray(0, rows * from), first);
          continue;
        }
        for (let row = 0; row < rows; row++)
          out.set(segment.subarray(row * from, row * from + columns * pixel), first + row * page.width * pixel);
      }
    }
  }
}

/** Samples of one strip or tile as little-endian bytes, at least `rows` lines of the segment's full width; undefined for a hole. */
function decodeSegment(tiff: Tiff, page: TiffPage, index: number, rows: number): Uint8Array | undefined {
  const offset = page.offsets[index];
  const rowBytes = storedRowBytes(page);
  const expected = rows * rowBytes;
  // Without compression the size is known, and writers have stored wrong counts.
  const count = page.compression === 1 ? expected : (page.counts[index] ?? 0);
  if (offset === 0 || page.counts[index] === 0) return undefined;
  if (offset + count > tiff.bytes.length)
    throw new FormatError('TIFF', `strip or tile ${index} ends beyond the end of the file: the file is cut`, offset);
  const packed = tiff.bytes.subarray(offset, offset + count);
  if (page.compression === jpeg) return decodeJpegSegment(page, packed, rows);
  const plain = decompress(page, packed, expected);
  return toSamples(tiff, page, plain.subarray(0, expected), rows, plain.buffer === tiff.bytes.buffer);
}

/** Brings plain bytes to little-endian samples and undoes the predictor. `shared`: the bytes are the file's, so not to be changed. */
function toSamples(tiff: Tiff, page: TiffPage, plain: Uint8Array, rows: number, shared: boolean): Uint8Array {
  const size = sampleBytes(page);
  const step = page.planar ? 1 : page.samples;
  const row = page.segment.width * step;
  // Predictors belong to the compressed forms; libtiff ignores them elsewhere.
  const predictor = page.compression === 1 ? 1 : page.predictor;
  if (page.bits !== 8 * size) {
    const words = unpackBits(plain, rows, storedRowBytes(page), row, page.bits);
    if (predictor === 2) undoPacked(words, row, step, page.bits);
    return new Uint8Array(words.buffer);
  }
  const swap = !tiff.little && size > 1 && predictor !== 3;
  if (!swap && predictor === 1) return plain;
  const bytes = shared || plain.byteOffset % size !== 0 ? new Uint8Array(plain) : plain;
  if (swap) swapBytes(bytes, size);
  if (predictor === 3) undoFloat(bytes, row, step, size);
  else if (predictor === 2) undoHorizontal(words(bytes, size), row, step);
  else if (predictor !== 1) throw new FormatError('TIFF', `predictor ${predictor} does not exist`);
  return bytes;
}

/** Horizontal differences of odd depths: sums wrap at the depth, not at the word that holds them. */
function undoPacked(data: Uint8Array | Uint16Array | Uint32Array, row: number, step: number, bits: number): void {
  undoHorizontal(data, row, step);
  const mask = 2 ** bits - 1;
  for (let i = 0; i < data.length; i++) data[i] = data[i] & mask;
}

function words(bytes: Uint8Array, size: number): Uint8Array | Uint16Array | Uint32Array | BigUint64Array {
  const { buffer, byteOffset, length } = bytes;
  if (size === 1) return bytes;
  if (size === 2) return new Uint16Array(buffer, byteOffset, length / 2);
  if (size === 4) return new Uint32Array(buffer, byteOffset, length / 4);
  return new BigUint64Array(buffer, byteOffset, length / 8);
}
