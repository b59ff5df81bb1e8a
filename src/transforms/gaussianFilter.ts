/** Gaussian smoothing along the axes of an array, value for value as scipy 1.10 `ndimage.gaussian_filter` with float32. */
import { checkArray, type FloatArray } from '../array/ndarray.ts';
import { OptionError } from '../errors.ts';

/** Weights reach this many sigmas to both sides. */
const truncate = 4;

/**
 * Smooths an array. Beyond its border it is continued by its mirror image, the outermost value repeated.
 *
 * @param array  of any rank. Not changed.
 * @param sigma  standard deviation along each axis, in pixels; 0 leaves the axis out.
 * @returns      a new array of the same shape. Sums are float64; each axis is rounded to float32 before the next.
 * @throws OptionError unless sigma holds a number from 0 on for each axis.
 */
export function gaussianFilter(array: FloatArray, sigma: readonly number[]): FloatArray {
  const out = { data: array.data.slice(), shape: array.shape };
  gaussianFilterInPlace(out, sigma);
  return out;
}

/** As `gaussianFilter`, into the array itself, for volumes that should not be held twice. */
export function gaussianFilterInPlace(array: FloatArray, sigma: readonly number[]): void {
  const { data, shape } = array;
  checkArray('gaussianFilter', array);
  if (sigma.length !== shape.length || !sigma.every((s) => s >= 0 && Number.isFinite(s))) {
    const message = `gaussianFilter: sigma must be ${shape.length} numbers from 0 on; got [${sigma.join(', ')}]`;
    throw new OptionError('sigma', sigma, message);
  }
  let stride = data.length;
  shape.forEach((size, axis) => {
    stride /= size;
    if (sigma[axis] > 1e-15) smoothAxis(data, size, stride, gaussianWeights(sigma[axis]));
  });
}

/** Right half of the kernel, from its centre on; the whole kernel sums up to 1. */
function gaussianWeights(sigma: number): Float64Array {
  const radius = Math.floor(truncate * sigma + 0.5);
  const half = Float64Array.from({ length: radius + 1 }, (_, k) => Math.exp((-0.5 / (sigma * sigma)) * k * k));
  const sum = 2 * half.subarray(1).reduce((a, b) => a + b, 0) + half[0];
  return half.map((weight) => weight / sum);
}

/** Lines of an axis, `stride` values apart, are smoothed one by one through a buffer with mirrored margins. */
function smoothAxis(data: Float32Array, size: number, stride: number, weights: Float64Array): void {
  const radius = weights.length - 1;
  const line = new Float64Array(size + 2 * radius);
  const from = Int32Array.from(line, (_, k) => mirror(k - radius, size) * stride);
  const block = size * stride;
  for (let outer = 0; outer < data.length; outer += block) {
    for (let first = outer; first < outer + stride; first++) {
      for (let k = 0; k < line.length; k++) line[k] = data[first + from[k]];
      for (let k = 0; k < size; k++) {
        const centre = k + radius;
        let sum = line[centre] * weights[0];
        for (let m = radius; m > 0; m--) sum += (line[centre - m] + line[centre + m]) * weights[m];
        data[first + k * stride] = sum;
      }
    }
  }
}

/** Place within the axis for a place outside: … 1 0 | 0 1 2 … n−1 | n−1 n−2 … */
function mirror(place: number, size: number): number {
  const k = ((place % (2 * size)) + 2 * size) % (2 * size);
  return Math.min(k, 2 * size - 1 - k);
}
