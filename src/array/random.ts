/**
 * Reproducible random numbers: the same seed gives the same sequence on every machine. Two generators of different seeds do
 * not run side by side. Source: the generator `sfc32` of Chris Doty-Humphrey's PractRand, seeded by splitmix32.
 */

/** Draws the next number, in [0, 1), with 32 random bits. */
export type Random = () => number;

/** @param seed  any whole number, or several: (seed of the training, epoch), for example. */
export function seededRandom(...seed: readonly number[]): Random {
  let mixed = seed.reduce((state, part) => splitmix(state ^ (part | 0)) ^ Math.floor(part / 2 ** 32), 0x9e3779b9);
  const next = () => {
    mixed = (mixed + 0x9e3779b9) | 0;
    return splitmix(mixed);
  };
  let [a, b, c] = [next(), next(), next()];
  let counter = 1;
  const random = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 12; i++) random();
  return random;
}

function splitmix(state: number): number {
  let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return z ^ (z >>> 15);
}

/** 0 … n − 1 in random order. */
export function randomOrder(n: number, random: Random): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** `count` draws from 0 … n − 1 with replacement; `weights` are the relative chances, equal if left out. */
export function randomChoice(n: number, count: number, random: Random, weights?: ArrayLike<number>): Int32Array {
  if (!weights) return Int32Array.from({ length: count }, () => Math.floor(random() * n));
  const sums = new Float64Array(n);
  for (let i = 0, sum = 0; i < n; i++) sums[i] = sum += weights[i];
  return Int32Array.from({ length: count }, () => {
    const at = random() * sums[n - 1];
    const found = sums.findIndex((sum) => at < sum);
    return found < 0 ? n - 1 : found;
  });
}
