/** An image that is at hand by its planes, so that it need not be in memory as a whole. An array is the simple case. */
import type { AnyTypedArray, NdArray, TypedArray } from '../array/ndarray.ts';
import { sizeOf } from '../array/ndarray.ts';
import { OptionError } from '../errors.ts';

export interface ImagePlanes<T extends AnyTypedArray = TypedArray> {
  /** Of the whole image, in any order of axes. */
  readonly shape: readonly number[];
  /** Bytes that all of it takes in memory. */
  readonly bytes: number;
  /** It is there already, and not in a file. */
  readonly isInMemory: boolean;
  /**
   * What lies from one place to before another along an axis, and whole along the others, as an array of the same axes. What is read
   * may share memory with the image: it is not to be changed.
   */
  read(axis: number, from: number, to: number): Promise<NdArray<T>>;
}

/** Planes of an array in memory. */
export function planesOfArray<T extends AnyTypedArray>(array: NdArray<T>): ImagePlanes<T> {
  return {
    shape: array.shape,
    bytes: array.data.byteLength,
    isInMemory: true,
    read: async (axis, from, to) => {
      checkRangeOf(array.shape, axis, from, to);
      return slice(array, axis, from, to);
    },
  };
}

/** All of an image. @throws as reading does */
export async function wholeImage<T extends AnyTypedArray>(image: NdArray<T> | ImagePlanes<T>): Promise<NdArray<T>> {
  return 'data' in image ? image : image.read(0, 0, image.shape[0]);
}

/** The array itself where it is asked for whole; a view where the planes lie together. */
function slice<T extends AnyTypedArray>(array: NdArray<T>, axis: number, from: number, to: number): NdArray<T> {
  const { data, shape } = array;
  if (from === 0 && to === shape[axis]) return array;
  const inner = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  const run = (to - from) * inner;
  const sliced = shape.with(axis, to - from);
  const at = (o: number) => (o * shape[axis] + from) * inner;
  if (outer === 1) return { data: data.subarray(at(0), at(0) + run) as T, shape: sliced };
  const out = new (data.constructor as new (n: number) => T)(outer * run);
  for (let o = 0; o < outer; o++) out.set(data.subarray(at(o), at(o) + run) as never, o * run);
  return { data: out, shape: sliced };
}

/** @throws OptionError */
export function checkRangeOf(shape: readonly number[], axis: number, from: number, to: number): void {
  const n = shape[axis];
  const isInside = Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= n;
  if (n !== undefined && isInside) return;
  const needs = `an axis 0 to ${shape.length - 1} of (${shape.join(', ')}) and places within it`;
  throw new OptionError('axis', axis, `read: needs ${needs}; got axis ${axis}, ${from} to ${to}`);
}
