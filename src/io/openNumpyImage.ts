/**
 * Images that NumPy saved: .npy, the first array of an .npz, and the masks of Cellpose's _seg.npy, which is what Cellpose's own
 * reader takes from such a file. Source: cellpose 3.1 `io.imread`, which reads no other .npy.
 */
import { type AnyTypedArray, sizeOf } from '../array/ndarray.ts';
import { FormatError } from '../errors.ts';
import { guessAxes } from './axes.ts';
import { type ElementType, elementBytes } from './elementType.ts';
import {
  checkClaim,
  checkJustified,
  defaultMaxBytes,
  type ImageFacts,
  type OpenImage,
  type OpenImageOptions,
  type SampleType,
} from './imageFile.ts';
import { type ImagePlanes, planesOfArray } from './imagePlanes.ts';
import { parseNpyHeader } from './npyHeader.ts';
import { parseNumpyDtype } from './numpyDtype.ts';
import { readSegNpy } from './segNpy.ts';
import { type Source, sourceFromBytes } from './source.ts';
import { rawPlanes } from './storedPlanes.ts';
import { denseStrides, gatherStrided } from './strided.ts';
import { readZipDirectory, readZipEntry } from './zipRead.ts';

/** Tells whether the bytes begin like a .npy file. */
export function isNpy(bytes: Uint8Array): boolean {
  return [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59].every((b, i) => bytes[i] === b);
}

/** Longer headers are refused. */
const maxHeaderBytes = 2 ** 17;

/**
 * Opens a .npy file. A dictionary must be a result of Cellpose, is read whole, and gives its masks as int32.
 *
 * @returns the array with axes guessed by its shape. Booleans come as uint8 of one bit.
 * @throws FormatError if it is damaged, has fewer than two dimensions, no elements, or objects that are no result of Cellpose;
 *   UnsupportedError for element types without numbers; OptionError if what is read whole is larger than `maxBytes`.
 */
export async function openNpyImage(source: Source, options: OpenImageOptions = {}): Promise<OpenImage> {
  const { descr, isFortranOrder, shape, dataOffset } = parseNpyHeader(
    await source.read(0, Math.min(maxHeaderBytes, source.size)),
  );
  const { maxBytes = defaultMaxBytes } = options;
  if (descr.endsWith('O')) {
    checkClaim('npy', source.size - dataOffset, source.size, maxBytes);
    const { masks } = readSegNpy(await source.read(0, source.size));
    const facts = factsOf(masks.shape, 'int32', masks.shape.length === 3 ? 'ZYX' : 'YX', 'format');
    const warnings = ['this is a result of Cellpose and not an image: its masks are taken'];
    return { ...facts, warnings, ...planesOfArray<AnyTypedArray>(masks) };
  }
  const { dtype, isBigEndian } = parseNumpyDtype(descr, 'npy');
  checkJustified('npy', sizeOf(shape) * elementBytes(dtype), source.size - dataOffset);
  const facts = factsOf(shape, dtype, guessAxes(shape), 'shape');
  const at = { source, offset: dataOffset, dtype, isBigEndian };
  const planes = isFortranOrder
    ? turned(rawPlanes({ ...at, shape: [...shape].reverse() }, maxBytes))
    : rawPlanes({ ...at, shape }, maxBytes);
  return { ...facts, ...planes };
}

/** Of an array in Fortran's order, which is one in C order with its axes the other way round. */
function turned(reversed: ImagePlanes<AnyTypedArray>): ImagePlanes<AnyTypedArray> {
  const last = reversed.shape.length - 1;
  return {
    shape: [...reversed.shape].reverse(),
    bytes: reversed.bytes,
    isInMemory: false,
    read: async (axis, from, to) => {
      const part = await reversed.read(last - axis, from, to);
      const shape = [...part.shape].reverse();
      return { data: gatherStrided(part.data, shape, denseStrides(shape, 'F'), 0), shape };
    },
  };
}

/**
 * Reads the first array of an .npz file, as `openNpyImage`. If there are more, a warning names it and them.
 *
 * @returns nothing if the ZIP archive holds no .npy file.
 */
export async function openNpzImage(source: Source, options: OpenImageOptions = {}): Promise<OpenImage | undefined> {
  const entries = [...(await readZipDirectory(source)).values()].filter(({ name }) => name.endsWith('.npy'));
  const first = entries[0];
  if (!first) return undefined;
  const maxBytes = options.maxBytes ?? defaultMaxBytes;
  checkClaim('npz', first.size, first.packedSize * 1032 + 64, maxBytes);
  const image = await openNpyImage(sourceFromBytes(await readZipEntry(source, first, maxBytes)), options);
  const names = entries.map(({ name }) => name.replace(/\.npy$/, ''));
  const warning = `the first of ${names.length} arrays is taken: ${names.join(', ')}`;
  const warnings = names.length > 1 ? [warning, ...image.warnings] : image.warnings;
  return { ...image, format: 'npz', warnings, isInMemory: true };
}

function factsOf(
  shape: readonly number[],
  dtype: ElementType,
  axes: string,
  axesFrom: ImageFacts['axesFrom'],
): ImageFacts {
  if (shape.length < 2 || sizeOf(shape) === 0)
    throw new FormatError('npy', `an image has two dimensions or more, and pixels; the array is (${shape.join(', ')})`);
  return {
    format: 'npy',
    dtype: dtype === 'bool' ? 'uint8' : (dtype as SampleType),
    bits: dtype === 'bool' ? 1 : 8 * elementBytes(dtype),
    axes,
    axesFrom,
    photometric: axes.endsWith('S') ? 'rgb' : 'grey',
    warnings: [],
  };
}
