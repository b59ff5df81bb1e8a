/** An image by its planes, so that what works on them need not have it in memory. An array is the simple case. */
import type { NdArray } from '../array/ndarray.ts';

export interface ImagePlanes {
  /** Of the whole image, in any order of axes that `eval` takes. */
  readonly shape: readonly number[];
  /** Bytes of memory that it takes for itself. */
  readonly bytes: number;
  /** What lies between two places along an axis, `to` left out: an array of the same axes. Its data are not changed. */
  read(axis: number, from: number, to: number): NdArray | Promise<NdArray>;
}

/** The planes of an image in memory. */
export function arrayPlanes({ data, shape }: NdArray): ImagePlanes {
  return {
    shape,
    bytes: data.byteLength,
    read(axis, from, to) {
      const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
      const outer = shape.slice(0, axis).reduce((a, b) => a * b, 1);
      const part = shape.with(axis, to - from);
      if (outer === 1) return { data: data.subarray(from * inner, to * inner), shape: part };
      const n = (to - from) * inner;
      const out = new (data.constructor as new (length: number) => typeof data)(outer * n);
      for (let k = 0; k < outer; k++) {
        const start = (k * shape[axis] + from) * inner;
        out.set(data.subarray(start, start + n) as never, k * n);
      }
      return { data: out, shape: part };
    },
  };
}
