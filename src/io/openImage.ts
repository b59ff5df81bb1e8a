/** Opens an image file of any kind that this library knows, told apart by its first bytes and not by its name. */
import { DeviceError, FormatError, UnsupportedError } from '../errors.ts';
import type { ImageFile, OpenImage, OpenImageOptions } from './imageFile.ts';
import { planesOfArray } from './imagePlanes.ts';
import { isJpeg, readJpeg } from './jpeg/readJpeg.ts';
import { isNrrd } from './nrrd/header.ts';
import { openNrrd } from './nrrd/openNrrd.ts';
import { isNpy, openNpyImage, openNpzImage } from './openNumpyImage.ts';
import { isPng, readPng } from './png/readPng.ts';
import type { Source } from './source.ts';
import { isTiff } from './tiff/directory.ts';
import { openTiffImage } from './tiff/openTiffImage.ts';

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
 * Opens a TIFF, PNG, JPEG, NRRD, .npy or .npz file: what describes its image is read, its samples as they are asked for. PNG, JPEG,
 * .npz and NRRD that is not raw are read whole at once, which `isInMemory` tells. Of an .npz the first array is taken, of
 * Cellpose's _seg.npy the masks; see `warnings`.
 *
 * @param source  of any size. It must stay until all is read.
 * @returns samples as stored, with their axes and where these come from. `maxBytes` holds for each array that is read. What is
 *   damaged among the samples shows when they are read.
 * @throws FormatError if the file is empty, corrupt or of an unknown kind; UnsupportedError for a known kind that is not read;
 *   OptionError if it needs more than `maxBytes`; DeviceError if the machine lacks the memory.
 */
export async function openImage(source: Source, options: OpenImageOptions = {}): Promise<OpenImage> {
  const name = options.name ?? 'image';
  if (source.size === 0) throw new FormatError(name, 'the file is empty');
  return inTheirWords(name, async () => {
    const head = await source.read(0, Math.min(16, source.size));
    const image = await openKnown(source, head, options);
    if (!image) throw unknownKind(head, name);
    return { ...image, read: (...range) => inTheirWords(name, () => image.read(...range)) };
  });
}

/** What JavaScript throws where an array cannot be had. */
async function inTheirWords<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new DeviceError('memory', `${name}: the pixels need more memory than there is`, error);
  }
}

/** Nothing if the kind is not known, or a ZIP archive without arrays. */
async function openKnown(source: Source, head: Uint8Array, options: OpenImageOptions): Promise<OpenImage | undefined> {
  const whole = () => source.read(0, source.size);
  if (isTiff(head)) return openTiffImage(source, options);
  if (isPng(head)) return inMemory(readPng(await whole(), options));
  if (isJpeg(head)) return inMemory(await readJpeg(await whole(), options));
  if (isNpy(head)) return openNpyImage(source, options);
  if (isNrrd(head)) return openNrrd(source, options);
  if (isZip(head)) return openNpzImage(source, options);
  return undefined;
}

function inMemory({ data, ...facts }: ImageFile): OpenImage {
  return { ...facts, ...planesOfArray(data) };
}

function unknownKind(bytes: Uint8Array, name: string): Error {
  const head = new TextDecoder('latin1').decode(bytes);
  const kind = others.find(([, at, text]) => head.startsWith(text, at))?.[0];
  if (kind) return new UnsupportedError(`${kind} files`, `${name}: this is a ${kind} file; save it as TIFF or PNG`);
  return new FormatError(name, 'the file is none of TIFF, PNG, JPEG, NRRD, NumPy: its first bytes are unknown', 0);
}

function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;
}
