/**
 * Images that NumPy saved: .npy, the first array of an .npz, and the masks of Cellpose's _seg.npy, which is what Cellpose's own
 * reader takes from such a file. Source: cellpose 3.1 `io.imread`, which reads no other .npy.
 */
import { sizeOf } from '../array/ndarray.ts';
import { FormatError } from '../errors.ts';
import { guessAxes } from './axes.ts';
import { elementBytes, type StoredArray } from './elementType.ts';
import { checkClaim, defaultMaxBytes, type ImageFile, type ReadImageOptions, type SampleType } from './imageFile.ts';
import { readNpy } from './npy.ts';
import { parseNpyHeader } from './npyHeader.ts';
import { parseNumpyDtype } from './numpyDtype.ts';
import { readSegNpy } from './segNpy.ts';
import { sourceFromBytes } from './source.ts';
import { readZipDirectory, readZipEntry } from './zipRead.ts';

/** Tells whether the bytes begin like a .npy file. */
export function isNpy(bytes: Uint8Array): boolean {
  return [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59].every((b, i) => bytes[i] === b);
}

/**
 * Reads a .npy file. A dictionary must be a result of Cellpose, and gives its masks as int32.
 *
 * @returns the array with axes guessed by its shape. Booleans come as uint8 of one bit.
 * @throws FormatError if it is damaged, has fewer than two dimensions, no elements, or objects that are no result of Cellpose;
 *   UnsupportedError for element types without numbers; OptionError if it is larger than `maxBytes`.
 */
export function readNpyImage(bytes: Uint8Array, options: ReadImageOptions = {}): ImageFile {
  const { descr, shape, dataOffset } = parseNpyHeader(bytes);
  const maxBytes = options.maxBytes ?? defaultMaxBytes;
  if (descr.endsWith('O')) {
    checkClaim('npy', bytes.length - dataOffset, bytes.length, maxBytes);
    const { masks } = readSegNpy(bytes);
    const image = imageOf({ ...masks, dtype: 'int32' }, masks.shape.length === 3 ? 'ZYX' : 'YX', 'format');
    return { ...image, warnings: ['this is a result of Cellpose and not an image: its masks are taken'] };
  }
  const length = sizeOf(shape) * elementBytes(parseNumpyDtype(descr, 'npy').dtype);
  checkClaim('npy', length, bytes.length - dataOffset, maxBytes);
  return imageOf(readNpy(bytes), guessAxes(shape), 'shape');
}

/**
 * Reads the first array of an .npz file, as `readNpyImage`. If there are more, a warning names it and them.
 *
 * @returns nothing if the ZIP archive holds no .npy file.
 */
export async function readNpzImage(bytes: Uint8Array, options: ReadImageOptions = {}): Promise<ImageFile | undefined> {
  const source = sourceFromBytes(bytes);
  const entries = [...(await readZipDirectory(source)).values()].filter(({ name }) => name.endsWith('.npy'));
  const first = entries[0];
  if (!first) return undefined;
  const maxBytes = options.maxBytes ?? defaultMaxBytes;
  checkClaim('npz', first.size, first.packedSize * 1032 + 64, maxBytes);
  const image = readNpyImage(await readZipEntry(source, first, maxBytes), options);
  const names = entries.map(({ name }) => name.replace(/\.npy$/, ''));
  const warning = `the first of ${names.length} arrays is taken: ${names.join(', ')}`;
  return { ...image, format: 'npz', warnings: names.length > 1 ? [warning, ...image.warnings] : image.warnings };
}

function imageOf({ data, shape, dtype }: StoredArray, axes: string, axesFrom: ImageFile['axesFrom']): ImageFile {
  if (shape.length < 2 || data.length === 0)
    throw new FormatError('npy', `an image has two dimensions or more, and pixels; the array is (${shape.join(', ')})`);
  return {
    format: 'npy',
    data: { data, shape },
    dtype: dtype === 'bool' ? 'uint8' : (dtype as SampleType),
    bits: dtype === 'bool' ? 1 : 8 * elementBytes(dtype),
    axes,
    axesFrom,
    photometric: axes.endsWith('S') ? 'rgb' : 'grey',
    warnings: [],
  };
}
