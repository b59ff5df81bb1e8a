/**
 * Arrays of Zarr version 2 or 3, of which only those chunks are read that hold what is asked for. Chunks, shards and codecs (blosc, zstd,
 * lz4, gzip, zlib, none) are the work of zarrita, which is loaded only when an array is opened.
 */
import type { Chunk, DataType, Readable, Array as ZarritaArray } from 'zarrita';
import { type AnyTypedArray, sizeOf } from '../../array/ndarray.ts';
import { DeviceError, FormatError, isCellposeError, UnsupportedError } from '../../errors.ts';
import { type ElementType, elementBytes, elementTypeOf } from '../elementType.ts';
import { checkSize, defaultMaxBytes } from '../imageFile.ts';
import { checkRangeOf, type ImagePlanes } from '../imagePlanes.ts';
import { isShape } from '../isShape.ts';
import { gatherStrided } from '../strided.ts';
import { keyOf, type ZarrStore } from './metadata.ts';

export interface ReadZarrOptions {
  /** Largest array, in bytes, that may be allocated; default 4 GiB. */
  readonly maxBytes?: number;
  /** Stops the reading of chunks. */
  readonly signal?: AbortSignal;
}

export interface ZarrArray extends ImagePlanes<AnyTypedArray> {
  readonly dtype: ElementType;
}

/**
 * Opens an array by its path from the root.
 *
 * @returns the elements, dense in C order whatever the order in the file; booleans as uint8, float16 as float32. Chunks that reach
 *   beyond what was read last are kept for the next read.
 * @throws FormatError if metadata or, when they are read, chunks are missing or damaged; UnsupportedError for codecs and element
 *   types that are not read; OptionError if what is read, or a chunk, is larger than `maxBytes`.
 */
export async function openZarrArray(
  store: ZarrStore,
  path: string,
  { maxBytes = defaultMaxBytes, signal }: ReadZarrOptions = {},
): Promise<ZarrArray> {
  const inOurs = <T>(work: () => Promise<T>) =>
    work().catch((error: unknown) => {
      throw isCellposeError(error) || signal?.aborted ? error : inOurWords(error, path);
    });
  return inOurs(async () => {
    const { get, open, root, slice } = await import('zarrita');
    const array = await open(root(store).resolve(keyOf(path)), { kind: 'array' });
    const { shape, chunks, dtype } = array;
    const element = storedBytes(dtype);
    for (const lengths of [shape, chunks])
      if (!isShape(lengths)) throw new FormatError('Zarr', `the shape (${String(lengths)}) is impossible`);
    // A chunk is unpacked whole, also where the array ends within it.
    checkSize(sizeOf(chunks) * element, maxBytes);
    const kept = keepChunks(array, path);
    const type = typeOf(dtype);
    return {
      shape,
      bytes: sizeOf(shape) * elementBytes(type),
      isInMemory: false,
      dtype: type,
      read: (axis, from, to) =>
        inOurs(async () => {
          checkRangeOf(shape, axis, from, to);
          const part = shape.with(axis, to - from);
          checkSize(sizeOf(part) * element, maxBytes);
          kept.nextRead(axis, from, to);
          const places = shape.map((_, k) => (k === axis ? slice(from, to) : null));
          const found = await get(array, places, { ...(signal && { signal }), createQueue: queue });
          const data = plainArray(found.data as AnyTypedArray);
          return { data: gatherStrided(data, part, found.stride, 0), shape: part };
        }),
    };
  });
}

/** Makes an array check its chunks, and keep those that reach beyond what is being read. */
function keepChunks(array: ZarritaArray<DataType, Readable>, path: string): { nextRead: (...range: Range) => void } {
  const { shape, chunks } = array;
  const getChunk = array.getChunk.bind(array);
  const kept = new Map<string, Chunk<DataType>>();
  let [axis, to] = [0, 0];
  const endOf = (place: number) => Math.min((place + 1) * chunks[axis], shape[axis]);
  array.getChunk = async (place, ...rest) => {
    const key = place.join('/');
    const piece = kept.get(key) ?? (await getChunk(place, ...rest));
    // zarrita takes a chunk that is cut short, or longer, as it is.
    if (piece.data.length !== sizeOf(chunks)) {
      const message = `chunk ${key} of array ${path} has ${piece.data.length} elements; it needs ${sizeOf(chunks)}`;
      throw new FormatError('Zarr', message);
    }
    if (endOf(place[axis]) > to) kept.set(key, piece);
    else kept.delete(key);
    return piece;
  };
  return {
    nextRead(nextAxis, from, nextTo) {
      for (const key of kept.keys()) {
        const place = Number(key.split('/')[nextAxis]);
        if (nextAxis !== axis || from < place * chunks[axis] || from >= endOf(place)) kept.delete(key);
      }
      [axis, to] = [nextAxis, nextTo];
    },
  };
}

type Range = Parameters<ImagePlanes['read']>;

/** Chunks that are fetched at the same time. */
const atOnce = 8;

/** Runs what it is given, some at a time, until one fails. */
function queue() {
  const waiting: (() => Promise<void>)[] = [];
  const worker = async () => {
    for (let work = waiting.pop(); work; work = waiting.pop()) {
      try {
        await work();
      } catch (error) {
        waiting.length = 0;
        throw error;
      }
    }
  };
  return {
    add: (work: () => Promise<void>) => void waiting.push(work),
    onIdle: () => {
      waiting.reverse();
      return Promise.all(Array.from({ length: atOnce }, worker));
    },
  };
}

/** @throws UnsupportedError for what is no number: text, complex numbers, moments in time. */
function storedBytes(dtype: string): number {
  const bits = /^u?int(8|16|32|64)$|^float(16|32|64)$/.exec(dtype);
  if (bits) return Number(bits[1] ?? bits[2]) / 8;
  if (dtype === 'bool') return 1;
  throw new UnsupportedError(
    `Zarr type ${dtype}`,
    `Zarr: elements of type ${dtype} are no numbers that an image can have`,
  );
}

/** The type that elements have here. */
function typeOf(dtype: string): ElementType {
  if (dtype === 'bool') return 'uint8';
  return dtype === 'float16' ? 'float32' : (dtype as ElementType);
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
