/** From plain bytes to numbers: the array for a sample type. */
import { decodeFloat16 } from '../../array/float16.ts';
import type { AnyTypedArray } from '../../array/ndarray.ts';
import { arrayClasses } from '../elementType.ts';
import type { SampleType } from '../imageFile.ts';

/** The array that shows `buffer`, which holds samples in the machine's byte order, as numbers. Half precision is widened. */
export function asSamples(buffer: ArrayBuffer, dtype: SampleType): AnyTypedArray {
  if (dtype === 'float16') return decodeFloat16(new Uint16Array(buffer));
  return new arrayClasses[dtype](buffer);
}
