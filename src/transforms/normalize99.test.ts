import { expect, test } from 'vitest';
import { OptionError } from '../errors.ts';
import { normalize99 } from './normalize99.ts';

test.each([
  ['8 bit', Uint8Array, 256, 30],
  ['16 bit', Uint16Array, 65536, 30],
  ['16 bit, one value', Uint16Array, 1, 30],
  ['8 bit, one pixel', Uint8Array, 256, 1],
  ['16 bit, pixels left over from fours', Uint16Array, 65536, 7],
])('whole numbers of %s give the bits that float32 gives', (_, Type, range, side) => {
  const data = new Type(Array.from({ length: side * side }, (_, k) => (k * 40503 + k * k) % range));
  const shape = [side, side];
  for (const [lower, upper] of [
    [1, 99],
    [0, 100],
    [33.3, 70.01],
  ]) {
    const expected = normalize99({ data: Float32Array.from(data), shape }, lower, upper);
    expect(normalize99({ data, shape }, lower, upper)).toEqual(expected);
  }
});

test('an image without pixels, or of another shape, is refused', () => {
  expect(() => normalize99({ data: new Uint8Array(0), shape: [0, 5] })).toThrow(/with pixels/);
  expect(() => normalize99({ data: new Uint8Array(4), shape: [2, 3] })).toThrow(/4 elements/);
});

test.each([
  [99, 1],
  [-1, 50],
  [0, 101],
  [NaN, 99],
])('percentiles %s and %s are refused', (lower, upper) => {
  expect(() => normalize99({ data: new Uint8Array(4), shape: [2, 2] }, lower, upper)).toThrow(OptionError);
});
