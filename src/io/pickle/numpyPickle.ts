/** Writes arrays as NumPy pickles them, under the names of NumPy 1, which NumPy 2 reads as well. Protocol 3. */
import type { AnyTypedArray, NdArray } from '../../array/ndarray.ts';
import { type ElementType, elementTypeOf, encodeElements } from '../elementType.ts';
import { numpyCode, numpyOrder } from '../numpyDtype.ts';
import { Call, GlobalName, type Picklable, Tuple } from './writePickle.ts';

const reconstruct = new GlobalName('numpy.core.multiarray', '_reconstruct');
const ndarrayClass = new GlobalName('numpy', 'ndarray');
const dtypeClass = new GlobalName('numpy', 'dtype');

/** An array of numbers; `dtype` as for `writeNpy`. */
export function numpyArray({ data, shape }: NdArray<AnyTypedArray>, dtype: ElementType = elementTypeOf(data)): Call {
  const code = numpyCode(dtype);
  return arrayCall(shape, dtypeCall(code, numpyOrder(code), 0), encodeElements(data, dtype));
}

/** The 0-dimensional array of one object that `numpy.save` makes of a dictionary. */
export function numpyObject(value: Picklable): Call {
  return arrayCall([], dtypeCall('O8', '|', 63), [value]);
}

function arrayCall(shape: readonly number[], dtype: Call, data: Picklable): Call {
  const empty = new Tuple(ndarrayClass, new Tuple(0), Uint8Array.of('b'.charCodeAt(0)));
  return new Call(reconstruct, empty, new Tuple(1, new Tuple(...shape), dtype, false, data));
}

function dtypeCall(code: string, order: string, flags: number): Call {
  return new Call(dtypeClass, new Tuple(code, false, true), new Tuple(3, order, null, null, null, -1, -1, flags));
}
