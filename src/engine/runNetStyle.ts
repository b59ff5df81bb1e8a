/** The style of a picture: the sum of the styles of its tiles, brought to unit length. Source: cellpose 3.1 `core.run_net`. */

/** Divides a style vector by its length, in place, with the float32 rounding and order of additions of numpy 1.24. */
export function normalizeStyle(style: Float32Array): void {
  const squares = style.map((value) => value * value);
  const length = Math.fround(Math.sqrt(pairwiseSum(squares, 0, squares.length)));
  for (let k = 0; k < style.length; k++) style[k] /= length;
}

/** Sum in float32 as numpy adds: blocks of at most 128 with eight running sums, halves of longer arrays apart. */
function pairwiseSum(values: Float32Array, start: number, n: number): number {
  if (n > 128) {
    const half = Math.floor(n / 2) - (Math.floor(n / 2) % 8);
    return Math.fround(pairwiseSum(values, start, half) + pairwiseSum(values, start + half, n - half));
  }
  let total = 0;
  let k = 0;
  if (n >= 8) {
    const sums = values.slice(start, start + 8);
    for (k = 8; k + 8 <= n; k += 8) {
      for (let lane = 0; lane < 8; lane++) sums[lane] += values[start + k + lane];
    }
    const [a, b, c, d, e, f, g, h] = sums;
    const left = Math.fround(Math.fround(a + b) + Math.fround(c + d));
    total = Math.fround(left + Math.fround(Math.fround(e + f) + Math.fround(g + h)));
  }
  for (; k < n; k++) total = Math.fround(total + values[start + k]);
  return total;
}
