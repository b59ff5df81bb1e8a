import { expect, test } from 'vitest';
import { seededRandom } from '../array/random.ts';
import { ridge } from './ridge.ts';

test.each([
  [40, 5],
  [7, 12],
])('%i rows of %i features: the gradient of the penalised error is 0', (n, m) => {
  const random = seededRandom(n);
  const rows = Float64Array.from({ length: n * m }, () => random() - 0.5);
  const values = Float64Array.from({ length: n }, () => random() - 0.5);
  const a = ridge(rows, values, 0.3);
  expect(a).toHaveLength(m);
  const residual = values.map((y, r) => y - a.reduce((sum, v, i) => sum + v * rows[r * m + i]!, 0));
  for (let i = 0; i < m; i++) {
    const slope = residual.reduce((sum, e, r) => sum + e * rows[r * m + i]!, 0) - 0.3 * a[i]!;
    expect(Math.abs(slope)).toBeLessThan(1e-12);
  }
});

test('rows that do not divide are refused', () => {
  expect(() => ridge(new Float64Array(5), new Float64Array(2), 1)).toThrow('as many rows as values');
});
