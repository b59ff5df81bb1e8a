import { type AnyTypedArray, checkArray, type NdArray } from '../array/ndarray.ts';
import { OptionError } from '../errors.ts';

const largest = 2 ** 31 - 1;

/**
 * Labels of any number type as int32; int32 labels are not copied. What is below 0 stays below 0: background.
 *
 * @throws ShapeError if data and shape do not belong together; OptionError for a label that is not a whole number, or above 2³¹ − 1.
 */
export function wholeLabels(where: string, masks: NdArray<AnyTypedArray>): NdArray<Int32Array> {
  checkArray(where, masks);
  const { data, shape } = masks;
  if (data instanceof Int32Array) return { data, shape };
  const labels = new Int32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const label = Number(data[i]);
    if (!Number.isInteger(label) || label > largest) {
      const need = `${where}: labels must be whole numbers up to ${largest}`;
      const remedy = 'give the label image, not a probability or a picture, or round it first';
      throw new OptionError('masks', label, `${need}; got ${label} at element ${i}: ${remedy}`);
    }
    labels[i] = Math.max(label, -1);
  }
  return { data: labels, shape };
}
