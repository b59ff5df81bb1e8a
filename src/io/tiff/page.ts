/**
 * What the tags of one directory say about its picture, checked and with the defaults filled in: size, sample type,
 * compression, and where its strips or tiles lie. Nothing is decoded here. Source: TIFF 6.0 and its technical notes.
 */
import { FormatError, UnsupportedError } from '../../errors.ts';
import type { Photometric, SampleType } from '../imageFile.ts';
import { type Directory, type Tiff, tagBytes, tagNumbers } from './directory.ts';
import { tag } from './tags.ts';

export interface TiffPage {
  readonly offset: number;
  readonly width: number;
  readonly height: number;
  readonly samples: number;
  /** Samples of a pixel lie together (YXS) or in planes (SYX). */
  readonly planar: boolean;
  readonly bits: number;
  readonly dtype: SampleType;
  readonly compression: number;
  readonly predictor: number;
  readonly photometric: number;
  readonly lsbFirst: boolean;
  readonly orientation: number;
  /** A segment is a strip or a tile. Its full size in pixels; the last ones may reach over the edge. */
  readonly segment: { readonly width: number; readonly height: number; readonly tiled: boolean };
  readonly offsets: readonly number[];
  /** Stored bytes of each segment. */
  readonly counts: readonly number[];
  readonly jpegTables: Uint8Array | undefined;
  /** Shape of the page's array: (Y, X), (Y, X, S) or (S, Y, X). */
  readonly shape: readonly number[];
  readonly axes: 'YX' | 'YXS' | 'SYX';
}

/** Names by value of the photometric tag. */
export const photometrics: Record<number, Photometric> = {
  0: 'white-is-zero',
  1: 'grey',
  2: 'rgb',
  3: 'palette',
  5: 'cmyk',
  6: 'ycbcr',
};

/**
 * Interprets a directory.
 *
 * @throws FormatError if tags are missing, contradict each other or lie outside the file; UnsupportedError for sample types
 *   that no array here can hold.
 */
export function readPageTags(tiff: Tiff, directory: Directory): TiffPage {
  const number = (code: number, missing: number) => wholeNumbers(tiff, directory, code)?.[0] ?? missing;
  const width = number(tag.width, 0);
  const height = number(tag.height, 0);
  if (!(width > 0 && height > 0)) throw new FormatError('TIFF', `a page of ${width} x ${height} pixels is empty`);
  if (number(tag.imageDepth, 1) > 1)
    throw new UnsupportedError('TIFF volumes', 'TIFF: pages with ImageDepth are not read');
  const samples = number(tag.samples, 1);
  if (!(samples > 0 && samples <= 65535)) throw new FormatError('TIFF', `${samples} samples per pixel are impossible`);
  const planar = samples > 1 && number(tag.planar, 1) === 2;
  const bits = uniform(tiff, directory, tag.bits, 1, 'BitsPerSample');
  const dtype = sampleType(uniform(tiff, directory, tag.sampleFormat, 1, 'SampleFormat'), bits);
  const photometric = number(tag.photometric, samples >= 3 ? 2 : 1);
  const compression = number(tag.compression, 1);
  const chroma = photometric === 6 ? (wholeNumbers(tiff, directory, tag.chroma) ?? [2, 2]) : [1, 1];
  // JPEG brings its own subsampling; elsewhere the samples of several pixels are packed together.
  if (compression !== 7 && compression !== 6 && samples === 3 && (chroma[0] !== 1 || chroma[1] !== 1))
    throw new UnsupportedError(
      'TIFF subsampled YCbCr',
      'TIFF: subsampled YCbCr is read as JPEG only; save the file as RGB',
    );
  const page = {
    offset: directory.offset,
    width,
    height,
    samples,
    planar,
    bits,
    dtype,
    compression,
    predictor: number(tag.predictor, 1),
    photometric,
    lsbFirst: number(tag.fillOrder, 1) === 2,
    orientation: number(tag.orientation, 1),
    jpegTables: tagBytes(directory, tag.jpegTables),
    shape: samples === 1 ? [height, width] : planar ? [samples, height, width] : [height, width, samples],
    axes: samples === 1 ? ('YX' as const) : planar ? ('SYX' as const) : ('YXS' as const),
  };
  return { ...page, ...readSegments(tiff, directory, page) };
}

/** Bytes of one sample in the array. */
export function sampleBytes(page: TiffPage): number {
  return Number(/\d+/.exec(page.dtype)![0]) / 8;
}

/** Bytes that one line of a segment takes when stored without compression. */
export function storedRowBytes(page: TiffPage): number {
  return Math.ceil((page.segment.width * (page.planar ? 1 : page.samples) * page.bits) / 8);
}

/** Number of segments in a row and in a column of the page. */
export function segmentGrid(page: Pick<TiffPage, 'width' | 'height' | 'segment'>): { across: number; down: number } {
  return { across: Math.ceil(page.width / page.segment.width), down: Math.ceil(page.height / page.segment.height) };
}

/** Sizes, counts, offsets and codes: whatever type a tag has in the file, these are whole numbers. */
function wholeNumbers(tiff: Tiff, directory: Directory, code: number): number[] | undefined {
  const values = tagNumbers(tiff, directory, code);
  const wrong = values?.find((value) => !Number.isSafeInteger(value));
  if (wrong !== undefined) throw new FormatError('TIFF', `tag ${code} must be a whole number; it is ${wrong}`);
  return values;
}

/** Value of a tag with one entry per sample, which must agree. */
function uniform(tiff: Tiff, directory: Directory, code: number, missing: number, name: string): number {
  const values = wholeNumbers(tiff, directory, code) ?? [missing];
  const first = values[0] ?? missing;
  if (values.some((v) => v !== first))
    throw new UnsupportedError(
      `TIFF ${name}`,
      `TIFF: ${name} must be the same for all samples; got ${values.join(', ')}`,
    );
  return first;
}

/** The type that holds a sample of the given format (1 unsigned, 2 signed, 3 float, 4 undefined) and number of bits. */
function sampleType(format: number, bits: number): SampleType {
  if (format === 3 && (bits === 16 || bits === 32 || bits === 64)) return `float${bits}`;
  if (format === 2 && (bits === 8 || bits === 16 || bits === 32 || bits === 64)) return `int${bits}`;
  if (format === 1 || format === 4) {
    if (bits === 64) return 'uint64';
    if (bits >= 1 && bits <= 32) return bits <= 8 ? 'uint8' : bits <= 16 ? 'uint16' : 'uint32';
  }
  const kind = { 1: 'unsigned', 2: 'signed', 3: 'float', 5: 'complex integer', 6: 'complex' }[format];
  throw new UnsupportedError(
    'TIFF sample type',
    `TIFF: samples of ${bits} bits, ${kind ?? `format ${format}`}, are not read`,
  );
}

type Geometry = Pick<TiffPage, 'width' | 'height' | 'samples' | 'planar' | 'bits' | 'compression'>;

function readSegments(
  tiff: Tiff,
  directory: Directory,
  page: Geometry,
): Pick<TiffPage, 'segment' | 'offsets' | 'counts'> {
  const tiled = directory.tags.has(tag.tileOffsets) || directory.tags.has(tag.tileWidth);
  const number = (code: number, missing: number) => wholeNumbers(tiff, directory, code)?.[0] ?? missing;
  const segment = tiled
    ? { width: number(tag.tileWidth, 0), height: number(tag.tileHeight, 0), tiled }
    : { width: page.width, height: Math.min(number(tag.rowsPerStrip, page.height), page.height), tiled };
  if (!(segment.width > 0 && segment.height > 0))
    throw new FormatError('TIFF', `tiles or strips of ${segment.width} x ${segment.height} pixels are impossible`);
  // libtiff writes tiles under the strip tags now and then, so either name will do.
  const offsets =
    wholeNumbers(tiff, directory, tiled ? tag.tileOffsets : tag.stripOffsets) ??
    wholeNumbers(tiff, directory, tiled ? tag.stripOffsets : tag.tileOffsets);
  if (!offsets) throw new FormatError('TIFF', 'the page has no pixel data (StripOffsets or TileOffsets)');
  const { across, down } = segmentGrid({ ...page, segment });
  const needed = across * down * (page.planar ? page.samples : 1);
  if (offsets.length < needed)
    throw new FormatError(
      'TIFF',
      `a page of ${page.width} x ${page.height} needs ${needed} strips or tiles; it has ${offsets.length}`,
    );
  const stated = wholeNumbers(tiff, directory, tiled ? tag.tileCounts : tag.stripCounts);
  return { segment, offsets, counts: stated ?? guessCounts(tiff, offsets, page, segment) };
}

/** Without StripByteCounts: the plain size where nothing is compressed, else all up to the next strip or the end of the file. */
function guessCounts(tiff: Tiff, offsets: number[], page: Geometry, segment: TiffPage['segment']): number[] {
  const plain = segment.height * Math.ceil((segment.width * (page.planar ? 1 : page.samples) * page.bits) / 8);
  const sorted = [...offsets].sort((a, b) => a - b);
  return offsets.map((offset) => {
    const next = sorted.find((other) => other > offset) ?? tiff.source.size;
    return page.compression === 1 ? Math.min(plain, tiff.source.size - offset) : Math.max(0, next - offset);
  });
}
