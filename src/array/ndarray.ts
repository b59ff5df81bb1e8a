/**
 * The array type of the library: a plain record of a typed array and a shape, dense, in C order. It has no strides and
 * no methods, so it is at once what WASM memory, an ONNX tensor and a .npy file are, and it survives postMessage.
 */
import { ShapeError } from '../errors.ts';

/** Number types that images, flows and labels are made of. */
export type TypedArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

/** Those and the 64-bit integers, which occur in files only. */
export type AnyTypedArray = TypedArray | BigInt64Array | BigUint64Array;

export interface NdArray<T extends AnyTypedArray = TypedArray, S extends readonly number[] = readonly number[]> {
  readonly data: T;
  readonly shape: S;
}

/** Labels of one plane, (ly, lx): 0 is background, 1…n are cells. */
export type Masks2D = NdArray<Int32Array, readonly [number, number]>;
/** Labels of a plane or a volume, ([lz,] ly, lx). */
export type Masks = NdArray<Int32Array>;
/** Floating-point array of any rank. */
export type FloatArray = NdArray<Float32Array>;

/** Number of elements of a shape; 1 for the empty shape. */
export function sizeOf(shape: readonly number[]): number {
  let n = 1;
  for (const s of shape) n *= s;
  return n;
}

/**
 * Puts data and shape together.
 *
 * @throws ShapeError if the data have another number of elements than the shape says.
 */
export function ndarray<T extends AnyTypedArray, const S extends readonly number[]>(data: T, shape: S): NdArray<T, S> {
  checkArray('ndarray', { data, shape });
  return { data, shape };
}

/** @throws ShapeError that names `where` if data and shape of an array do not belong together. */
export function checkArray(where: string, { data, shape }: NdArray<AnyTypedArray>): void {
  if (data.length !== sizeOf(shape)) throw new ShapeError(where, `a shape for ${data.length} elements`, shape);
}
