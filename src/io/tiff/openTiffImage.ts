/**
 * TIFF reading: opens the file, finds its image (see series.ts); pages are decoded when planes are asked for. Reads classic and BigTIFF,
 * strips and tiles, chunky and planar, 1–64 bit integers, half, single and double floats; LZW, Deflate, PackBits, Zstandard
 * and JPEG. Other compressions are refused by name. docs/formats/images.md has the table.
 */
import { OptionError } from '../../errors.ts';
import { checkJustified, type ImageFacts, type OpenImage, type OpenImageOptions } from '../imageFile.ts';
import type { Source } from '../source.ts';
import { storedPlanes } from '../storedPlanes.ts';
import { decodeLines, justifiedBytes, lineBytes, lineCount } from './decodeLines.ts';
import { prepareDecompress } from './decompress.ts';
import { type Directory, openTiff, type Tiff, tagNumbers } from './directory.ts';
import { openOmeSet } from './omeSet.ts';
import { photometrics, readPageTags, type TiffPage } from './page.ts';
import { findSeries, type Series } from './series.ts';
import { tag } from './tags.ts';

/**
 * Opens the image of a TIFF file.
 *
 * @returns samples as stored: no palette look-up, no inversion, no rotation; bits below 8, and 9–15, unpacked without scaling;
 *   JPEG as RGB or grey. Planar files keep the samples first (SYX). Big-endian files are turned round.
 * @throws FormatError if the file is corrupt, cut, or claims more than it holds; UnsupportedError for what is not read;
 *   OptionError if `page` is not there. Pixels that are damaged show when they are read.
 */
export async function openTiffImage(source: Source, options: OpenImageOptions = {}): Promise<OpenImage> {
  const { tiff, directories, warnings } = await openTiff(source);
  const { page, openBeside } = options;
  const set = page === undefined && openBeside ? await openOmeSet({ tiff, directories }, openBeside) : undefined;
  const series = page === undefined ? findSeries(tiff, directories, warnings, set) : onePage(tiff, directories, page);
  const first = series.pages.find((one) => one !== undefined)!;
  const fileOf = (i: number) => series.tiffs?.[i] ?? tiff;
  const size = lineBytes(first) * lineCount(first);
  let justified = 0;
  for (const [i, one] of series.pages.entries()) justified += one ? justifiedBytes(fileOf(i), one) : size;
  checkJustified('TIFF', size * series.pages.length, justified);
  await prepareDecompress([first]);
  const palette = first.photometric === 3 ? readPalette(tiff, directories[page ?? 0], first.bits) : undefined;
  return {
    ...factsOf(series, first, palette, warnings),
    ...storedPlanes(
      {
        ...{ shape: series.shape, dtype: first.dtype, unit: unitOf(first) },
        fill: (at, out) => fillPages(series, fileOf, at, out),
      },
      options.maxBytes,
    ),
  };
}

/** Bytes of the array that are best read together: a page, unless it is huge or can be read from any line on. */
function unitOf(page: TiffPage): number {
  const width = lineBytes(page);
  if (page.compression === 1) return width;
  const size = width * lineCount(page);
  return size <= 2 ** 30 ? size : width * page.segment.height;
}

function factsOf(
  { axes, axesFrom, physicalSize, channelNames }: Series,
  { dtype, bits, compression, photometric, orientation }: TiffPage,
  palette: number[][] | undefined,
  warnings: readonly string[],
): ImageFacts {
  return {
    format: 'tiff',
    dtype,
    bits,
    axes,
    axesFrom,
    // JPEG pages arrive as RGB.
    photometric: compression === 7 && photometric === 6 ? 'rgb' : (photometrics[photometric] ?? 'other'),
    ...(palette && { palette }),
    ...(orientation !== 1 && { orientation }),
    ...(physicalSize && { physicalSize }),
    ...(channelNames && { channelNames }),
    warnings,
  };
}

/** Decodes what lies from byte `at` of all pages' arrays on, page by page. */
async function fillPages(
  { pages }: Series,
  fileOf: (page: number) => Tiff,
  at: number,
  out: Uint8Array,
): Promise<void> {
  const like = pages.find((one) => one !== undefined)!;
  const width = lineBytes(like);
  const size = width * lineCount(like);
  for (let i = Math.floor(at / size); i * size < at + out.length; i++) {
    const page = pages[i];
    if (!page) continue;
    const [from, to] = [Math.max(0, at - i * size), Math.min(size, at + out.length - i * size)];
    const [first, last] = [Math.floor(from / width), Math.ceil(to / width)];
    const part = out.subarray(from + i * size - at, to + i * size - at);
    if (from === first * width && to === last * width) await decodeLines(fileOf(i), page, [first, last], part);
    else {
      const lines = new Uint8Array((last - first) * width);
      await decodeLines(fileOf(i), page, [first, last], lines);
      part.set(lines.subarray(from - first * width, to - first * width));
    }
  }
}

function onePage(tiff: Tiff, directories: readonly Directory[], page: number): Series {
  const directory = directories[page];
  if (!directory)
    throw new OptionError(
      'page',
      page,
      `readImage: page must be 0 to ${directories.length - 1} in this file; got ${page}`,
    );
  const found: TiffPage = readPageTags(tiff, directory);
  return { pages: [found], shape: found.shape, axes: found.axes, axesFrom: 'pages' };
}

/** ColorMap: all reds, all greens, all blues, 16 bits each, brought to 8 bits. Undefined if it is absent or too short. */
function readPalette(tiff: Tiff, directory: Directory, bits: number): number[][] | undefined {
  const map = tagNumbers(tiff, directory, tag.colorMap);
  const n = 2 ** bits;
  if (!map || map.length < 3 * n) return undefined;
  return Array.from({ length: n }, (_, i) => [map[i] >> 8, map[n + i] >> 8, map[2 * n + i] >> 8]);
}
