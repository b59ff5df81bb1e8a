/** Scales intensities between two percentiles. Source: cellpose 3.1 `transforms.normalize99`. */
import { checkArray, type FloatArray, type NdArray, sizeOf } from '../array/ndarray.ts';
import { percentile, percentileOfCounts, type Strided } from '../array/percentile.ts';
import { OptionError, ShapeError } from '../errors.ts';

/** Pictures with more values are sampled for their percentiles: about this many per axis. */
const sampled = 224;

/**
 * Scales intensities so that percentile `lower` becomes 0 and `upper` becomes 1; values outside are not clipped.
 *
 * @param image  any shape, any number type, no NaN; percentiles over all elements, so call it per channel.
 * @param lower, upper  in percent, 0–100.
 * @returns      new float32 array of the same shape; all 0 where the two percentiles differ by at most 1e-3 (flat image).
 *
 * @throws OptionError unless the percentiles rise within 0–100; ShapeError for an image without pixels, or whose data are
 *   not as many as its shape says.
 *
 * Percentiles interpolate linearly between order statistics, as numpy does.
 */
export function normalize99(image: NdArray, lower = 1, upper = 99): FloatArray {
  if (!(lower >= 0 && lower < upper && upper <= 100)) {
    const message = `normalize99: lower and upper must rise within 0 to 100; got ${lower} and ${upper}`;
    throw new OptionError('percentile', [lower, upper], message);
  }
  checkArray('normalize99', image);
  if (image.data.length === 0) throw new ShapeError('normalize99', 'an image with pixels', image.shape);
  if (image.data instanceof Uint8Array || image.data instanceof Uint16Array) {
    return { data: scaleWholeNumbers(image.data, [lower, upper]), shape: image.shape };
  }
  const data = new Float32Array(image.data);
  const [low, high] = percentile(data, [lower, upper]);
  scaleValues(data, low, high);
  return { data, shape: image.shape };
}

/** As for float32, but counted in one pass and scaled by a table of all values that 8 or 16 bits can have. */
function scaleWholeNumbers(values: WholeNumbers, percents: readonly [number, number]): Float32Array {
  const counts = countValues(values);
  const [low, high] = percentileOfCounts(counts, percents);
  const table = new Float32Array(counts.length);
  for (let value = 0; value < table.length; value++) table[value] = value;
  scaleValues(table, low, high);
  return lookUp(values, table);
}

type WholeNumbers = Uint8Array | Uint16Array;

/** How many times each value occurs. Four pixels in each turn of the loop, which halves its time. */
function countValues(values: WholeNumbers): Uint32Array {
  const counts = new Uint32Array(values instanceof Uint8Array ? 256 : 65536);
  const fours = values.length - (values.length % 4);
  for (let p = 0; p < fours; p += 4) {
    counts[values[p]]++;
    counts[values[p + 1]]++;
    counts[values[p + 2]]++;
    counts[values[p + 3]]++;
  }
  for (let p = fours; p < values.length; p++) counts[values[p]]++;
  return counts;
}

/** Entries of the table, copied by their bits: as floats they would go through float64. */
function lookUp(values: WholeNumbers, table: Float32Array): Float32Array {
  const out = new Float32Array(values.length);
  const to = new Int32Array(out.buffer);
  const from = new Int32Array(table.buffer);
  const fours = values.length - (values.length % 4);
  for (let p = 0; p < fours; p += 4) {
    to[p] = from[values[p]];
    to[p + 1] = from[values[p + 1]];
    to[p + 2] = from[values[p + 2]];
    to[p + 3] = from[values[p + 3]];
  }
  for (let p = fours; p < values.length; p++) to[p] = from[values[p]];
  return out;
}

/**
 * Two percentiles of one channel of an interleaved picture. Above 224³ pixels only every n-th pixel along each axis
 * counts (n = size / 224; along z of a volume size / 50).
 *
 * @param image  ([lz,] ly, lx, nchan).
 */
export function channelPercentiles(image: FloatArray, c: number, percents: readonly [number, number]): number[] {
  const nchan = image.shape[image.shape.length - 1];
  const sizes = image.shape.slice(0, -1);
  const [lz, ly, lx] = sizes.length === 3 ? sizes : [1, ...sizes];
  const [stepZ, stepY, stepX] = sizes.length === 3 ? sampleSteps(sizes) : [1, ...sampleSteps(sizes)];
  if (stepZ * stepY * stepX === 1) return percentile(image.data, percents, { offset: c, stride: nchan });
  const sample = new Float32Array(Math.ceil(lz / stepZ) * Math.ceil(ly / stepY) * Math.ceil(lx / stepX));
  let n = 0;
  for (let z = 0; z < lz; z += stepZ) {
    for (let y = 0; y < ly; y += stepY) {
      const end = (z * ly + y + 1) * lx * nchan;
      for (let p = end - lx * nchan + c; p < end; p += stepX * nchan) sample[n++] = image.data[p];
    }
  }
  return percentile(sample, percents);
}

/** Every how many pixels count along each axis of a picture. */
export function sampleSteps(sizes: readonly number[]): number[] {
  if (sizeOf(sizes) <= sampled ** 3) return sizes.map(() => 1);
  const isVolume = sizes.length === 3;
  return sizes.map((size, axis) => Math.max(1, Math.floor(size / (isVolume && axis === 0 ? 50 : sampled))));
}

/** (x − low) / (high − low) in place, in float32; all 0 where the two differ by at most 1e-3. */
export function scaleValues(
  data: Float32Array,
  low: number,
  high: number,
  { offset, stride }: Strided = { offset: 0, stride: 1 },
): void {
  if (!(high - low > 1e-3)) {
    for (let p = offset; p < data.length; p += stride) data[p] = 0;
    return;
  }
  const shift = Math.fround(low);
  const range = Math.fround(high - low);
  for (let p = offset; p < data.length; p += stride) {
    data[p] = Math.fround(Math.fround(data[p] - shift) / range);
  }
}
