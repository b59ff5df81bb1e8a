/** Smooth random textures that cells and backgrounds are cut from. */
import type { Random } from '../array/random.ts';
import { gaussianFilterInPlace } from '../transforms/gaussianFilter.ts';
import { uniform } from './draw.ts';

/** Gives the texture's value at any place, in pixels: mean 0, standard deviation 1. */
export type NoiseField = (z: number, y: number, x: number) => number;

/**
 * @param sigma   size of the grains in pixels, along y and x (and z, if not flat).
 * @param flat    the same along z.
 * @param pixels  side of the piece that is made; beyond it the texture goes on mirrored.
 *
 * Fine textures give the nearest sample. Coarse flat ones are made on a wider grid, and given between its points linearly.
 */
export function noiseField(
  sigma: readonly [number, number],
  flat: boolean,
  pixels: number,
  random: Random,
): NoiseField {
  const step = flat ? Math.max(1, Math.floor(Math.min(...sigma) / 3)) : 1;
  const n = Math.max(32, Math.min(flat ? 1024 : 96, Math.ceil(pixels / step)));
  const shape = [flat ? 1 : n, n, n];
  const data = Float32Array.from({ length: shape[0] * n * n }, () => uniform(random, -1, 1));
  const [sy, sx] = [sigma[0] / step, sigma[1] / step];
  gaussianFilterInPlace({ data, shape }, [flat ? 0 : (sy + sx) / 2, sy, sx]);
  normalizeInPlace(data);
  const sample = (z: number, y: number, x: number): number => data[(z * n + mirrored(y, n)) * n + mirrored(x, n)];
  if (step === 1) return (z, y, x) => sample(flat ? 0 : mirrored(Math.round(z), n), Math.round(y), Math.round(x));
  return (_, y, x) => {
    const [y0, x0] = [Math.floor(y / step), Math.floor(x / step)];
    const [fy, fx] = [y / step - y0, x / step - x0];
    const row = (k: number): number => (1 - fx) * sample(0, k, x0) + fx * sample(0, k, x0 + 1);
    return (1 - fy) * row(y0) + fy * row(y0 + 1);
  };
}

/** Index within 0 … n − 1 for a whole place outside: the piece and its mirror image in turn. */
function mirrored(at: number, n: number): number {
  const k = ((at % (2 * n)) + 2 * n) % (2 * n);
  return k < n ? k : 2 * n - 1 - k;
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
