import { expect, test } from 'vitest';
import { type FloatArray, ndarray } from '../array/ndarray.ts';
import { normalize99Tile } from './normalize99Tile.ts';
import { normalizeImg } from './normalizeImg.ts';

/** Noise (y, x) under a brightness that rises downwards from 1 to 9 times. */
function uneven(ly: number, lx: number): FloatArray {
  const data = Float32Array.from({ length: ly * lx }, (_, p) => {
    const brightness = 1 + (8 * Math.floor(p / lx)) / (ly - 1);
    return brightness * (((p * 7919) % 1009) / 10);
  });
  return ndarray(data, [1, ly, lx, 1]);
}

/** Largest value in the rows from `top` to `bottom`. */
const peak = ({ data, shape }: FloatArray, top: number, bottom: number): number =>
  Math.max(...data.slice(top * shape[shape.length - 2], bottom * shape[shape.length - 2]));

test('one tile is the scale of the whole picture', () => {
  const image = uneven(30, 40);
  const [tile, whole] = [normalize99Tile(image, { blocksize: 100 }), normalizeImg(image)];
  // The scale in float64 here, in float32 there.
  expect(Math.max(...tile.data.map((value, p) => Math.abs(value - whole.data[p])))).toBeLessThan(1e-6);
});

test('dark and bright parts get the same range', () => {
  const image = uneven(200, 60);
  const scaled = normalize99Tile(image, { blocksize: 30 });
  expect(peak(image, 180, 200) / peak(image, 0, 20)).toBeGreaterThan(4);
  expect(peak(scaled, 180, 200) / peak(scaled, 0, 20)).toBeLessThan(2);
});

test('a picture without z axis is scaled as one with it; by its first row, as in 3.1, on request', () => {
  const image = uneven(200, 60);
  const flat = { data: image.data, shape: [200, 60, 1] };
  const scaled = normalize99Tile(flat, { blocksize: 30, rows: 'first' });
  const own = normalize99Tile(image, { blocksize: 30 });
  expect(normalize99Tile(flat, { blocksize: 30 }).data).toEqual(own.data);
  expect(scaled.data.slice(0, 60)).toEqual(own.data.slice(0, 60));
  expect(peak(scaled, 180, 200)).toBeGreaterThan(3);
});

test('rows and columns count alike; with the smoothing of 3.1 they do not', () => {
  const image = uneven(120, 90);
  const across = (from: FloatArray, ly: number, lx: number): FloatArray =>
    ndarray(
      from.data.map((_, p) => from.data[(p % ly) * lx + Math.floor(p / ly)]),
      [1, lx, ly, 1],
    );
  const differ = (smoothAlong: 'rows' | 'rowsAndColumns'): number => {
    const options = { blocksize: 30, norm3D: true, smoothAlong };
    const then = across(normalize99Tile(image, options), 120, 90);
    const before = normalize99Tile(across(image, 120, 90), options);
    return Math.max(...then.data.map((value, p) => Math.abs(value - before.data[p])));
  };
  expect(differ('rowsAndColumns')).toBeLessThan(1e-5);
  expect(differ('rows')).toBeGreaterThan(0.1);
});

test('flat tiles take the scale of the nearest other tile', () => {
  const ly = 20;
  const lx = 200;
  // 3 everywhere at the left, black and white columns from a tile's third last column on.
  const data = Float32Array.from({ length: ly * lx }, (_, p) => (p % lx < 98 ? 3 : p % 2 === 0 ? 0 : 10));
  const scaled = normalize99Tile(ndarray(data, [1, ly, lx, 1]), { blocksize: 20 });
  expect(scaled.data[0]).toBeCloseTo(0.3, 6);
  expect(scaled.data[lx - 1]).toBeCloseTo(1, 6);
});

test('a flat channel stays as it is', () => {
  const flat = ndarray(new Float32Array(2500).fill(7), [1, 50, 50, 1]);
  expect(normalize99Tile(flat, { blocksize: 20 }).data.every((value) => value === 7)).toBe(true);
});

test('norm3D: planes share one scale, or each has its own', () => {
  const plane = uneven(40, 40).data;
  const volume = ndarray(new Float32Array([...plane, ...plane.map((value) => 3 * value)]), [2, 40, 40, 1]);
  const ratio = (out: FloatArray): number => peak(out, 40, 80) / peak(out, 0, 40);
  expect(ratio(normalize99Tile(volume, { blocksize: 20, norm3D: true }))).toBeGreaterThan(3);
  expect(ratio(normalize99Tile(volume, { blocksize: 20, norm3D: false }))).toBeLessThan(2.5);
});

test('each plane its own scale also works with channels, where 3.1 stops', () => {
  const one = uneven(40, 40);
  const volume = ndarray(new Float32Array([...one.data, ...one.data.map((value) => 3 * value)]), [2, 40, 40, 1]);
  const twice = { data: Float32Array.from({ length: 6400 }, (_, p) => volume.data[p >> 1]), shape: [2, 40, 40, 2] };
  const expected = normalize99Tile(volume, { blocksize: 20 }).data;
  expect(normalize99Tile(twice, { blocksize: 20 }).data.filter((_, p) => p % 2 === 1)).toEqual(expected);
});

test('does not change its input, and refuses what is no picture', () => {
  const image = uneven(40, 40);
  const before = image.data.slice();
  normalize99Tile(image, { blocksize: 20 });
  expect(image.data).toEqual(before);
  expect(() => normalize99Tile({ data: before, shape: [40, 40] })).toThrow(/nchan/);
  expect(() => normalize99Tile(image, { blocksize: 0 })).toThrow(/tileNormBlocksize/);
});
