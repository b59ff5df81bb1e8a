import { expect, test } from 'vitest';
import { type FloatArray, ndarray } from '../array/ndarray.ts';
import { smoothSharpenImg } from './smoothSharpenImg.ts';

/** A picture without pattern, always the same. */
function picture(shape: readonly number[]): FloatArray {
  const n = shape.reduce((a, b) => a * b, 1);
  return ndarray(
    Float32Array.from({ length: n }, (_, k) => ((k * 7919) % 1009) / 10),
    [...shape],
  );
}

const sum = (data: Float32Array): number => data.reduce((a, b) => a + b, 0);

/** The definition: every weight, every pixel, no short cut. The kernel as 3.1 places it. */
function byDefinition({ data, shape }: FloatArray, sigma: number): number[] {
  const [ly, lx] = shape;
  const weights: number[] = [];
  for (let y = 0; y < ly; y++)
    for (let x = 0; x < lx; x++) {
      const [v, u] = [-ly / 2 + (y * (ly + 1)) / (ly - 1), -ly / 2 + (x * (ly + 1)) / (lx - 1)];
      weights.push(Math.exp(-(v * v + u * u) / (2 * sigma * sigma)));
    }
  const total = weights.reduce((a, b) => a + b, 0);
  return Array.from(data, (_, p) => {
    const [y0, x0] = [Math.floor(p / lx) - Math.floor(ly / 2), (p % lx) - Math.floor(lx / 2)];
    let value = 0;
    for (let k = 0; k < weights.length; k++) {
      const [y, x] = [y0 + Math.floor(k / lx) + ly, x0 + (k % lx) + lx];
      value += (weights[k] / total) * data[(y % ly) * lx + (x % lx)];
    }
    return value;
  });
}

test.each([
  [[9, 14, 1], 1.5],
  [[12, 7, 1], 3],
  [[8, 8, 1], 40],
])('is the periodic sum with the kernel of 3.1, %j sigma %d', (shape, sigma) => {
  const image = picture(shape);
  const { data } = smoothSharpenImg(image, { smoothRadius: sigma, kernel: 'skewed' });
  const expected = byDefinition(image, sigma);
  // Values up to 100 in float32, twice rounded.
  expect(Math.max(...expected.map((value, p) => Math.abs(value - data[p])))).toBeLessThan(5e-5);
});

/** Rows as columns, and each of them from its end. */
function turned({ data, shape: [ly, lx] }: FloatArray): FloatArray {
  const out = data.map((_, p) => data[(ly - 1 - (p % ly)) * lx + (lx - 1 - Math.floor(p / ly))]);
  return { data: out, shape: [lx, ly, 1] };
}

test.each([{ smoothRadius: 2 }, { sharpenRadius: 4 }, { smoothRadius: 1, sharpenRadius: 3 }])(
  'a turned picture gives the turned result, for odd sizes, with %j',
  (options) => {
    const image = picture([15, 21, 1]);
    const [then, before] = [turned(smoothSharpenImg(image, options)), smoothSharpenImg(turned(image), options)];
    const worst = (other: FloatArray): number =>
      Math.max(...then.data.map((value, p) => Math.abs(value - other.data[p])));
    // Values up to 100 in float32.
    expect(worst(before)).toBeLessThan(5e-5);
    expect(worst(smoothSharpenImg(turned(image), { ...options, kernel: 'skewed' }))).toBeGreaterThan(1);
  },
);

test('sharpening alone takes the mean of the surround away: an even picture becomes 0, with the kernel of 3.1 it does not', () => {
  const even = ndarray(new Float32Array(99).fill(7), [9, 11, 1]);
  const rest = (kernel: 'centred' | 'skewed'): number => smoothSharpenImg(even, { sharpenRadius: 1, kernel }).data[40];
  expect(rest('centred')).toBeCloseTo(0, 5);
  expect(rest('skewed')).toBeGreaterThan(0.5);
});

test('smoothing keeps the sum, and the difference of both has none', () => {
  const image = picture([40, 50, 1]);
  const total = sum(image.data);
  expect(sum(smoothSharpenImg(image, { smoothRadius: 3 }).data) / total).toBeCloseTo(1, 5);
  expect(sum(smoothSharpenImg(image, { smoothRadius: 2, sharpenRadius: 5 }).data) / total).toBeCloseTo(0, 5);
});

test('channels and planes do not mix', () => {
  const volume = picture([2, 10, 12, 2]);
  const { data } = smoothSharpenImg(volume, { sharpenRadius: 2 });
  for (const [z, c] of [
    [0, 1],
    [1, 0],
  ]) {
    const pick = (all: Float32Array): Float32Array => all.slice(z * 240, (z + 1) * 240).filter((_, p) => p % 2 === c);
    const alone = smoothSharpenImg({ data: pick(volume.data), shape: [10, 12, 1] }, { sharpenRadius: 2 });
    expect(pick(data)).toEqual(alone.data);
  }
});

test('an even picture stays even', () => {
  const even = ndarray(new Float32Array(30).fill(7), [5, 6, 1]);
  const { data } = smoothSharpenImg(even, { smoothRadius: 1 });
  expect(new Set(data).size).toBe(1);
  expect(data[0]).toBeCloseTo(7, 5);
});

test('a picture of one pixel, and no radius at all', () => {
  const pixel = ndarray(new Float32Array([5]), [1, 1, 1]);
  expect(smoothSharpenImg(pixel, { smoothRadius: 2 }).data).toEqual(new Float32Array([5]));
  expect(smoothSharpenImg(pixel)).toBe(pixel);
});

test.each([
  [{ smoothRadius: -1 }, /smoothRadius/],
  [{ sharpenRadius: Number.NaN }, /sharpenRadius/],
  [{ smoothRadius: 1e-3, kernel: 'skewed' as const }, /0\.1 or more/],
])('refuses %j', (options, message) => {
  expect(() => smoothSharpenImg(picture([8, 8, 1]), options)).toThrow(message);
});

test('needs channels', () => {
  expect(() => smoothSharpenImg(picture([8, 8]), { smoothRadius: 1 })).toThrow(/nchan/);
});
