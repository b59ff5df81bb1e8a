/**
 * Makes pictures worse as a microscope does: blur, fewer pixels, few photons. Chance comes as plain numbers, but for the
 * photons. Source: cellpose 3.1 `denoise.add_noise`, `img_norm`.
 */
import { percentile } from '../array/percentile.ts';
import type { Random } from '../array/random.ts';
import { poisson } from '../simulate/draw.ts';
import { resizeImage } from '../transforms/resizeImage.ts';

/** What is done to one picture; what is left out is not done. */
export interface Noise {
  /** Sigmas of a Gaussian along y and x, in pixels. */
  readonly blur?: readonly [number, number];
  /** Of so many pixels one is kept, along y and x; between them the picture is linear. */
  readonly step?: readonly [number, number];
  /** Photons that a pixel of 1 gives on average. */
  readonly photons?: number;
}

interface Plane {
  readonly data: Float32Array;
  readonly ly: number;
  readonly lx: number;
}

/** Percentiles closer than this are not scaled apart. */
const flat = 1e-3;
/** Taps of a kernel to each side, and its centre, at least. */
const leastReach = 8;

/**
 * @param plane   pixels of 0 and more, about 0 to 1. Not changed.
 * @param reach   taps of the blur to each side, and the centre: of the largest sigma in a batch, as there (`kernelReach`).
 * @param random  draws the photons.
 * @returns       new pixels, their percentiles 1 and 99 at 0 and 1.
 */
export function addNoise(
  plane: Plane,
  { blur, step, photons }: Noise,
  random: Random,
  reach = blur ? kernelReach(blur) : 0,
): Float32Array {
  const { ly, lx } = plane;
  let data: Float32Array = plane.data.slice();
  if (blur) {
    const columns = smoothed(data, gaussian(blur[0], reach), { count: ly, stride: lx, lines: lx, next: 1 });
    data = smoothed(columns, gaussian(blur[1], reach), { count: lx, stride: 1, lines: ly, next: lx });
  }
  if (step) data = sampled({ data, ly, lx }, step);
  if (photons !== undefined) for (let i = 0; i < data.length; i++) data[i] = poisson(photons * data[i], random);
  scaleByPercentiles(data);
  return data;
}

export function kernelReach([sigma]: readonly [number, number]): number {
  return Math.max(leastReach, 2 * Math.trunc(sigma));
}

/** Half a kernel, from the centre on, cut at `reach` and of sum 1. */
function gaussian(sigma: number, reach: number): Float64Array {
  const half = Float64Array.from({ length: reach }, (_, k) => Math.exp(-(k * k) / (2 * sigma * sigma)));
  const sum = 2 * half.subarray(1).reduce((a, b) => a + b, 0) + half[0];
  return half.map((weight) => weight / sum);
}

interface Lines {
  readonly count: number;
  readonly stride: number;
  readonly lines: number;
  readonly next: number;
}

/** Beyond the border is 0. */
function smoothed(data: Float32Array, half: Float64Array, { count, stride, lines, next }: Lines): Float32Array {
  const out = new Float32Array(data.length);
  const reach = half.length - 1;
  const line = new Float64Array(count + 2 * reach);
  for (let l = 0; l < lines; l++) {
    for (let k = 0; k < count; k++) line[reach + k] = data[l * next + k * stride];
    for (let k = 0; k < count; k++) {
      let sum = half[0] * line[reach + k];
      for (let j = 1; j <= reach; j++) sum += half[j] * (line[reach + k - j] + line[reach + k + j]);
      out[l * next + k * stride] = sum;
    }
  }
  return out;
}

function sampled({ data, ly, lx }: Plane, [stepY, stepX]: readonly [number, number]): Float32Array {
  const [sy, sx] = [Math.ceil(ly / stepY), Math.ceil(lx / stepX)];
  const few = new Float32Array(sy * sx);
  for (let y = 0, i = 0; y < sy; y++) for (let x = 0; x < sx; x++) few[i++] = data[y * stepY * lx + x * stepX];
  return resizeImage({ data: few, shape: [sy, sx] }, ly, lx).data;
}

function scaleByPercentiles(data: Float32Array): void {
  const [low, high] = percentile(data, [1, 99]).map(Math.fround) as [number, number];
  const range = Math.fround(high - low);
  if (range <= flat) return;
  for (let i = 0; i < data.length; i++) data[i] = Math.fround(data[i] - low) / range;
}
