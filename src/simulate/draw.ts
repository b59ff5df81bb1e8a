/** Random numbers of other distributions than the even one, made of a seeded generator. */
import type { Random } from '../array/random.ts';

/** Even between two bounds. */
export const uniform = (random: Random, from: number, to: number): number => from + (to - from) * random();

/** Normal, mean 0, standard deviation 1. Source: Box and Muller (1958), the cosine half. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Positive, median 1: exp of a normal number times `spread`, cut at 2.5 standard deviations. */
export function lognormal(random: Random, spread: number): number {
  return Math.exp(spread * Math.max(-2.5, Math.min(2.5, normal(random))));
}

/** Counts of a mean, as photons arrive. Means from 30 on are drawn from the normal distribution that comes close. */
export function poisson(mean: number, random: Random): number {
  if (mean >= 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  let count = 0;
  for (let product = random(), least = Math.exp(-mean); product > least; product *= random()) count++;
  return count;
}

/** A direction in space, even over the sphere; flat ones have no z part. */
export function direction(random: Random, flat: boolean): [number, number, number] {
  const z = flat ? 0 : uniform(random, -1, 1);
  const angle = uniform(random, 0, 2 * Math.PI);
  const r = Math.sqrt(1 - z * z);
  return [z, r * Math.sin(angle), r * Math.cos(angle)];
}
