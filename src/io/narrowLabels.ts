/** Label images for files: 16 bits where the numbers allow it, which every program reads, else 32 bits. */
import type { NdArray } from '../array/ndarray.ts';
import { OptionError } from '../errors.ts';

/**
 * Labels in the narrowest type that Cellpose saves: uint16 if all are below 65 536, else uint32.
 *
 * @throws OptionError if a label is negative.
 */
export function narrowLabels(labels: NdArray<Int32Array>): NdArray<Uint16Array | Uint32Array> {
  let largest = 0;
  let smallest = 0;
  for (const label of labels.data) {
    if (label > largest) largest = label;
    if (label < smallest) smallest = label;
  }
  if (smallest < 0)
    throw new OptionError('labels', smallest, `narrowLabels: labels must be 0 or more; the smallest is ${smallest}`);
  const data = largest < 65536 ? new Uint16Array(labels.data) : new Uint32Array(labels.data);
  return { data, shape: labels.shape };
}
