/**
 * Reads an array of Zarr version 2 or 3. Chunks, shards and codecs (blosc, zstd, lz4, gzip, zlib, none) are the work of zarrita, which is
 * loaded only when an array is read.
 */
import type { AnyTypedArray, NdArray } from '../../array/ndarray.ts';
import { DeviceError, FormatError, isCellposeError, UnsupportedError } from '../../errors.ts';
import { elementTypeOf } from '../elementType.ts';
import { checkClaim, defaultMaxBytes } from '../imageFile.ts';
import { isShape } from '../isShape.ts';
import { gatherStrided } from '../strided.ts';
import { keyOf, type ZarrStore } from './metadata.ts';

export interface ReadZarrOptions {
  /** Largest array, in bytes, that may be allocated; default 4 GiB. */
  readonly maxBytes?: number;
  /** Stops the reading of chunks. */
  readonly signal?: AbortSignal;
}

/**
 * Reads an array whole, by its path from the root.
 *
 * @returns the elements, dense in C order whatever the order in the file; booleans as uint8, float16 as float32.
 * @throws FormatError if metadata or chunks are missing or damaged; UnsupportedError for codecs and element types that are not read;
 *   OptionError if the array, or one chunk of it, is larger than `maxBytes`.
 */
export async function readZarrArray(
  store: ZarrStore,
  path: string,
  options: ReadZarrOptions = {},
): Promise<NdArray<AnyTypedArray>> {
  try {
    const { open, get, root } = await import('zarrita');
    const array = await open(root(store).resolve(keyOf(path)), { kind: 'array' });
    checkSize(array, options.maxBytes ?? defaultMaxBytes);
    const expected = array.chunks.reduce((product, n) => product * n, 1);
    const getChunk = array.getChunk.bind(array);
    // zarrita takes a chunk that is cut short, or longer, as it is.
    array.getChunk = async (...place) => {
      const piece = await getChunk(...place);
      if (piece.data.length === expected) return piece;
      throw new FormatError(
        'Zarr',
        `chunk ${place[0].join('/')} of array ${path} has ${piece.data.length} elements; it needs ${expected}`,
      );
    };
    const { signal } = options;
    const { data, stride } = await get(array, null, signal ? { signal } : {});
    return { data: gatherStrided(plainArray(data as AnyTypedArray), array.shape, stride, 0), shape: array.shape };
  } catch (error) {
    if (isCellposeError(error) || options.signal?.aborted) throw error;
    throw inOurWords(error, path);
  }
}

/** A chunk is unpacked whole, also where the array ends within it. Missing chunks are filled: no claim is too large for the data. */
function checkSize(
  { shape, chunks, dtype }: { shape: number[]; chunks: number[]; dtype: string },
  maxBytes: number,
): void {
  const bytes = elementBytesOf(dtype);
  for (const lengths of [shape, chunks]) {
    if (!isShape(lengths)) throw new FormatError('Zarr', `the shape (${String(lengths)}) is impossible`);
    const claimed = lengths.reduce((product, n) => product * n, bytes);
    checkClaim('Zarr', claimed, Number.POSITIVE_INFINITY, maxBytes);
  }
}

/** @throws UnsupportedError for what is no number: text, complex numbers, moments in time. */
function elementBytesOf(dtype: string): number {
  const bits = /^u?int(8|16|32|64)$|^float(16|32|64)$/.exec(dtype);
  if (bits) return Number(bits[1] ?? bits[2]) / 8;
  if (dtype === 'bool') return 1;
  throw new UnsupportedError(
    `Zarr type ${dtype}`,
    `Zarr: elements of type ${dtype} are no numbers that an image can have`,
  );
}

/** zarrita has classes of its own for booleans and, where the machine has none, half floats. */
function plainArray(data: AnyTypedArray): AnyTypedArray {
  if (elementTypeOf(data) !== undefined) return data;
  const { buffer, byteOffset, byteLength, BYTES_PER_ELEMENT } = data as Uint8Array<ArrayBuffer>;
  if (BYTES_PER_ELEMENT === 1) return new Uint8Array(buffer, byteOffset, byteLength);
  return Float32Array.from(data as unknown as Iterable<number>);
}

/** What zarrita and its decoders throw, which may be anything. */
function inOurWords(error: unknown, path: string): Error {
  if (error instanceof RangeError)
    return new DeviceError('memory', 'Zarr: the pixels need more memory than there is', error);
  const name = error instanceof Error ? error.name : '';
  const message = error instanceof Error ? error.message : String(error);
  if (name === 'NotFoundError') return new FormatError('Zarr', `the array ${path} is missing`, undefined, error);
  if (name === 'UnknownCodecError' || name === 'UnsupportedError')
    return new UnsupportedError(
      `Zarr: ${message}`,
      `Zarr: array ${path}: ${message}; save it with blosc, zstd, gzip or none`,
    );
  // Half floats: only where JavaScript has them.
  if (message.includes('unsupported dataType'))
    return new UnsupportedError(`Zarr: ${message}`, `Zarr: array ${path}: ${message}; save it as float32 or integers`);
  return new FormatError('Zarr', `array ${path} cannot be read: ${message}`, undefined, error);
}
