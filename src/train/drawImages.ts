import { type Random, randomChoice, randomOrder } from '../array/random.ts';

/** All images in random order, or as many as asked for, drawn by chance with relative `weights`. */
export function drawImages(n: number, count: number, random: Random, weights?: ArrayLike<number>): Int32Array {
  return count === n ? randomOrder(n, random) : randomChoice(n, count, random, weights);
}
