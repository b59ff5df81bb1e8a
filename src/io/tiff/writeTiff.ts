/**
 * TIFF writing: little-endian, strips, without compression or with Deflate; classic, or BigTIFF where the file needs it. Shape and
 * axes go into the description as tifffile writes them, so arrays of any rank come back in Python; any other program sees
 * plain pages. On demand ImageJ's description takes its place, so that ImageJ knows time, slices and channels apart.
 * Likewise OME-XML, which Bio-Formats, Fiji and napari read. Source: TIFF 6.0; BigTIFF design (libtiff); tifffile's "shaped" description; ImageJ 1.x, ij.io.TiffDecoder.
 */
import { deflate } from '#platform';
import { type AnyTypedArray, type NdArray, sizeOf } from '../../array/ndarray.ts';
import { OptionError, ShapeError } from '../../errors.ts';
import type { DeflateLevel } from '../../platform/types.ts';
import { endsInColours } from '../axes.ts';
import type { PhysicalSize } from '../imageFile.ts';
import { imagejDescription } from './imagejDescription.ts';
import { omeDescription } from './omeDescription.ts';

export interface WriteTiffOptions {
  /** Default 'deflate', as Cellpose writes. */
  readonly compression?: 'deflate' | 'none';
  /**
   * Deflate level 0–9. Default 3: four times faster on labels than 6, the usual level, for a third more bytes. 'huffman' suits
   * floats without repeats, such as flows: the same size in a quarter of the time.
   */
  readonly level?: DeflateLevel;
  /** One letter per dimension, for example 'ZYX'; written into the description. */
  readonly axes?: string;
  /**
   * Whose description tells the dimensions: tifffile's, of any shape and axes (default); ImageJ's, for 8 and 16-bit unsigned
   * integers and float32 with axes T, Z, C, Y, X in this order; or OME-XML, for axes of T, Z, C in any order before Y, X.
   */
  readonly description?: 'shaped' | 'imagej' | 'ome';
  /** Distance of neighbouring pixels in micrometres; for OME-XML. */
  readonly pixelSize?: Omit<PhysicalSize, 'unit'> | undefined;
  /** Whether the last dimension holds the samples of a pixel. Default: three or more dimensions, and the last is 3 or 4. */
  readonly rgb?: boolean;
  /** Write BigTIFF. Default: above 4 GiB. */
  readonly bigTiff?: boolean;
}

/** Bytes of a strip before compression, about. */
const stripBytes = 2 ** 18;

interface Entry {
  readonly code: number;
  readonly type: 'ascii' | 'short' | 'long';
  readonly values: readonly number[];
}

/**
 * Writes an array as a TIFF file.
 *
 * @param array  (…, Y, X) or (…, Y, X, S) with S = 3 or 4. The dimensions before Y become pages, last one fastest. A stack of three
 *   planes is three pages, and not one planar RGB page as tifffile has it; read back, the array is the same.
 * @returns the bytes of the file.
 * @throws ShapeError if there are fewer than two dimensions or no elements; OptionError if `axes` do not fit, or ImageJ has no
 *   description for the array.
 */
export function writeTiff(array: NdArray<AnyTypedArray>, options: WriteTiffOptions = {}): Uint8Array<ArrayBuffer> {
  const { shape, data } = array;
  const rgb = options.rgb ?? endsInColours(shape);
  if (shape.length < (rgb ? 3 : 2) || data.length === 0 || sizeOf(shape) !== data.length)
    throw new ShapeError('writeTiff', `(…, Y, X${rgb ? ', S' : ''}) with at least one element`, shape);
  if (options.axes !== undefined && options.axes.length !== shape.length)
    throw new OptionError(
      'axes',
      options.axes,
      `writeTiff: axes needs ${shape.length} letters, one per dimension; got "${options.axes}"`,
    );
  const [height, width] = shape.slice(rgb ? -3 : -2) as [number, number];
  const samples = rgb ? shape.at(-1)! : 1;
  const rowBytes = width * samples * data.BYTES_PER_ELEMENT;
  const isDeflated = (options.compression ?? 'deflate') === 'deflate';
  const rows = isDeflated ? Math.min(height, Math.max(1, Math.floor(stripBytes / rowBytes))) : height;
  const pages = cutStrips(data, height * rowBytes, rows * rowBytes, isDeflated ? (options.level ?? 3) : undefined);

  const description = describe(array, rgb, options);
  const entries = pageEntries({ width, height, samples, rows, isDeflated, data });
  const first: Entry = { code: 270, type: 'ascii', values: [...new TextEncoder().encode(`${description}\0`)] };
  return assemble(pages, (page) => (page === 0 ? [...entries, first] : entries), options.bigTiff);
}

function describe({ shape, data }: NdArray<AnyTypedArray>, rgb: boolean, options: WriteTiffOptions): string {
  const { axes, description, pixelSize } = options;
  if (description === 'ome' && !rgb) return omeDescription({ shape, data }, axes ?? '', pixelSize);
  if (description !== 'imagej')
    return JSON.stringify({ shape, ...(axes !== undefined && { axes }) })
      .replaceAll(',', ', ')
      .replaceAll(':', ': ');
  const isKnown = data instanceof Uint8Array || data instanceof Uint16Array || data instanceof Float32Array;
  const text = isKnown && !rgb ? imagejDescription(shape, axes ?? '') : undefined;
  if (text !== undefined) return text;
  const needs = 'uint8, uint16 or float32 of axes T, Z, C, Y, X, those that there are in this order';
  const got = `${data.constructor.name} of axes "${axes ?? ''}"${rgb ? ' with colours' : ''}`;
  throw new OptionError('description', description, `writeTiff: ImageJ's description needs ${needs}; got ${got}`);
}

/** Bytes of each strip of each page, deflated where a level is given. Strips are views where not. */
function cutStrips(data: AnyTypedArray, pageBytes: number, bytesOfStrip: number, level?: DeflateLevel): Uint8Array[][] {
  const pages: Uint8Array[][] = [];
  for (let page = 0; page < data.byteLength; page += pageBytes) {
    const strips: Uint8Array[] = [];
    for (let at = page; at < page + pageBytes; at += bytesOfStrip) {
      // Not one view of all: the bytes may be more than a view can have.
      const length = Math.min(bytesOfStrip, page + pageBytes - at);
      const strip = new Uint8Array(data.buffer, data.byteOffset + at, length);
      strips.push(level === undefined ? strip : deflate(strip, 'zlib', level));
    }
    pages.push(strips);
  }
  return pages;
}

/** Tags that are the same on every page. Their order does not matter here. */
function pageEntries(page: {
  readonly width: number;
  readonly height: number;
  readonly samples: number;
  readonly rows: number;
  readonly isDeflated: boolean;
  readonly data: AnyTypedArray;
}): Entry[] {
  const { samples, data } = page;
  const each = (value: number) => new Array<number>(samples).fill(value);
  const entries: Entry[] = [
    { code: 256, type: 'long', values: [page.width] },
    { code: 257, type: 'long', values: [page.height] },
    { code: 258, type: 'short', values: each(data.BYTES_PER_ELEMENT * 8) },
    { code: 259, type: 'short', values: [page.isDeflated ? 8 : 1] },
    { code: 262, type: 'short', values: [samples > 1 ? 2 : 1] },
    { code: 277, type: 'short', values: [samples] },
    { code: 278, type: 'long', values: [page.rows] },
    { code: 284, type: 'short', values: [1] },
    { code: 305, type: 'ascii', values: [...new TextEncoder().encode('cellpose-ts\0')] },
    { code: 339, type: 'short', values: each(sampleFormat(data)) },
  ];
  // A fourth sample is alpha that was not multiplied in.
  if (samples === 4) entries.push({ code: 338, type: 'short', values: [2] });
  return entries;
}

function sampleFormat(data: AnyTypedArray): number {
  if (data instanceof Float32Array || data instanceof Float64Array) return 3;
  const signed =
    data instanceof Int8Array ||
    data instanceof Int16Array ||
    data instanceof Int32Array ||
    data instanceof BigInt64Array;
  return signed ? 2 : 1;
}

/** Sizes of the file's own numbers: classic or BigTIFF. */
interface Layout {
  readonly big: boolean;
  readonly header: number;
  readonly count: number;
  readonly entry: number;
  readonly word: number;
}

const classic: Layout = { big: false, header: 8, count: 2, entry: 12, word: 4 };
const bigTiff: Layout = { big: true, header: 16, count: 8, entry: 20, word: 8 };
const valueBytes = { ascii: 1, short: 2, long: 4 };

/** Lays the file out: header, all directories with their values, all strips. So a reader finds everything but pixels in front. */
function assemble(
  pages: readonly Uint8Array[][],
  entriesOf: (page: number) => readonly Entry[],
  wantBig: boolean | undefined,
): Uint8Array<ArrayBuffer> {
  const pixels = pages.reduce((sum, strips) => sum + strips.reduce((n, strip) => n + strip.length, 0), 0);
  // 32 MiB are kept for directories; tifffile draws the line at the same place.
  const layout = (wantBig ?? pixels > 2 ** 32 - 2 ** 25) ? bigTiff : classic;
  const sizes = pages.map((strips, page) => directorySize(entriesOf(page), strips.length, layout));
  const front = even(layout.header + sizes.reduce((sum, size) => sum + size, 0));
  const out = new Uint8Array(front + pixels);
  const writer = new Writer(out, layout);
  writer.header();
  let at = layout.header;
  let data = front;
  for (const [page, strips] of pages.entries()) {
    const offsets: number[] = [];
    for (const strip of strips) {
      offsets.push(data);
      out.set(strip, data);
      data += strip.length;
    }
    const next = page + 1 < pages.length ? at + sizes[page] : 0;
    writer.directory(
      at,
      entriesOf(page),
      offsets,
      strips.map((strip) => strip.length),
      next,
    );
    at += sizes[page];
  }
  return out;
}

function even(n: number): number {
  return n + (n % 2);
}

/** Bytes of a directory and of those of its values that do not fit into their entries; two more entries hold the strips. */
function directorySize(entries: readonly Entry[], strips: number, layout: Layout): number {
  let size = layout.count + (entries.length + 2) * layout.entry + layout.word;
  for (const { type, values } of entries) {
    const bytes = values.length * valueBytes[type];
    if (bytes > layout.word) size += even(bytes);
  }
  return even(size + (strips > 1 ? 2 * strips * layout.word : 0));
}

/** Puts headers and directories into the file's bytes. */
class Writer {
  private readonly view: DataView;
  private readonly layout: Layout;

  constructor(bytes: Uint8Array<ArrayBuffer>, layout: Layout) {
    this.view = new DataView(bytes.buffer);
    this.layout = layout;
  }

  header(): void {
    const { view, layout } = this;
    view.setUint16(0, 0x4949, true);
    view.setUint16(2, layout.big ? 43 : 42, true);
    if (layout.big) view.setUint16(4, 8, true);
    this.word(layout.big ? 8 : 4, layout.header);
  }

  directory(start: number, entries: readonly Entry[], offsets: number[], counts: number[], next: number): void {
    const { layout } = this;
    const wordType = layout.big ? 16 : 4;
    const all = [
      ...entries.map(({ code, type, values }) => ({ code, type: { ascii: 2, short: 3, long: 4 }[type], values })),
      { code: 273, type: wordType, values: offsets },
      { code: 279, type: wordType, values: counts },
    ].sort((a, b) => a.code - b.code);
    if (layout.big) this.word(start, all.length);
    else this.view.setUint16(start, all.length, true);
    let at = start + layout.count;
    let extra = at + all.length * layout.entry + layout.word;
    for (const { code, type, values } of all) {
      const size = { 2: 1, 3: 2, 4: 4, 16: 8 }[type]!;
      this.view.setUint16(at, code, true);
      this.view.setUint16(at + 2, type, true);
      this.word(at + 4, values.length);
      const inline = at + 4 + layout.word;
      const fits = size * values.length <= layout.word;
      if (!fits) this.word(inline, extra);
      this.values(fits ? inline : extra, size, values);
      if (!fits) extra += even(size * values.length);
      at += layout.entry;
    }
    this.word(at, next);
  }

  private values(start: number, size: number, values: readonly number[]): void {
    for (const [i, value] of values.entries()) {
      const at = start + i * size;
      if (size === 1) this.view.setUint8(at, value);
      else if (size === 2) this.view.setUint16(at, value, true);
      else if (size === 4) this.view.setUint32(at, value, true);
      else this.view.setBigUint64(at, BigInt(value), true);
    }
  }

  /** A count or an offset: 4 bytes, in BigTIFF 8. */
  private word(at: number, value: number): void {
    if (this.layout.big) this.view.setBigUint64(at, BigInt(value), true);
    else this.view.setUint32(at, value, true);
  }
}
