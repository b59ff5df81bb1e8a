/**
 * Decodes lines of a page from the strips or tiles that hold them. Each segment is unpacked, brought to the machine's
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

/** Bytes of a line of the page's array; a planar page has the lines of all its planes one behind the other. */
export function lineBytes(page: TiffPage): number {
  return page.width * sampleBytes(page) * (page.planar ? 1 : page.samples);
}

/** Lines of the page's array. */
export function lineCount(page: TiffPage): number {
  return page.height * (page.planar ? page.samples : 1);
}

/** Most bytes that the stored data of the page can unpack to. Throws UnsupportedError if the compression is not read. */
export function justifiedBytes(tiff: Tiff, page: TiffPage): number {
  let stored = 0;
  for (const count of page.counts) stored += count;
  // Strips may share their bytes, but an honest file has no more of them than it is long.
  const limit = unpackedLimit(page, Math.min(stored, tiff.source.size));
  return page.bits < 8 ? limit * (8 / page.bits) : page.bits % 8 === 0 && page.bits !== 24 ? limit : 2 * limit;
}

/** A strip or tile, or the lines of it that are wanted, where nothing is compressed. */
interface Segment {
  /** Its first line in the page's array, its first column, and how many lines it has. */
  readonly line: number;
  readonly left: number;
  readonly rows: number;
  /** Where it is stored. */
  readonly offset: number;
  readonly count: number;
}

/** Stored bytes that are read at a time, if they lie together. */
const together = 2 ** 25;
/** So many bytes between them are read too. */
const smallGap = 2 ** 12;

/**
 * Decodes lines of a page.
 *
 * @param first, last  lines of the page's array, `last` not among them.
 * @param out          receives them, samples little-endian; zeros on entry.
 * @throws FormatError if data are missing or corrupt.
 */
export async function decodeLines(
  tiff: Tiff,
  page: TiffPage,
  [first, last]: readonly [number, number],
  out: Uint8Array,
): Promise<void> {
  let run: Segment[] = [];
  let end = 0;
  const finish = async () => {
    if (run.length === 0) return;
    const start = run[0].offset;
    const packed = await tiff.source.read(start, end - start);
    for (const segment of run) {
      const at = segment.offset - start;
      const samples = decodeSegment(tiff, page, segment.rows, packed.subarray(at, at + segment.count));
      putLines(page, segment, samples, [first, last], out);
    }
    run = [];
  };
  for (const segment of segmentsOf(tiff, page, first, last)) {
    const { offset, count } = segment;
    const gap = offset - end;
    if (run.length > 0 && !(gap >= 0 && gap <= smallGap && offset + count - run[0].offset <= together)) await finish();
    run.push(segment);
    end = offset + count;
  }
  await finish();
}

/** Those that hold some of the lines, but for holes: a tile without data is left zero. */
function* segmentsOf(tiff: Tiff, page: TiffPage, first: number, last: number): Generator<Segment> {
  const { across, down } = segmentGrid(page);
  const { width, height } = page.segment;
  for (let plane = Math.floor(first / page.height); plane * page.height < last; plane++) {
    const top = plane * page.height;
    const [y0, y1] = [first, last].map((line) => Math.min(Math.max(line - top, 0), page.height));
    for (let j = Math.floor(y0 / height); j * height < y1; j++)
      for (let i = 0; i < across; i++) {
        const index = (plane * down + j) * across + i;
        if (page.offsets[index] === 0 || page.counts[index] === 0) continue;
        const line = top + j * height;
        const whole = { line, left: i * width, rows: Math.min(height, page.height - j * height) };
        yield stored(tiff, page, index, whole, [top + y0, top + y1]);
      }
  }
}

/** Where a segment is stored; where nothing is compressed, only its lines among those from `first` to `last`. */
function stored(
  tiff: Tiff,
  page: TiffPage,
  index: number,
  { line, left, rows }: Pick<Segment, 'line' | 'left' | 'rows'>,
  [first, last]: readonly [number, number],
): Segment {
  const offset = page.offsets[index];
  const isPlain = page.compression === 1;
  const rowBytes = storedRowBytes(page);
  // Without compression the size is known, and writers have stored wrong counts.
  const count = isPlain ? rows * rowBytes : (page.counts[index] ?? 0);
  if (offset + count > tiff.source.size)
    throw new FormatError('TIFF', `strip or tile ${index} ends beyond the end of the file: the file is cut`, offset);
  if (!isPlain) return { line, left, rows, offset, count };
  const [from, to] = [Math.max(line, first), Math.min(line + rows, last)];
  const start = offset + (from - line) * rowBytes;
  return { line: from, left, rows: to - from, offset: start, count: (to - from) * rowBytes };
}

/** Samples of lines of one strip or tile as little-endian bytes, at least `rows` lines of the segment's full width. */
function decodeSegment(tiff: Tiff, page: TiffPage, rows: number, packed: Uint8Array): Uint8Array {
  if (page.compression === jpeg) return decodeJpegSegment(page, packed, rows);
  const expected = rows * storedRowBytes(page);
  const plain = decompress(page, packed, expected);
  return toSamples(tiff, page, plain.subarray(0, expected), rows, plain.buffer === packed.buffer);
}

/** Copies those lines of a segment that are wanted. */
function putLines(
  page: TiffPage,
  { line, left, rows }: Segment,
  samples: Uint8Array,
  [first, last]: readonly [number, number],
  out: Uint8Array,
): void {
  const width = lineBytes(page);
  const pixel = width / page.width;
  const from = page.segment.width * pixel;
  const columns = Math.min(page.segment.width, page.width - left) * pixel;
  const [begin, end] = [Math.max(0, first - line), Math.min(rows, last - line)];
  const to = (line + begin - first) * width + left * pixel;
  if (columns === width && from === width) out.set(samples.subarray(begin * from, end * from), to);
  else
    for (let row = begin; row < end; row++)
      out.set(samples.subarray(row * from, row * from + columns), to + (row - begin) * width);
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
