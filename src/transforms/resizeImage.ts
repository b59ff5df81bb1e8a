/**
 * Enlarges and shrinks pictures as OpenCV 4.6 does, which Cellpose uses: bilinear for images and flows, nearest for labels.
 * Source: cellpose 3.1 `transforms.resize_image`.
 */
import { checkArray, type FloatArray, type NdArray, sizeOf, type TypedArray } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';
import { checkSize } from './checkSize.ts';
import { linearResizer } from './resizeLinear.ts';

export type Interpolation = 'linear' | 'nearest';

/**
 * Resizes a picture (y, x), (y, x, channels) or (z, y, x, channels) to ly × lx pixels; z stays.
 *
 * @returns a new array of the same number type. Linear results of integer types are rounded, halves to even.
 * @throws ShapeError for other ranks or an empty picture, OptionError for sizes below 1.
 *
 * Linear: bit-equal to OpenCV for float32; integers, where OpenCV works in fixed point, may differ by 1.
 * Nearest: source pixel floor(d·S/D).
 */
export function resizeImage<T extends TypedArray>(
  image: NdArray<T>,
  ly: number,
  lx: number,
  interpolation: Interpolation = 'linear',
): NdArray<T> {
  const { shape } = image;
  if (shape.length < 2 || shape.length > 4 || sizeOf(shape) === 0) {
    throw new ShapeError('resizeImage', '(y, x), (y, x, channels) or (z, y, x, channels), not empty', shape);
  }
  checkArray('resizeImage', image);
  checkSize('resizeImage', ly, lx);
  const [lz, sy, sx, nchan] = shape.length === 4 ? shape : [1, ...shape, ...(shape.length === 2 ? [1] : [])];
  const out = new (image.data.constructor as new (length: number) => T)(lz * ly * lx * nchan);
  const resize = interpolation === 'nearest' ? resizeNearest : resizeBilinear;
  for (let z = 0; z < lz; z++) {
    const from = image.data.subarray(z * sy * sx * nchan, (z + 1) * sy * sx * nchan);
    const to = out.subarray(z * ly * lx * nchan, (z + 1) * ly * lx * nchan);
    resize(from, [sy, sx], to, [ly, lx], nchan);
  }
  const outShape = shape.length === 4 ? [lz, ly, lx, nchan] : [ly, lx, ...shape.slice(2)];
  return { data: out, shape: outShape };
}

/**
 * Resizes a stack (n, y, x) plane by plane to ly × lx pixels, bilinear: what `resizeImage` makes of the same planes as
 * channels (y, x, n). For flows and cell probability.
 */
export function resizePlanes(stack: FloatArray, ly: number, lx: number): FloatArray {
  const { data, shape } = stack;
  if (shape.length !== 3 || sizeOf(shape) === 0) throw new ShapeError('resizePlanes', '(n, y, x), not empty', shape);
  checkSize('resizeImage', ly, lx);
  const [n, sy, sx] = shape;
  const out = new Float32Array(n * ly * lx);
  for (let k = 0; k < n; k++) {
    const from = data.subarray(k * sy * sx, (k + 1) * sy * sx);
    resizeBilinear(from, [sy, sx], out.subarray(k * ly * lx, (k + 1) * ly * lx), [ly, lx], 1, n);
  }
  return { data: out, shape: [n, ly, lx] };
}

/**
 * Resizes the planes of a stack (z, y, x, nchan) to ly × lx pixels, bilinear: what `resizeImage` makes of them where the image has
 * `channels` channels and these are some of them.
 */
export function resizeStack(stack: FloatArray, ly: number, lx: number, channels: number): FloatArray {
  const [lz, sy, sx, nchan] = stack.shape;
  checkSize('resizeImage', ly, lx);
  const out = new Float32Array(lz * ly * lx * nchan);
  for (let z = 0; z < lz; z++) {
    const from = stack.data.subarray(z * sy * sx * nchan, (z + 1) * sy * sx * nchan);
    resizeBilinear(
      from,
      [sy, sx],
      out.subarray(z * ly * lx * nchan, (z + 1) * ly * lx * nchan),
      [ly, lx],
      nchan,
      channels,
    );
  }
  return { data: out, shape: [lz, ly, lx, nchan] };
}

type Size = readonly [number, number];

function resizeNearest(from: TypedArray, [sy, sx]: Size, to: TypedArray, [dy, dx]: Size, nchan: number): void {
  const xs = nearestMap(sx, dx);
  nearestMap(sy, dy).forEach((y, row) => {
    let k = row * dx * nchan;
    for (let d = 0; d < dx; d++) {
      const p = (y * sx + xs[d]) * nchan;
      for (let c = 0; c < nchan; c++) to[k++] = from[p + c];
    }
  });
}

/** Source place of each place, with OpenCV's order of divisions. */
function nearestMap(source: number, size: number): Int32Array {
  const scale = 1 / (size / source);
  return Int32Array.from({ length: size }, (_, d) => Math.min(Math.floor(d * scale), source - 1));
}

function resizeBilinear(
  from: TypedArray,
  source: Size,
  to: TypedArray,
  size: Size,
  nchan: number,
  channels = nchan,
): void {
  const [sy, sx] = source;
  const [h, w] = size;
  if (sy === h && sx === w) {
    to.set(from);
    return;
  }
  const resizer = linearResizer(source, size, nchan, channels);
  const values = to instanceof Float32Array ? to : new Float32Array(to.length);
  const pixels = from instanceof Float32Array ? from : new Float32Array(from);
  resizer.resize(pixels, { y: 0, x: 0, h: sy, w: sx }, { y: 0, x: 0, h, w }, values);
  if (values === to) return;
  const whole = !(to instanceof Float64Array);
  for (let k = 0; k < to.length; k++) to[k] = whole ? roundHalfEven(values[k]) : values[k];
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2 === 0 ? 0 : 1) : Math.round(value);
}
