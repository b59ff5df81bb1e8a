/** Normalisation of cellpose 3.1: percentiles bit by bit; smoothing, sharpening and tiles within rounding. */
import { expect, test } from 'vitest';
import { type FloatArray, ndarray } from '../../src/array/ndarray.ts';
import { normalize99 } from '../../src/transforms/normalize99.ts';
import { type NormalizeParams, normalizeImg } from '../../src/transforms/normalizeImg.ts';
import { normalizeRules3 } from '../../src/transforms/normalizeRules.ts';
import { smoothSharpenImg } from '../../src/transforms/smoothSharpenImg.ts';
import { goldenPath, readNpz, shared } from '../helpers/npz.ts';

const arrays = readNpz(goldenPath('transforms-normalize-plain.npz') as string);
const img = toFloat('img');
const vol = toFloat('vol');

const cases: Record<string, [FloatArray, NormalizeParams]> = {
  img_default: [img, {}],
  img_nonorm: [img, { normalize: false }],
  img_invert: [img, { invert: true }],
  img_lowhigh2: [img, { lowhigh: [10, 200] }],
  img_lowhigh22: [
    img,
    {
      lowhigh: [
        [0, 255],
        [10, 60],
      ],
    },
  ],
  img_lowhigh_inv: [img, { lowhigh: [10, 200], invert: true }],
  img_perc: [img, { percentile: [5, 90] }],
  img_perc_inv: [img, { percentile: [3, 99.8], invert: true }],
  const_default: [withConstant(), {}],
  const_invert: [withConstant(), { invert: true }],
  vol_default: [vol, {}],
  vol_norm3Dfalse: [vol, { norm3D: false }],
  vol_invert: [vol, { invert: true, norm3D: false }],
  vol_lowhigh: [vol, { lowhigh: [0, 128] }],
  vol_perc: [vol, { percentile: [10, 80], norm3D: false }],
};

const full = shared ? `${shared}goldens/transforms-normalize.npz` : undefined;
/** A part of the cases lies here; the others need the shared goldens and are skipped without. */
const filtered = readNpz(full ?? (goldenPath('transforms-normalize-filtered.npz') as string));
const vol1: FloatArray = { data: vol.data.filter((_, p) => p % 2 === 0), shape: [5, 20, 26, 1] };

/** The reference sums in float32 by FFT, we in turn: 1e-5 of values about 1, 1e-4 of values up to 255 that stay unscaled. */
const filterCases: Record<string, [FloatArray, NormalizeParams]> = {
  img_sharpen: [img, { sharpenRadius: 6 }],
  img_smooth: [img, { smoothRadius: 2 }],
  img_sharpsmooth: [img, { sharpenRadius: 8, smoothRadius: 3 }],
  img_tile_sharp: [img, { tileNormBlocksize: 24, sharpenRadius: 5, percentile: [2, 98] }],
  img_smooth_nonorm: [img, { smoothRadius: 2, normalize: false }],
  vol_sharpen: [vol, { sharpenRadius: 4 }],
};

/** Percentiles in float64 on both sides, one rounding to float32 at the end; with norm3D off the reference rounds before. */
const tileCases: Record<string, [FloatArray, NormalizeParams]> = {
  img_tile: [img, { tileNormBlocksize: 20 }],
  img_tile_inv: [img, { tileNormBlocksize: 20, invert: true }],
  img_tile_nonorm3D: [img, { tileNormBlocksize: 20, norm3D: false }],
  img_tile_big: [img, { tileNormBlocksize: 100 }],
  vol_tile: [vol, { tileNormBlocksize: 12 }],
  vol_tile_smooth3: [vol, { tileNormBlocksize: 12, tileNormSmooth3D: 3 }],
  vol_tile_smooth0: [vol, { tileNormBlocksize: 12, tileNormSmooth3D: 0 }],
  vol1_tile_norm3Dfalse: [vol1, { tileNormBlocksize: 12, norm3D: false }],
};

test.each(Object.entries(cases))('normalizeImg %s', (name, [image, params]) => {
  const before = image.data.slice();
  expect(normalizeImg(image, { ...params, rules: normalizeRules3 }).data).toEqual(arrays[name].data);
  expect(image.data).toEqual(before);
});

test('normalize99 of a flat image, and from 0 to 100 percent', () => {
  expect(normalize99(ndarray(new Float32Array(20).fill(3), [4, 5])).data).toEqual(arrays['n99_small'].data);
  const first = ndarray(
    img.data.filter((_, p) => p % 2 === 0),
    [50, 64],
  );
  expect(normalize99(first, 0, 100).data).toEqual(arrays['n99_lower0'].data);
});

test('channels of a channels-first image are normalised alike', () => {
  const out = normalizeImg(img).data;
  const planes = [0, 1].flatMap((c) => Array.from(out.filter((_, p) => p % 2 === c)));
  expect(planes).toEqual(Array.from(arrays['chanfirst_default'].data));
});

test('a volume above 224³ pixels is sampled for its percentiles', () => {
  const shape = [260, 250, 180, 1];
  const big = ndarray(
    Float32Array.from({ length: 260 * 250 * 180 }, (_, k) => k % 9973),
    shape,
  );
  const { data } = normalizeImg(big);
  const corner = [0, 1].flatMap((z) =>
    [0, 1, 2].flatMap((y) => [0, 1, 2, 3].map((x) => data[(z * 250 + y) * 180 + x])),
  );
  expect(corner).toEqual(Array.from(arrays['n99_down_corner'].data));
});

for (const [name, [image, params]] of Object.entries(filterCases)) {
  test.skipIf(!(name in filtered))(`filtered: ${name}`, () => {
    compare(name, normalizeImg(image, { ...params, rules: normalizeRules3 }), params.normalize === false ? 1e-4 : 1e-5);
  });
}

for (const [name, [image, params]] of Object.entries(tileCases)) {
  test.skipIf(!(name in filtered))(`in tiles: ${name}`, () => {
    compare(name, normalizeImg(image, { ...params, rules: normalizeRules3 }), 1e-6);
  });
}

test.skipIf(!full)('smoothing and sharpening alone (needs the shared goldens)', () => {
  compare('smooth_sharpen_2_5', smoothSharpenImg(img, { smoothRadius: 2, sharpenRadius: 5, kernel: 'skewed' }), 1e-4);
});

test.skipIf(!full)('float64 values come out as float32 (needs the shared goldens)', () => {
  const values = Float64Array.from({ length: 37 }, (_, k) => k ** 1.5);
  // The reference stays in float64: the values here are up to 1, after one rounding to float32 and two operations.
  compare('n99_f64', normalize99({ data: values, shape: [37] }), 3e-7);
});

test('a single bright pixel in the middle becomes the kernel, turned around it', () => {
  const [ly, lx] = [20, 26];
  const at = (y: number, x: number): number => ((y + ly) % ly) * lx + ((x + lx) % lx);
  const spot = ndarray(new Float32Array(ly * lx), [ly, lx, 1]);
  spot.data[at(10, 13)] = 1;
  const { data } = smoothSharpenImg(spot, { smoothRadius: 3, kernel: 'skewed' });
  const turned = data.map((_, p) => data[at(20 - Math.floor(p / lx), 26 - (p % lx))]);
  // Weights up to 0.02 in float32.
  compare('gauss_kernel_3_20_26', { data: turned, shape: [ly, lx] }, 1e-8);
});

test.skipIf(!full)('every key of the golden is tested (needs the shared goldens)', () => {
  const others = Object.keys(filtered).filter((key) => !(key in arrays));
  const tested = [
    ...Object.keys(filterCases),
    ...Object.keys(tileCases),
    'smooth_sharpen_2_5',
    'gauss_kernel_3_20_26',
    'n99_f64',
  ];
  expect(others.sort()).toEqual(tested.sort());
});

function compare(name: string, { data }: FloatArray, tolerance: number): void {
  const expected = filtered[name];
  expect(data).toHaveLength(expected.data.length);
  let largest = 0;
  for (let p = 0; p < data.length; p++) largest = Math.max(largest, Math.abs(data[p] - expected.data[p]));
  expect(largest).toBeLessThan(tolerance);
}

function toFloat(name: string): FloatArray {
  return { data: Float32Array.from(arrays[name].data), shape: arrays[name].shape };
}

function withConstant(): FloatArray {
  return { data: img.data.map((value, p) => (p % 2 === 1 ? 7 : value)), shape: img.shape };
}
