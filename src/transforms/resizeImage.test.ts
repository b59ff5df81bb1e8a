import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FloatArray } from '../array/ndarray.ts';
import { resizeImage, resizePlanes } from './resizeImage.ts';
import { linearResizer } from './resizeLinear.ts';

function wavy(ly: number, lx: number, nchan: number): FloatArray {
  return { data: Float32Array.from({ length: ly * lx * nchan }, (_, k) => Math.sin(k * k)), shape: [ly, lx, nchan] };
}

test('a ramp stays a ramp, edges repeat', () => {
  const row = { data: new Float32Array([0, 4, 8]), shape: [1, 3] };
  expect(Array.from(resizeImage(row, 1, 6).data)).toEqual([0, 1, 3, 5, 7, 8]);
  expect(Array.from(resizeImage(row, 1, 6, 'nearest').data)).toEqual([0, 0, 4, 4, 8, 8]);
});

test('the same size gives the same values, in a new array', () => {
  const image = wavy(5, 7, 2);
  const same = resizeImage(image, 5, 7);
  expect(same).toEqual(image);
  expect(same.data).not.toBe(image.data);
});

test('integers are rounded, halves to even', () => {
  const row = { data: new Uint8Array([0, 2, 4, 8]), shape: [1, 4] };
  expect(Array.from(resizeImage(row, 1, 8).data)).toEqual([0, 0, 2, 2, 4, 5, 7, 8]);
});

test('any window equals the same part of the whole', () => {
  const size = fc.integer({ min: 1, max: 24 });
  fc.assert(
    fc.property(size, size, size, size, fc.integer({ min: 1, max: 3 }), fc.nat(), (sy, sx, dy, dx, nchan, seed) => {
      const image = wavy(sy, sx, nchan);
      const whole = new Float32Array(dy * dx * nchan);
      const resizer = linearResizer([sy, sx], [dy, dx], nchan);
      resizer.resize(image.data, { y: 0, x: 0, h: sy, w: sx }, { y: 0, x: 0, h: dy, w: dx }, whole);
      const [y, x] = [seed % dy, (seed >> 5) % dx];
      const window = { y, x, h: 1 + ((seed >> 10) % (dy - y)), w: 1 + ((seed >> 15) % (dx - x)) };
      const from = resizer.sourceWindow(window);
      const part = cut(image.data, [sx, nchan], from);
      const out = new Float32Array(window.h * window.w * nchan);
      resizer.resize(part, from, window, out);
      expect(out).toEqual(cut(whole, [dx, nchan], window));
    }),
    { seed: 3, numRuns: 300 },
  );
});

test('planes are resized as channels', () => {
  for (const [ly, lx] of [
    [13, 9],
    [4, 5],
  ]) {
    const image = wavy(8, 10, 3);
    const planes = new Float32Array(240).map((_, k) => image.data[(k % 80) * 3 + Math.floor(k / 80)]);
    const got = resizePlanes({ data: planes, shape: [3, 8, 10] }, ly, lx).data;
    const expected = resizeImage(image, ly, lx).data;
    expect(got).toEqual(got.map((_, k) => expected[(k % (ly * lx)) * 3 + Math.floor(k / (ly * lx))]));
  }
});

test('impossible sizes and ranks are refused', () => {
  expect(() => resizeImage(wavy(3, 3, 1), 0, 3)).toThrow(/at least 1 × 1/);
  expect(() => resizeImage(wavy(3, 3, 1), 2.5, 3)).toThrow(/2.5/);
  expect(() => resizeImage({ data: new Float32Array(3), shape: [3] }, 2, 2)).toThrow(/resizeImage/);
  expect(() => resizePlanes(wavy(0, 3, 1), 2, 2)).toThrow(/resizePlanes/);
});

function cut(
  data: Float32Array,
  [lx, nchan]: number[],
  { y, x, h, w }: { y: number; x: number; h: number; w: number },
): Float32Array {
  const rows = Array.from({ length: h }, (_, r) =>
    Array.from(data.subarray(((y + r) * lx + x) * nchan, ((y + r) * lx + x + w) * nchan)),
  );
  return Float32Array.from(rows.flat());
}
