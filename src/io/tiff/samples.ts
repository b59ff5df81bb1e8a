/** From plain bytes to numbers: the array for a sample type. */
import { decodeFloat16 } from '../../array/float16.ts';
import type { AnyTypedArray } from '../../array/ndarray.ts';
import type { SampleType } from '../imageFile.ts';

/** The array that shows `buffer`, which holds samples in the machine's byte order, as numbers. Half precision is widened. */
export function asSamples(buffer: ArrayBuffer, dtype: SampleType): AnyTypedArray {
  if (dtype === 'float16') return decodeFloat16(new Uint16Array(buffer));
  return new arrays[dtype](buffer);
}

const arrays = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;
