/** Percentile normalisation of cellpose 3.1, bit by bit. Its tile norm, sharpening and smoothing are not here yet: `notYet`. */
import { expect, test } from 'vitest';
import { type FloatArray, ndarray } from '../../src/array/ndarray.ts';
import { normalize99 } from '../../src/transforms/normalize99.ts';
import { type NormalizeParams, normalizeImg } from '../../src/transforms/normalizeImg.ts';
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

/** Keys of the golden that wait for sharpening, smoothing and normalisation in blocks. */
const notYet = [
  ...['sharpen', 'smooth', 'sharpsmooth', 'tile', 'tile_inv', 'tile_nonorm3D'].map((name) => `img_${name}`),
  ...['img_tile_sharp', 'img_tile_big', 'img_smooth_nonorm', 'smooth_sharpen_2_5', 'gauss_kernel_3_20_26'],
  ...['vol_tile', 'vol_tile_smooth3', 'vol_tile_smooth0', 'vol_sharpen', 'vol1_tile_norm3Dfalse'],
  'n99_f64', // float64 image, whose input the golden does not hold
];

test.each(Object.entries(cases))('normalizeImg %s', (name, [image, params]) => {
  const before = image.data.slice();
  expect(normalizeImg(image, params).data).toEqual(arrays[name].data);
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

const full = shared ? `${shared}goldens/transforms-normalize.npz` : undefined;
test.skipIf(!full)('every key of the golden is tested or waits (needs the shared goldens)', () => {
  const others = Object.keys(readNpz(full as string)).filter((key) => !(key in arrays));
  expect(others.sort()).toEqual([...notYet].sort());
});

function toFloat(name: string): FloatArray {
  return { data: Float32Array.from(arrays[name].data), shape: arrays[name].shape };
}

function withConstant(): FloatArray {
  return { data: img.data.map((value, p) => (p % 2 === 1 ? 7 : value)), shape: img.shape };
}
