/**
 * TIFF reading: opens the file, finds its image (see series.ts), decodes the pages into one array. Reads classic and BigTIFF,
 * strips and tiles, chunky and planar, 1–64 bit integers, half, single and double floats; LZW, Deflate, PackBits, Zstandard
 * and JPEG. Other compressions are refused by name. docs/formats/tiff.md has the table.
 */
import { OptionError } from '../../errors.ts';
import { checkClaim, defaultMaxBytes, type ImageFile, type ReadImageOptions } from '../imageFile.ts';
import { decodePage, justifiedBytes, pageBytes } from './decodePage.ts';
import { prepareDecompress } from './decompress.ts';
import { type Directory, openTiff, type Tiff, tagNumbers } from './directory.ts';
import { openOmeSet } from './omeSet.ts';
import { photometrics, readPageTags, type TiffPage } from './page.ts';
import { asSamples } from './samples.ts';
import { findSeries, type Series } from './series.ts';

/**
 * Reads the image of a TIFF file.
 *
 * @returns samples as stored: no palette look-up, no inversion, no rotation; bits below 8, and 9–15, unpacked without scaling;
 *   JPEG as RGB or grey. Planar files keep the samples first (SYX). Big-endian files are turned round.
 * @throws FormatError if the file is corrupt, cut, or claims more than it holds; UnsupportedError for what is not read;
 *   OptionError if the array is larger than `maxBytes` or `page` is not there.
 */
export async function readTiff(bytes: Uint8Array, options: ReadImageOptions = {}): Promise<ImageFile> {
  const { tiff, directories, warnings } = openTiff(bytes);
  const { page, readBeside } = options;
  const set = page === undefined && readBeside ? await openOmeSet({ tiff, directories }, readBeside) : undefined;
  const series = page === undefined ? findSeries(tiff, directories, warnings, set) : onePage(tiff, directories, page);
  const first = series.pages.find((page) => page !== undefined)!;
  const size = pageBytes(first);
  let justified = 0;
  const fileOf = (i: number) => series.tiffs?.[i] ?? tiff;
  for (const [i, one] of series.pages.entries()) justified += one ? justifiedBytes(fileOf(i), one) : size;
  checkClaim('TIFF', size * series.pages.length, justified, options.maxBytes ?? defaultMaxBytes);
  await prepareDecompress([first]);
  const out = new Uint8Array(size * series.pages.length);
  for (const [i, one] of series.pages.entries())
    if (one) decodePage(fileOf(i), one, out.subarray(i * size, (i + 1) * size));
  const { shape, axes, axesFrom, physicalSize, channelNames } = series;
  const palette = first.photometric === 3 ? readPalette(tiff, directories[page ?? 0], first.bits) : undefined;
  return {
    format: 'tiff',
    data: { data: asSamples(out.buffer, first.dtype), shape },
    dtype: first.dtype,
    bits: first.bits,
    axes,
    axesFrom,
    // JPEG pages arrive as RGB.
    photometric:
      first.compression === 7 && first.photometric === 6 ? 'rgb' : (photometrics[first.photometric] ?? 'other'),
    ...(palette && { palette }),
    ...(first.orientation !== 1 && { orientation: first.orientation }),
    ...(physicalSize && { physicalSize }),
    ...(channelNames && { channelNames }),
    warnings,
  };
}

function onePage(tiff: Tiff, directories: readonly Directory[], page: number): Series {
  const directory = directories[page];
  if (!directory)
    throw new OptionError(
      'page',
      page,
      `readTiff: page must be 0 to ${directories.length - 1} in this file; got ${page}`,
    );
  const found: TiffPage = readPageTags(tiff, directory);
  return { pages: [found], shape: found.shape, axes: found.axes, axesFrom: 'pages' };
}

/** ColorMap: all reds, all greens, all blues, 16 bits each, brought to 8 bits. Undefined if it is absent or too short. */
function readPalette(tiff: Tiff, directory: Directory, bits: number): number[][] | undefined {
  const map = tagNumbers(tiff, directory, 320);
  const n = 2 ** bits;
  if (!map || map.length < 3 * n) return undefined;
  return Array.from({ length: n }, (_, i) => [map[i] >> 8, map[n + i] >> 8, map[2 * n + i] >> 8]);
}
