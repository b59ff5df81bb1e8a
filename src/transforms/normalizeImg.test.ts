import { expect, test } from 'vitest';
import type { FloatArray } from '../array/ndarray.ts';
import { normalize99Tile } from './normalize99Tile.ts';
import { type NormalizeParams, normalizeImg } from './normalizeImg.ts';
import { normalizeRules, normalizeRules3Eval } from './normalizeRules.ts';
import { smoothSharpenImg } from './smoothSharpenImg.ts';

const ramp: FloatArray = {
  data: Float32Array.from({ length: 202 }, (_, k) => (k % 2 ? 5 : k / 2)),
  shape: [1, 101, 2],
};

test('percentiles 1 and 99 become 0 and 1, a flat channel stays', () => {
  const { data } = normalizeImg(ramp);
  expect([data[2], data[198]]).toEqual([0, 1]);
  expect(data[0]).toBeCloseTo(-1 / 98, 6);
  expect(data.filter((_, p) => p % 2 === 1).every((value) => value === 5)).toBe(true);
});

test('invert turns scaled channels only', () => {
  const { data } = normalizeImg(ramp, { invert: true });
  expect([data[2], data[198], data[1]]).toEqual([1, 0, 5]);
});

test('a range of at most 1e-3 becomes all 0', () => {
  const faint: FloatArray = { data: Float32Array.from({ length: 100 }, (_, k) => k * 1e-5), shape: [10, 10, 1] };
  expect(normalizeImg(faint).data.every((value) => value === 0)).toBe(true);
});

test('an empty key counts as not given', () => {
  const params: NormalizeParams = {
    percentile: null,
    lowhigh: null,
    tileNormBlocksize: 0,
    sharpenRadius: undefined,
    smoothRadius: null,
  };
  expect(normalizeImg(ramp, params)).toEqual(normalizeImg(ramp));
});

test('bounds win over filters and tiles', () => {
  const bounds = normalizeImg(ramp, { lowhigh: [0, 10] });
  const all = normalizeImg(ramp, { lowhigh: [0, 10], smoothRadius: 2, sharpenRadius: 4, tileNormBlocksize: 20 });
  expect(all).toEqual(bounds);
});

test('filters come first, then percentiles', () => {
  const params = { smoothRadius: 1, sharpenRadius: 3 };
  const filtered = smoothSharpenImg(ramp, params);
  expect(normalizeImg(ramp, { ...params, normalize: false })).toEqual(filtered);
  expect(normalizeImg(ramp, params)).toEqual(normalizeImg(filtered));
});

test('tiles take the place of percentiles, also with normalize off; 3.1 does not invert them', () => {
  const tiles = normalize99Tile(ramp, { blocksize: 20, percentile: [5, 95], norm3D: true });
  const params: NormalizeParams = { tileNormBlocksize: 20, percentile: [5, 95] };
  expect(normalizeImg(ramp, params)).toEqual(tiles);
  const inverted = { ...params, normalize: false, invert: true };
  const rules = { ...normalizeRules, invertTiles: false };
  expect(normalizeImg(ramp, { ...inverted, rules })).toEqual(tiles);
  expect(normalizeImg(ramp, inverted)).toEqual({ ...tiles, data: tiles.data.map((v) => 1 - v) });
});

test('the rules choose the ways with tiles and filters, and nothing else', () => {
  const params = { smoothRadius: 1, sharpenRadius: 3, tileNormBlocksize: 20 };
  const filtered = smoothSharpenImg(ramp, { ...params, kernel: 'skewed' });
  const tiles = normalize99Tile(filtered, { blocksize: 20, norm3D: true, smoothAlong: 'rows' });
  expect(normalizeImg(ramp, { ...params, rules: normalizeRules3Eval })).toEqual(tiles);
  expect(normalizeImg(ramp, params)).not.toEqual(tiles);
  expect(normalizeImg(ramp, { rules: normalizeRules3Eval })).toEqual(normalizeImg(ramp));
});

test.each([
  ['percentile', { percentile: [99, 1] }, 'OptionError', /percentile/],
  ['percentile beyond 100', { percentile: [1, 101] }, 'OptionError', /0 to 100/],
  ['lowhigh of nothing', { lowhigh: [3, 3] }, 'OptionError', /lowhigh/],
  ['lowhigh for other channels', { lowhigh: [[0, 1]] }, 'OptionError', /each of the 2 channels/],
  ['invert alone', { normalize: false, invert: true }, 'OptionError', /invert/],
  ['half a block', { tileNormBlocksize: 20.5 }, 'OptionError', /tileNormBlocksize/],
  ['negative blocks', { tileNormBlocksize: -1 }, 'OptionError', /tileNormBlocksize/],
  ['negative smoothing of tiles', { tileNormBlocksize: 20, tileNormSmooth3D: -1 }, 'OptionError', /tileNormSmooth3D/],
  ['negative sharpening', { sharpenRadius: -3 }, 'OptionError', /sharpenRadius/],
  ['endless smoothing', { smoothRadius: Infinity }, 'OptionError', /smoothRadius/],
  ['unknown key', { tile_norm: 3 }, 'UnsupportedError', /got tile_norm/],
])('%s is refused', (_, params, kind, message) => {
  const attempt = () => normalizeImg(ramp, params as NormalizeParams);
  expect(attempt).toThrow(message);
  expect(attempt).toThrow(expect.objectContaining({ name: kind }));
});

test('needs pixels, all of them finite', () => {
  expect(() => normalizeImg({ data: new Float32Array(0), shape: [0, 3, 1] })).toThrow(/with pixels/);
  const image = { data: Float32Array.of(1, NaN, 3, Infinity), shape: [2, 2, 1] };
  expect(() => normalizeImg(image)).toThrow(/normalizeImg: needs finite values; got 2/);
});

test('needs channels', () => {
  expect(() => normalizeImg({ data: new Float32Array(6), shape: [2, 3] })).toThrow(/nchan/);
});
