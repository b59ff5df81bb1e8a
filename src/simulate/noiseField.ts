/** Smooth random textures that cells and backgrounds are cut from. */
import type { Random } from '../array/random.ts';
import { gaussianFilterInPlace } from '../transforms/gaussianFilter.ts';
import { uniform } from './draw.ts';

/** Gives the texture's value at any place, in pixels: mean 0, standard deviation 1, the nearest sample. */
export type NoiseField = (z: number, y: number, x: number) => number;

/**
 * @param sigma   size of the grains in pixels, along y and x (and z, if not flat).
 * @param flat    the same along z.
 * @param pixels  side of the piece that is made; beyond it the texture goes on mirrored.
 */
export function noiseField(
  sigma: readonly [number, number],
  flat: boolean,
  pixels: number,
  random: Random,
): NoiseField {
  const n = Math.max(32, Math.min(flat ? 1024 : 96, Math.ceil(pixels)));
  const shape = [flat ? 1 : n, n, n];
  const data = Float32Array.from({ length: shape[0] * n * n }, () => uniform(random, -1, 1));
  gaussianFilterInPlace({ data, shape }, [flat ? 0 : (sigma[0] + sigma[1]) / 2, ...sigma]);
  normalizeInPlace(data);
  const index = (at: number): number => {
    const k = ((Math.round(at) % (2 * n)) + 2 * n) % (2 * n);
    return k < n ? k : 2 * n - 1 - k;
  };
  return (z, y, x) => data[((flat ? 0 : index(z)) * n + index(y)) * n + index(x)];
}

function normalizeInPlace(data: Float32Array): void {
  let [sum, squares] = [0, 0];
  for (const value of data) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / data.length;
  const deviation = Math.sqrt(Math.max(1e-12, squares / data.length - mean * mean));
  for (let i = 0; i < data.length; i++) data[i] = (data[i] - mean) / deviation;
}

/** Thin curved lines of height 1 along which a texture is 0: fibres. */
export const ridge = (value: number, width: number): number => Math.exp(-((value / width) ** 2));
