/**
 * Element types of arrays in files (NPY, PyTorch, safetensors), under numpy's names, and how their bytes become typed
 * arrays. 16-bit floats become Float32Array, bool becomes Uint8Array of 0 and 1; every other type has its own class.
 * Machines that JavaScript runs on are little-endian; bytes of the other order are swapped on the way.
 */
import { decodeBfloat16, decodeFloat16, encodeBfloat16, encodeFloat16 } from '../array/float16.ts';
import type { AnyTypedArray, NdArray } from '../array/ndarray.ts';
import { OptionError } from '../errors.ts';
import { swapBytes } from './swapBytes.ts';

/** The class that holds each type; half precision as its bits. */
export const arrayClasses = {
  bool: Uint8Array,
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

export type ElementType = keyof typeof arrayClasses;

/** An array as a file gives it, with the type that it has there. */
export interface StoredArray extends NdArray<AnyTypedArray> {
  readonly dtype: ElementType;
}

/** Bytes of one element in a file. */
export function elementBytes(dtype: ElementType): number {
  return arrayClasses[dtype].BYTES_PER_ELEMENT;
}

/**
 * Decodes elements. The result never shares memory with `bytes`.
 *
 * @param bytes  whole elements.
 * @param bigEndian  byte order of `bytes`.
 */
export function decodeElements(bytes: Uint8Array, dtype: ElementType, bigEndian = false): AnyTypedArray {
  const Class = arrayClasses[dtype];
  // Not bytes.slice(): a Node Buffer, which is a Uint8Array too, would give a view.
  const copy = new Uint8Array(bytes);
  if (bigEndian) swapBytes(copy, Class.BYTES_PER_ELEMENT);
  return fromStored(new Class(copy.buffer, 0, copy.length / Class.BYTES_PER_ELEMENT), dtype);
}

/** From the class that holds a type's bits to the one of its values: half precision is widened, booleans become 0 and 1, in place. */
export function fromStored(data: AnyTypedArray, dtype: ElementType): AnyTypedArray {
  if (dtype === 'float16') return decodeFloat16(data as Uint16Array);
  if (dtype === 'bfloat16') return decodeBfloat16(data as Uint16Array);
  if (dtype === 'bool') for (let i = 0; i < data.length; i++) if (data[i] !== 0) data[i] = 1;
  return data;
}

/** The type that an array has by its class. */
export function elementTypeOf(data: AnyTypedArray): ElementType {
  const names = Object.keys(arrayClasses) as ElementType[];
  return names.find((name) => name !== 'bool' && data instanceof arrayClasses[name])!;
}

/**
 * Encodes elements, little-endian, as `dtype` (default: the type of the class). Where nothing has to be converted, the
 * result is a view of `data`, not a copy.
 *
 * @throws OptionError where the class of `data` cannot be stored as `dtype`: only floats become another float, bytes bool.
 */
export function encodeElements(data: AnyTypedArray, dtype: ElementType = elementTypeOf(data)): Uint8Array {
  const stored = convert(data, dtype);
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}

function convert(data: AnyTypedArray, dtype: ElementType): AnyTypedArray {
  const own = elementTypeOf(data);
  if (own === dtype || (own === 'uint8' && dtype === 'bool')) return data;
  if (data instanceof Float32Array || data instanceof Float64Array) {
    if (dtype === 'float64') return Float64Array.from(data);
    if (dtype === 'float32') return Float32Array.from(data);
    if (dtype === 'float16') return encodeFloat16(Float32Array.from(data));
    if (dtype === 'bfloat16') return encodeBfloat16(Float32Array.from(data));
  }
  throw new OptionError('dtype', dtype, `encodeElements: cannot store ${own} as ${dtype}; convert the array first`);
}
