/** Conversion, scaling and padding by the rules of Cellpose 4: every array of the golden transforms-4. */
import { expect, test } from 'vitest';
import { type ConvertOptions4, convertImage4 } from '../../src/transforms/convertImage4.ts';
import { getPadYX } from '../../src/transforms/getPadYX.ts';
import { type NormalizeParams, normalizeImg } from '../../src/transforms/normalizeImg.ts';
import { normalizeRules4 } from '../../src/transforms/normalizeRules.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';

const golden = readNpz(goldenPath('transforms-4.npz') as string);

const images: Record<string, ConvertOptions4> = {
  hw: {},
  hwc2: {},
  chw3: {},
  hwc5: {},
  chw_axis0: { channelAxis: 0 },
  nhwc: {},
  zhw_3d: { zAxis: 0, do3D: true },
  zchw_3d: { zAxis: 0, channelAxis: 1, do3D: true },
  czhw_3d: { zAxis: 1, channelAxis: 0, do3D: true },
};

test('every case is here', () => {
  expect(
    Object.keys(golden)
      .filter((name) => name.endsWith('_in') && name !== 'norm_in')
      .sort(),
  ).toEqual(
    Object.keys(images)
      .map((name) => `${name}_in`)
      .sort(),
  );
});

test.each(Object.entries(images))('convertImage4 %s', (name, options) => {
  const { image } = convertImage4(golden[`${name}_in`], options);
  expect(image.shape).toEqual(golden[`${name}_out`].shape);
  expect(Array.from(image.data)).toEqual(Array.from(golden[`${name}_out`].data));
});

const scalings: Record<string, NormalizeParams> = {
  norm_default: {},
  norm_invert: { invert: true },
  norm_tile_invert: { tileNormBlocksize: 12, invert: true },
  norm_lowhigh: { lowhigh: [10, 200], invert: true },
};

test.each(Object.entries(scalings))('normalizeImg %s', (name, params) => {
  const input = golden['norm_in'];
  const image = { data: Float32Array.from(input.data), shape: input.shape };
  const { data } = normalizeImg(image, { ...params, rules: normalizeRules4 });
  // Rounding of percentiles that both sides hold in float64.
  const worst = data.reduce((most, value, p) => Math.max(most, Math.abs(value - golden[name].data[p])), 0);
  expect(worst).toBeLessThan(1e-6);
});

test('padding', () => {
  const sizes = Array.from(golden['pads_for'].data);
  const pads = sizes.flatMap((ly, k) =>
    k % 2 ? [] : [...getPadYX(ly, sizes[k + 1], { minSize: [256, 256], minSizeWithMargin: true })],
  );
  expect(pads).toEqual(Array.from(golden['pads'].data));
});

test('guesses are told', () => {
  expect(convertImage4(golden['chw3_in']).notes[0]).toMatch(/axis 0 \(size 3\) was taken for the channels/);
  expect(convertImage4(golden['hwc5_in']).notes).toHaveLength(2);
  expect(convertImage4(golden['hwc2_in']).notes).toEqual([]);
  expect(convertImage4(golden['chw_axis0_in'], { channelAxis: 0 }).notes).toEqual([]);
});

const picture = (shape: number[]) => ({ data: new Uint8Array(shape.reduce((a, b) => a * b, 1)), shape });

test.each([
  ['zAxis without do3D', [4, 7, 9], { zAxis: 0 }, /give do3D/],
  ['a volume without zAxis', [4, 7, 9], { do3D: true }, /needs zAxis/],
  ['a volume of four axes without channelAxis', [4, 2, 7, 9], { do3D: true, zAxis: 0 }, /needs channelAxis/],
  ['channelAxis of a grey image', [7, 9], { channelAxis: 0 }, /3 axes/],
  ['a cube', [12, 12, 12], {}, /give channelAxis 0, 1 or 2, or do3D with zAxis 0, 1 or 2 for a volume/],
  ['five axes', [1, 1, 1, 7, 9], {}, /convertImage4/],
  ['a plane as volume', [7, 9], { do3D: true, zAxis: 0 }, /3 axes/],
])('refused: %s', (_, shape, options, message) => {
  expect(() => convertImage4(picture(shape), options)).toThrow(message);
});
