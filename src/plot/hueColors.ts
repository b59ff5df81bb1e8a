/** Hues in a given order as colours of labels. Source: the random colours of cellpose 3.1 `plot.mask_overlay`. */
import type { NdArray } from '../array/ndarray.ts';
import { hsvToRgb } from './hsv.ts';

/**
 * Full colours, spread evenly round the circle of hues.
 *
 * @param order  0 … n − 1, each once: label k has hue order[k − 1] / n. Seeded: `randomOrder(n, seededRandom(seed))`.
 * @returns      RGB, (n, 3), 0–1: the colours of `maskOverlay`.
 */
export function hueColors(order: ArrayLike<number>): NdArray<Float64Array> {
  const n = order.length;
  return { data: Float64Array.from(Array.from(order, (k) => hsvToRgb(k / n, 1, 1)).flat()), shape: [n, 3] };
}
