/** Results of single planes put together as results of a stack. A single plane stays as it is. */
import type { FloatArray, NdArray, TypedArray } from '../array/ndarray.ts';

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

/** Flows (2, ly, lx) of each plane to (2, lz, ly, lx). */
export function stackFlows(flows: readonly FloatArray[]): FloatArray {
  const [first] = flows;
  if (flows.length === 1) return first;
  const [, ly, lx] = first.shape;
  const n = ly * lx;
  const data = new Float32Array(2 * flows.length * n);
  flows.forEach((flow, z) => {
    for (let axis = 0; axis < 2; axis++)
      data.set(flow.data.subarray(axis * n, (axis + 1) * n), (axis * flows.length + z) * n);
  });
  return { data, shape: [2, flows.length, ly, lx] };
}
