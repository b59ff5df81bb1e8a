/** Reads an image file of any kind that this library knows, told apart by its first bytes and not by its name. */
import { DeviceError, FormatError, UnsupportedError } from '../errors.ts';
import type { ImageFile, ReadImageOptions } from './imageFile.ts';
import { isJpeg, readJpeg } from './jpeg/readJpeg.ts';
import { isNrrd } from './nrrd/header.ts';
import { readNrrd } from './nrrd/readNrrd.ts';
import { isPng, readPng } from './png/readPng.ts';
import { isNpy, readNpyImage, readNpzImage } from './readNumpyImage.ts';
import { isTiff } from './tiff/directory.ts';
import { readTiff } from './tiff/readTiff.ts';

/** Kinds of file that people try, by the text near their beginning: [kind, position, text]. */
const others: readonly (readonly [string, number, string])[] = [
  ['GIF', 0, 'GIF8'],
  ['BMP', 0, 'BM'],
  ['WebP', 8, 'WEBP'],
  ['JPEG 2000', 4, 'jP  '],
  ['HDF5', 1, 'HDF\r\n'],
  ['ZIP', 0, 'PK'],
  ['PDF', 0, '%PDF'],
  ['CZI (Zeiss)', 0, 'ZISRAWFILE'],
  ['ND2 (Nikon)', 0, '\u00da\u00ce\u00be\u000a'],
];

/**
 * Reads a TIFF, PNG, JPEG, NRRD, .npy or .npz file. Of an .npz it takes the first array, of Cellpose's _seg.npy the masks; see `warnings`.
 *
 * @param file     bytes of the whole file. Not changed.
 * @returns samples as stored, with their axes and where these come from; see ImageFile.
 * @throws FormatError if the file is empty, corrupt or of an unknown kind; UnsupportedError for a known kind that is not read;
 *   OptionError if it needs more than `maxBytes`; DeviceError if the machine lacks the memory.
 */
export async function readImage(file: Uint8Array, options: ReadImageOptions = {}): Promise<ImageFile> {
  // A Node Buffer is a Uint8Array too, but its `slice` is a view; as a plain Uint8Array it cannot surprise the readers.
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.length === 0) throw new FormatError(options.name ?? 'image', 'the file is empty');
  try {
    const image = await readKnown(bytes, options);
    if (image) return image;
  } catch (error) {
    // What JavaScript throws where an array cannot be had.
    if (!(error instanceof RangeError)) throw error;
    throw new DeviceError('memory', `${options.name ?? 'image'}: the pixels need more memory than there is`, error);
  }
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, 16));
  const kind = others.find(([, at, text]) => head.startsWith(text, at))?.[0];
  if (kind)
    throw new UnsupportedError(
      `${kind} files`,
      `${options.name ?? 'image'}: this is a ${kind} file; save it as TIFF or PNG`,
    );
  throw new FormatError(
    options.name ?? 'image',
    'the file is none of TIFF, PNG, JPEG, NRRD, NumPy: its first bytes are unknown',
    0,
  );
}

/** Nothing if the kind is not known, or a ZIP archive without arrays. */
async function readKnown(bytes: Uint8Array, options: ReadImageOptions): Promise<ImageFile | undefined> {
  if (isTiff(bytes)) return readTiff(bytes, options);
  if (isPng(bytes)) return readPng(bytes, options);
  if (isJpeg(bytes)) return readJpeg(bytes, options);
  if (isNpy(bytes)) return readNpyImage(bytes, options);
  if (isNrrd(bytes)) return readNrrd(bytes, options);
  if (isZip(bytes)) return readNpzImage(bytes, options);
  return undefined;
}

function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;
}
