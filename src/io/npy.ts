/**
 * Reads and writes .npy files, NumPy's arrays, of numbers and booleans. Not here: arrays of Python objects
 * (`npyObject.ts`), text, complex numbers and records, which are refused by name.
 */
import { type AnyTypedArray, checkArray, type NdArray, sizeOf } from '../array/ndarray.ts';
import { FormatError } from '../errors.ts';
import {
  decodeElements,
  type ElementType,
  elementBytes,
  elementTypeOf,
  encodeElements,
  type StoredArray,
} from './elementType.ts';
import { formatNpyHeader, parseNpyHeader } from './npyHeader.ts';
import { numpyCode, numpyOrder, parseNumpyDtype } from './numpyDtype.ts';
import { denseStrides, gatherStrided } from './strided.ts';

/**
 * Reads an array. Any byte order and axis order in the file; dense in C order here.
 *
 * @returns  the array and its `dtype` in the file; float16 becomes Float32Array, bool Uint8Array of 0 and 1, 64-bit integers BigInt arrays.
 * @throws FormatError if the file is damaged or shorter than its header says; UnsupportedError for element types without numbers.
 */
export function readNpy(bytes: Uint8Array): StoredArray {
  const { descr, isFortranOrder, shape, dataOffset } = parseNpyHeader(bytes);
  const { dtype, isBigEndian } = parseNumpyDtype(descr, 'npy');
  const length = sizeOf(shape) * elementBytes(dtype);
  if (length > bytes.length - dataOffset)
    throw new FormatError(
      'npy',
      `shape (${shape.join(', ')}) of ${dtype} needs ${length} bytes; the file has ${bytes.length - dataOffset}`,
      dataOffset,
    );
  const data = decodeElements(bytes.subarray(dataOffset, dataOffset + length), dtype, isBigEndian);
  return { data: isFortranOrder ? gatherStrided(data, shape, denseStrides(shape, 'F'), 0) : data, shape, dtype };
}

/**
 * Writes an array as numpy's `save` does, byte for byte.
 *
 * @param dtype  type in the file; default: that of the array's class. 'bool' for Uint8Array, any float type for floats.
 * @throws ShapeError if data and shape do not belong together; OptionError if the data cannot be stored as `dtype`.
 */
export function writeNpy(array: NdArray<AnyTypedArray>, dtype: ElementType = elementTypeOf(array.data)): Uint8Array {
  checkArray('writeNpy', array);
  const code = numpyCode(dtype);
  const header = formatNpyHeader(numpyOrder(code) + code, array.shape);
  const data = encodeElements(array.data, dtype);
  const out = new Uint8Array(header.length + data.length);
  out.set(header);
  out.set(data, header.length);
  return out;
}
