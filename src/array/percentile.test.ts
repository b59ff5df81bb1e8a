import fc from 'fast-check';
import { expect, test } from 'vitest';
import { percentile } from './percentile.ts';

test('neighbours are blended, from the nearer end', () => {
  const values = new Float32Array([40, 10, 30, 20]);
  expect(percentile(values, [0, 25, 50, 75, 100])).toEqual([10, 17.5, 25, 32.5, 40]);
});

test('one value is every percentile', () => {
  expect(percentile(new Float32Array([-3]), [0, 1, 99, 100])).toEqual([-3, -3, -3, -3]);
});

test('the difference of neighbours is rounded to float32, as numpy does', () => {
  const values = new Float32Array([0.1, 16777216]);
  expect(percentile(values, [25])).toEqual([values[0] + Math.fround(values[1] - values[0]) * 0.25]);
});

test('a channel of interleaved values', () => {
  const values = new Float32Array([1, 100, 2, 200, 3, 300]);
  expect(percentile(values, [50], { offset: 0, stride: 2 })).toEqual([2]);
  expect(percentile(values, [50], { offset: 1, stride: 2 })).toEqual([200]);
});

test('order statistics are those of sorting; the input stays', () => {
  const numbers = fc.array(fc.float({ noNaN: true, min: Math.fround(-1e30), max: Math.fround(1e30) }), {
    minLength: 1,
    maxLength: 300,
  });
  fc.assert(
    fc.property(numbers, (list) => {
      const values = Float32Array.from(list);
      const before = values.slice();
      const sorted = values.slice().sort();
      const n = values.length;
      const last = n - 1;
      expect(percentile(values, [0, 100]).map((v) => v + 0)).toEqual([sorted[0], sorted[last]].map((v) => v + 0));
      expect(values).toEqual(before);
    }),
    { seed: 7, numRuns: 200 },
  );
  const shuffled = Float32Array.from({ length: 101 }, (_, k) => ((k * 37) % 101) - 50);
  for (let q = 0; q <= 100; q++) expect(percentile(shuffled, [q])[0]).toBeCloseTo(q - 50, 10);
});
