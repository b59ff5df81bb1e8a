/** Reads an image file of any kind that this library knows, told apart by its first bytes and not by its name. */
import { FormatError, UnsupportedError } from '../errors.ts';
import type { ImageFile, ReadImageOptions } from './imageFile.ts';
import { isJpeg, readJpeg } from './jpeg/readJpeg.ts';
import { isPng, readPng } from './png.ts';
import { isTiff } from './tiff/directory.ts';
import { readTiff } from './tiff/readTiff.ts';

/** First bytes of kinds that people try, and what to do with them. */
const others: readonly (readonly [string, RegExp])[] = [
  ['GIF', /^GIF8/],
  ['BMP', /^BM/],
  ['WebP', /^RIFF[^]{4}WEBP/],
  ['JPEG 2000', /^\0\0\0\x0cjP/],
  ['HDF5', /^\x89HDF/],
  ['ZIP', /^PK\x03\x04/],
  ['PDF', /^%PDF/],
  ['CZI (Zeiss)', /^ZISRAWFILE/],
  ['ND2 (Nikon)', /^\xda\xce\xbe\x0a/],
  ['LIF (Leica)', /^\x70\0\0\0/],
  ['NumPy', /^\x93NUMPY/],
];

/**
 * Reads a TIFF, PNG or JPEG file.
 *
 * @param bytes    the whole file.
 * @returns samples as stored, with their axes and where these come from; see ImageFile.
 * @throws FormatError if the file is empty, corrupt or of an unknown kind; UnsupportedError for a known kind that is not read;
 *   OptionError if it needs more than `maxBytes`. The message begins with `name` where that is given.
 */
export async function readImage(bytes: Uint8Array, options: ReadImageOptions = {}): Promise<ImageFile> {
  if (bytes.length === 0) throw new FormatError(options.name ?? 'image', 'the file is empty');
  if (isTiff(bytes)) return await readTiff(bytes, options);
  if (isPng(bytes)) return readPng(bytes, options);
  if (isJpeg(bytes)) return readJpeg(bytes, options);
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, 16));
  const kind = others.find(([, start]) => start.test(head))?.[0];
  if (kind)
    throw new UnsupportedError(
      `${kind} files`,
      `${options.name ?? 'image'}: this is a ${kind} file; save it as TIFF or PNG`,
    );
  throw new FormatError(options.name ?? 'image', 'the file is none of TIFF, PNG, JPEG: its first bytes are unknown', 0);
}
