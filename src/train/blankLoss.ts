/** What a network that says the same of every pixel loses: a training that stays there has learned nothing. */
import type { FloatArray } from '../array/ndarray.ts';

/**
 * The loss of `segLoss` for flows of zero everywhere and the one cell probability that loses least.
 *
 * @param lbl  (B, 3, Y, X): above 0.5 in cells, then unit flow y and x.
 * @returns    ½ · mean of (5 · flow)², and the entropy −p ln p − (1 − p) ln(1 − p) of the share p of pixels in cells.
 */
export function blankLoss({ data, shape: [batch, , ly, lx] }: FloatArray): number {
  const pixels = ly * lx;
  let squares = 0;
  let inCells = 0;
  for (let b = 0; b < batch; b++) {
    const first = 3 * b * pixels;
    for (let i = first; i < first + pixels; i++) if (data[i] > 0.5) inCells++;
    for (let i = first + pixels; i < first + 3 * pixels; i++) squares += data[i] * data[i];
  }
  const share = inCells / (batch * pixels);
  return (0.5 * 25 * squares) / (2 * batch * pixels) + entropy(share) + entropy(1 - share);
}

function entropy(p: number): number {
  return p > 0 ? -p * Math.log(p) : 0;
}
