/** What a network that says the same of every pixel loses: a training that stays there has learned nothing. */
import type { FloatArray } from '../array/ndarray.ts';

/**
 * The loss of `segLoss` for flows of zero everywhere and the one cell probability that loses least.
 *
 * @param lbl  as for `segLoss`.
 * @returns    ½ · mean of (5 · flow)², and the entropy −p ln p − (1 − p) ln(1 − p) of the share p of pixels in cells.
 */
export function blankLoss({ data, shape: [batch, planes, ly, lx] }: FloatArray): number {
  const pixels = ly * lx;
  let squares = 0;
  let inCells = 0;
  let counting = 0;
  for (let b = 0; b < batch; b++) {
    const first = planes * b * pixels;
    const [flowY, flowX] = [first + (planes - 2) * pixels, first + (planes - 1) * pixels];
    for (let i = 0; i < pixels; i++) {
      if (planes === 4 && data[first + pixels + i] !== 0) continue;
      counting++;
      if (data[first + i] > 0.5) inCells++;
      squares += data[flowY + i] ** 2 + data[flowX + i] ** 2;
    }
  }
  if (counting === 0) return 0;
  const share = inCells / counting;
  return (0.5 * 25 * squares) / (2 * counting) + entropy(share) + entropy(1 - share);
}

function entropy(p: number): number {
  return p > 0 ? -p * Math.log(p) : 0;
}
