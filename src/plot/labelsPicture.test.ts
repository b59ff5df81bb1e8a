import { expect, it } from 'vitest';
import type { Masks } from '../array/ndarray.ts';
import { labelColor } from './labelColor.ts';
import { labelsPicture } from './labelsPicture.ts';

const rounded = (label: number) => labelColor(label).map(Math.round);

it('draws labels in their colours on black', () => {
  const masks: Masks = { data: Int32Array.from([0, 1, 0, 0, 70000, 0, -1, 2]), shape: [2, 4] };
  const { data, shape } = labelsPicture(masks);
  expect(shape).toEqual([2, 4, 3]);
  const pixel = (i: number) => [...data.subarray(3 * i, 3 * i + 3)];
  for (const i of [0, 2, 3, 5, 6]) expect(pixel(i)).toEqual([0, 0, 0]);
  expect(pixel(1)).toEqual(rounded(1));
  expect(pixel(4)).toEqual(rounded(70000));
  expect(pixel(7)).toEqual(rounded(2));
});

it('darkens the seam between cells that touch by a side, and nothing else', () => {
  const masks: Masks = { data: Int32Array.from([1, 1, 2, 2, 0, 0, 0, 0, 3, 3, 0, 4]), shape: [3, 4] };
  const { data } = labelsPicture(masks);
  const isBright = (i: number) => Math.max(...data.subarray(3 * i, 3 * i + 3)) > 200;
  expect([0, 1, 2, 3].map(isBright)).toEqual([true, false, false, true]);
  expect([8, 9, 11].map(isBright)).toEqual([true, true, true]);
});

it('gives labels that follow each other unlike colours, none of them dark', () => {
  for (let label = 1; label < 500; label++) {
    const [a, b] = [labelColor(label), labelColor(label + 1)];
    expect(Math.hypot(...a.map((v, c) => v - b[c]!))).toBeGreaterThan(100);
    expect(Math.max(...a)).toBeGreaterThan(190);
  }
});

it('refuses stacks', () => {
  expect(() => labelsPicture({ data: new Int32Array(8), shape: [2, 2, 2] })).toThrow('labelsPicture');
});
