/** Copies a view of a buffer, given by shape and strides, into a dense array in C order. */
import type { AnyTypedArray } from '../array/ndarray.ts';
import { sizeOf } from '../array/ndarray.ts';

/** Strides, in elements, of a dense array: C order (last axis fastest) or Fortran order (first axis fastest). */
export function denseStrides(shape: readonly number[], order: 'C' | 'F' = 'C'): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let k = 0; k < shape.length; k++) {
    const axis = order === 'F' ? k : shape.length - 1 - k;
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

/**
 * Gathers the elements offset + Σ index·stride of `data` in C order.
 *
 * @param strides  in elements, 0 or more, one per axis. The caller has checked that all elements lie within `data`.
 * @returns        a new array, or `data` itself where it is that array already.
 */
export function gatherStrided<T extends AnyTypedArray>(
  data: T,
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
): T {
  const n = sizeOf(shape);
  if (isDense(shape, strides)) return n === data.length ? data : (data.slice(offset, offset + n) as T);
  const out = new (data.constructor as new (n: number) => T)(n);
  if (n === 0) return out;
  const last = shape.length - 1;
  const width = shape[last];
  const step = strides[last];
  const index = new Array<number>(shape.length).fill(0);
  let from = offset;
  for (let to = 0; to < n; to += width) {
    for (let i = 0; i < width; i++) out[to + i] = data[from + i * step];
    from += advance(index, shape, strides, last - 1);
  }
  return out;
}

/** Moves the index to the next row; returns by how much the position in the buffer changes. */
function advance(index: number[], shape: readonly number[], strides: readonly number[], last: number): number {
  let change = 0;
  for (let axis = last; axis >= 0; axis--) {
    index[axis]++;
    change += strides[axis];
    if (index[axis] < shape[axis]) return change;
    change -= index[axis] * strides[axis];
    index[axis] = 0;
  }
  return change;
}

/** Whether the view is in C order without gaps; strides of axes of length 1 say nothing. */
function isDense(shape: readonly number[], strides: readonly number[]): boolean {
  const dense = denseStrides(shape);
  return sizeOf(shape) === 0 || shape.every((n, axis) => n === 1 || strides[axis] === dense[axis]);
}
