/**
 * Smooths a picture and takes away its surround, both by Gaussians. The picture counts as periodic: what leaves at one
 * side enters at the other. Source: cellpose 3.1 `transforms.smooth_sharpen_img`, which works by FFT; here the same
 * product of two 1D kernels is summed directly, rows first.
 */
import { checkArray, type FloatArray } from '../array/ndarray.ts';
import { OptionError, ShapeError } from '../errors.ts';

export interface SmoothSharpenOptions {
  /** Sigma of the smoothing Gaussian in pixels; 0 (default) is off. Commonly 1/10 to 1/4 of a cell's diameter. */
  readonly smoothRadius?: number | undefined;
  /** Sigma of the Gaussian surround in pixels; 0 (default) is off. Commonly 1/8 to 1/2 of a cell's diameter. */
  readonly sharpenRadius?: number | undefined;
  /**
   * 'centred' (default): the Gaussian lies on its pixel and is as wide along x as along y. 'skewed', as 3.1 and 4 make it: its
   * places run from −ly/2 to ly/2 + 1, along x as well, so its middle lies half a pixel off or more, it is narrower or wider
   * along x where the picture is not square, and sharpening alone gives (1 + h)·image − H(image), h being its central weight.
   */
  readonly kernel?: 'centred' | 'skewed' | undefined;
}

/**
 * With S and H the Gaussian means of sigma `smoothRadius` and `sharpenRadius`: S(image), or image − H(image), or
 * S(image) − H(image), plane by plane and channel by channel.
 *
 * @param image  ([lz,] ly, lx, nchan), finite values. Not changed.
 * @returns      new array of the same shape; the image itself if both radii are 0.
 * @throws ShapeError for other ranks; OptionError for a radius that is negative or too small for its Gaussian to meet a pixel.
 *
 * O(n · radius); weights below 1e-7 of the largest are left out.
 */
export function smoothSharpenImg(image: FloatArray, options: SmoothSharpenOptions = {}): FloatArray {
  const { smoothRadius = 0, sharpenRadius = 0, kernel = 'centred' } = options;
  checkRadius('smoothRadius', smoothRadius);
  checkRadius('sharpenRadius', sharpenRadius);
  const { data, shape } = image;
  if (shape.length !== 3 && shape.length !== 4)
    throw new ShapeError('smoothSharpenImg', '([lz,] ly, lx, nchan)', shape);
  checkArray('smoothSharpenImg', image);
  if (smoothRadius === 0 && sharpenRadius === 0) return image;
  const [ly, lx, nchan] = shape.slice(-3);
  const smooth = smoothRadius > 0 ? gaussianKernel('smoothRadius', smoothRadius, kernel, ly, lx) : undefined;
  const surround = sharpenRadius > 0 ? gaussianKernel('sharpenRadius', sharpenRadius, kernel, ly, lx) : undefined;
  const out = new Float32Array(data.length);
  const size = ly * lx * nchan;
  for (let at = 0; at < data.length; at += size) {
    const from = data.subarray(at, at + size);
    const to = out.subarray(at, at + size);
    if (smooth) correlate(from, smooth, nchan, to);
    if (!surround) continue;
    const mean = new Float32Array(size);
    correlate(from, surround, nchan, mean);
    const centre = kernel === 'skewed' ? 1 + surround.centre : 1;
    for (let p = 0; p < size; p++) to[p] = (smooth ? to[p] : centre * from[p]) - mean[p];
  }
  return { data: out, shape };
}

/** A kernel as the product of one along y and one along x; the weights of each add up to 1 (but for the tails left out). */
interface Kernel {
  readonly y: Weights;
  readonly x: Weights;
  /** Weight of the pixel itself, (ly/2, lx/2) of the full kernel. */
  readonly centre: number;
}

/** Weights of the neighbours `first`, `first + 1`, … along an axis of `length` pixels; zeros fill up to a multiple of 8. */
interface Weights {
  readonly length: number;
  readonly first: number;
  readonly values: Float64Array;
}

function gaussianKernel(option: string, sigma: number, kind: 'centred' | 'skewed', ly: number, lx: number): Kernel {
  const [y, x] = [ly, lx].map((count) =>
    gaussian(option, sigma, kind === 'skewed' ? skewedPlaces(ly, count) : centredPlaces(count)),
  );
  const centre = (w: Weights): number => w.values[-w.first] ?? 0;
  return { y, x, centre: centre(y) * centre(x) };
}

/** Whole distances from the middle, which is one of them. */
function centredPlaces(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, k) => k - Math.floor(count / 2));
}

/** `count` places from −extent/2 to extent/2 + 1, counted from both ends in float32 as PyTorch's `linspace`. */
function skewedPlaces(extent: number, count: number): Float32Array {
  const [start, end] = [-extent / 2, extent / 2 + 1];
  const step = count > 1 ? Math.fround((end - start) / (count - 1)) : 0;
  return Float32Array.from({ length: count }, (_, k) =>
    2 * k < count ? start + step * k : end - step * (count - 1 - k),
  );
}

function gaussian(option: string, sigma: number, places: Float32Array): Weights {
  const all = Float64Array.from(places, (place) => Math.exp(-(place ** 2) / (2 * sigma ** 2)));
  const sum = all.reduce((a, b) => a + b, 0);
  if (!(sum > 0)) {
    const message = `smoothSharpenImg: ${option} must reach the next pixel, 0.1 or more, or be 0 for none; got ${sigma}`;
    throw new OptionError(option, sigma, message);
  }
  const least = 1e-7 * all.reduce((a, b) => Math.max(a, b), 0);
  const from = all.findIndex((weight) => weight >= least);
  const to = all.findLastIndex((weight) => weight >= least) + 1;
  const values = new Float64Array(Math.ceil((to - from) / 8) * 8);
  values.set(all.subarray(from, to).map((weight) => weight / sum));
  return { length: places.length, first: from - Math.floor(places.length / 2), values };
}

/** Weighted sums over the neighbours of each pixel of one plane (y, x, nchan), along x, then along y. */
function correlate(plane: Float32Array, { y, x }: Kernel, nchan: number, out: Float32Array): void {
  const width = x.length * nchan;
  const columns = x.values.length;
  const blurred = new Float32Array(plane.length);
  const line = new Float64Array(width);
  const wide = new Float32Array((x.length + columns - 1) * nchan);
  const along = Int32Array.from(x.values, (_, m) => m * nchan);
  for (let row = 0; row < plane.length; row += width) {
    // The row, continued around so that every neighbour lies in it.
    for (let k = 0, at = 0; k < x.length + columns - 1; k++) {
      const source = row + modulo(k + x.first, x.length) * nchan;
      for (let c = 0; c < nchan; c++) wide[at++] = plane[source + c];
    }
    weightedSum(wide, along, x.values, line);
    blurred.set(line, row);
  }
  for (let j = 0; j < y.length; j++) {
    const rows = Int32Array.from(y.values, (_, m) => modulo(j + y.first + m, y.length) * width);
    weightedSum(blurred, rows, y.values, line);
    out.set(line, j * width);
  }
}

/** out[k] = Σ over m of weights[m] · source[starts[m] + k]; eight at a time, which takes less than half the time of one by one. */
function weightedSum(source: Float32Array, starts: Int32Array, weights: Float64Array, out: Float64Array): void {
  out.fill(0);
  for (let m = 0; m < weights.length; m += 8) {
    const [s0, s1, s2, s3, s4, s5, s6, s7] = starts.subarray(m, m + 8);
    const [w0, w1, w2, w3, w4, w5, w6, w7] = weights.subarray(m, m + 8);
    for (let k = 0; k < out.length; k++) {
      const first = w0 * source[s0 + k] + w1 * source[s1 + k] + (w2 * source[s2 + k] + w3 * source[s3 + k]);
      const second = w4 * source[s4 + k] + w5 * source[s5 + k] + (w6 * source[s6 + k] + w7 * source[s7 + k]);
      out[k] += first + second;
    }
  }
}

function modulo(k: number, n: number): number {
  return ((k % n) + n) % n;
}

function checkRadius(option: string, radius: number): void {
  if (radius >= 0 && Number.isFinite(radius)) return;
  const message = `smoothSharpenImg: ${option} must be a number of pixels, 0 for none; got ${radius}`;
  throw new OptionError(option, radius, message);
}
