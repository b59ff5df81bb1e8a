/** Public names of the library. */
export * from './errors.ts';
export type { AnyTypedArray, FloatArray, Masks, Masks2D, NdArray, TypedArray } from './array/ndarray.ts';
export { ndarray, sizeOf } from './array/ndarray.ts';
