/**
 * Reading and writing pictures by windows, so that neither the input nor the output of a step has to be in memory as a whole.
 * An array is the simple case.
 */
import type { FloatArray, NdArray, TypedArray } from './ndarray.ts';

/** A rectangle of pixels in a picture: what tiles and pictures larger than memory are read and written by. */
export interface Window {
  /** Upper left corner, in pixels. */
  readonly y: number;
  readonly x: number;
  /** Height and width, in pixels. */
  readonly h: number;
  readonly w: number;
}

/** A picture of ly × lx pixels and nchan channels that is read by windows. */
export interface WindowReader {
  readonly ly: number;
  readonly lx: number;
  readonly nchan: number;
  /** Pixels of a window within the picture, (h, w, nchan). The reader may use the array again at the next call. */
  read(window: Window): Float32Array | Promise<Float32Array>;
}

/** Takes windows of a result, planes (n, h, w); together they cover it once, from top to bottom. */
export interface WindowWriter<T extends TypedArray = Float32Array> {
  write(window: Window, values: T): void | Promise<void>;
}

/** Reads an image (ly, lx, nchan) that is in memory. */
export function arrayReader({ data, shape }: FloatArray): WindowReader {
  const [ly, lx, nchan] = shape;
  let buffer = new Float32Array(0);
  return {
    ly,
    lx,
    nchan,
    read({ y, x, h, w }) {
      if (w === lx) return data.subarray(y * lx * nchan, (y + h) * lx * nchan);
      const width = w * nchan;
      if (buffer.length < h * width) buffer = new Float32Array(h * width);
      for (let r = 0; r < h; r++) {
        const from = ((y + r) * lx + x) * nchan;
        buffer.set(data.subarray(from, from + width), r * width);
      }
      return buffer;
    },
  };
}

/** Writes into planes (n, ly, lx) that are in memory. */
export function arrayWriter<T extends TypedArray>({ data, shape }: NdArray<T>): WindowWriter<T> {
  const [n, ly, lx] = shape;
  return {
    write({ y, x, h, w }, values) {
      for (let k = 0; k < n; k++) {
        for (let r = 0; r < h; r++) {
          const from = (k * h + r) * w;
          data.set(values.subarray(from, from + w), (k * ly + y + r) * lx + x);
        }
      }
    },
  };
}
