/**
 * Inverse cosine transform of 8 × 8 blocks in integers, with the constants, order and rounding of libjpeg's accurate method, so
 * that samples are equal to the last bit to those of the programs that stand on it (OpenCV, Pillow).
 * Source: C. Loeffler, A. Ligtenberg, G. Moschytz, ICASSP 1989: 11 multiplications per line; 13 fractional bits.
 */
import type { Component } from './frame.ts';

/** Fractional bits kept between the passes. */
const kept = 2;
const work = new Int32Array(64);

/**
 * Turns all blocks of a component into samples.
 *
 * @param quantization  64 factors in natural order.
 * @returns samples 0–255, (8 · blocksDown, 8 · blocksAcross).
 */
export function inverseDct(component: Component, quantization: Uint16Array): Uint8Array {
  const { blocksAcross, blocksDown, coefficients } = component;
  const stride = blocksAcross * 8;
  const out = new Uint8ClampedArray(stride * blocksDown * 8);
  for (let row = 0, from = 0; row < blocksDown; row++) {
    for (let column = 0; column < blocksAcross; column++, from += 64) {
      for (let x = 0; x < 8; x++) transformColumn(coefficients, from + x, quantization, x);
      for (let y = 0; y < 8; y++) transformRow(y * 8, out, (row * 8 + y) * stride + column * 8);
    }
  }
  return new Uint8Array(out.buffer);
}

/** First pass: dequantizes a column and writes it to `work` with `kept` fractional bits. */
function transformColumn(c: Int16Array, at: number, q: Uint16Array, x: number): void {
  const c0 = c[at] * q[x];
  if ((c[at + 8] | c[at + 16] | c[at + 24] | c[at + 32] | c[at + 40] | c[at + 48] | c[at + 56]) === 0) {
    for (let i = x; i < 64; i += 8) work[i] = c0 << kept;
    return;
  }
  work[x] = c0;
  for (let i = 8; i < 64; i += 8) work[x + i] = Math.imul(c[at + i], q[x + i]);
  transform(work, x, 8, 13 - kept);
}

/** Second pass: transforms a line of `work` and writes it as samples around 128. Clamping is the array's. */
function transformRow(at: number, out: Uint8ClampedArray, to: number): void {
  transform(work, at, 1, 13 + kept + 3);
  for (let i = 0; i < 8; i++) out[to + i] = work[at + i] + 128;
}

/** Eight values w[at], w[at + step] … in place, divided by 2^shift and rounded. */
function transform(w: Int32Array, at: number, step: number, shift: number): void {
  const i1 = at + step;
  const i2 = i1 + step;
  const i3 = i2 + step;
  const i4 = i3 + step;
  const i5 = i4 + step;
  const i6 = i5 + step;
  const i7 = i6 + step;
  const half = 1 << (shift - 1);
  // Even part: a rotation of (2, 6) by π/8, times √2, and the sums of (0, 4).
  const w2 = w[i2];
  const w6 = w[i6];
  const turn = Math.imul(w2 + w6, 4433);
  const e2 = turn - Math.imul(w6, 15137);
  const e3 = turn + Math.imul(w2, 6270);
  const e0 = ((w[at] + w[i4]) << 13) + half;
  const e1 = ((w[at] - w[i4]) << 13) + half;
  // Odd part.
  const w1 = w[i1];
  const w3 = w[i3];
  const w5 = w[i5];
  const w7 = w[i7];
  const z5 = Math.imul(w7 + w3 + w5 + w1, 9633);
  const z1 = Math.imul(w7 + w1, -7373);
  const z2 = Math.imul(w5 + w3, -20995);
  const z3 = Math.imul(w7 + w3, -16069) + z5;
  const z4 = Math.imul(w5 + w1, -3196) + z5;
  const o0 = Math.imul(w7, 2446) + z1 + z3;
  const o1 = Math.imul(w5, 16819) + z2 + z4;
  const o2 = Math.imul(w3, 25172) + z2 + z3;
  const o3 = Math.imul(w1, 12299) + z1 + z4;
  w[at] = (e0 + e3 + o3) >> shift;
  w[i7] = (e0 + e3 - o3) >> shift;
  w[i1] = (e1 + e2 + o2) >> shift;
  w[i6] = (e1 + e2 - o2) >> shift;
  w[i2] = (e1 - e2 + o1) >> shift;
  w[i5] = (e1 - e2 - o1) >> shift;
  w[i3] = (e0 - e3 + o0) >> shift;
  w[i4] = (e0 - e3 - o0) >> shift;
}
