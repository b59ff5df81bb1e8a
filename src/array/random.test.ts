import { expect, test } from 'vitest';
import { randomChoice, randomOrder, seededRandom } from './random.ts';

test('a seed gives the same numbers again, another seed or epoch others', () => {
  const take = (...seed: number[]) => Array.from({ length: 5 }, seededRandom(...seed));
  expect(take(3)).toEqual(take(3));
  const all = [take(0), take(1), take(2 ** 40), take(0, 1), take(1, 0), take(-1)].map((numbers) => numbers.join());
  expect(new Set(all).size).toBe(all.length);
});

test('numbers spread evenly over [0, 1)', () => {
  const random = seededRandom(42);
  const counts = new Array<number>(16).fill(0);
  let [sum, product] = [0, 0];
  let before = 0.5;
  const n = 64_000;
  for (let i = 0; i < n; i++) {
    const v = random();
    counts[Math.floor(v * 16)]!++;
    sum += v;
    product += (v - 0.5) * (before - 0.5);
    before = v;
  }
  // Five standard deviations.
  for (const count of counts) expect(Math.abs(count - n / 16)).toBeLessThan(5 * Math.sqrt(n / 16));
  expect(Math.abs(sum / n - 0.5)).toBeLessThan(5 / Math.sqrt(12 * n));
  expect(Math.abs(product / n)).toBeLessThan(5 / (12 * Math.sqrt(n)));
});

test('an order holds each number once', () => {
  const order = randomOrder(100, seededRandom(1));
  expect([...order].sort((a, b) => a - b)).toEqual([...Array(100).keys()]);
  expect([...order]).not.toEqual([...Array(100).keys()]);
});

test('choices follow their weights', () => {
  const picks = randomChoice(3, 30_000, seededRandom(5), [1, 0, 3]);
  const share = (k: number) => picks.filter((i) => i === k).length / picks.length;
  expect(share(0)).toBeCloseTo(0.25, 1);
  expect(share(1)).toBe(0);
  expect(randomChoice(2, 4, seededRandom(1))).toHaveLength(4);
});
