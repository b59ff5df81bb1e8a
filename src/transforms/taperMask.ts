/** Weights that fade a tile out towards its edges. Source: cellpose 3.1 `transforms._taper_mask`. */
import type { NdArray } from '../array/ndarray.ts';
import { OptionError } from '../errors.ts';
import { checkSize } from './checkSize.ts';

/**
 * Weight of each pixel of a tile, float64 (ly, lx), between 0 and 1.
 *
 * Product of one sigmoid per axis, 1 / (1 + exp((d − (B/2 − 20)) / sigma)), d the distance from the middle in pixels.
 * B = max(224, ly, lx): smaller tiles take the middle of the weights of a full tile, so they hardly fade.
 *
 * @throws OptionError for sizes below 1 and a sigma that is not above 0.
 */
export function taperMask(ly: number, lx: number, sigma = 7.5): NdArray<Float64Array, readonly [number, number]> {
  checkSize('taperMask', ly, lx);
  if (!(sigma > 0)) throw new OptionError('sigma', sigma, `taperMask: sigma must be above 0 pixels; got ${sigma}`);
  const full = Math.max(224, ly, lx);
  const fade = Float64Array.from({ length: full }, (_, k) => {
    const distance = Math.abs(k - (full - 1) / 2);
    return 1 / (1 + Math.exp((distance - (full / 2 - 20)) / sigma));
  });
  const y0 = (full >> 1) - (ly >> 1);
  const x0 = (full >> 1) - (lx >> 1);
  const data = new Float64Array(ly * lx);
  for (let y = 0; y < ly; y++) {
    for (let x = 0; x < lx; x++) data[y * lx + x] = fade[x0 + x] * fade[y0 + y];
  }
  return { data, shape: [ly, lx] };
}
