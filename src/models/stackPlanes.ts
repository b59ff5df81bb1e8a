/** Results of single planes put together as results of a stack. A single plane stays as it is. */
import type { NdArray, TypedArray } from '../array/ndarray.ts';

/** Arrays of one shape on a new first axis: (ly, lx) of each plane to (lz, ly, lx). */
export function stackPlanes<T extends TypedArray>(planes: readonly NdArray<T>[]): NdArray<T> {
  const [first] = planes;
  if (planes.length === 1) return first;
  const Type = first.data.constructor as new (n: number) => T;
  const data = new Type(planes.length * first.data.length);
  planes.forEach((plane, z) => {
    data.set(plane.data, z * first.data.length);
  });
  return { data, shape: [planes.length, ...first.shape] };
}
