/**
 * Brings a subsampled component to the size of the picture. Factors of 2 are interpolated (weights 3/4 and 1/4, rounding
 * alternating), as libjpeg's "fancy" upsampling does; other factors repeat samples.
 */

/** One component as samples. */
export interface Plane {
  readonly data: Uint8Array;
  /** Samples from a line to the next. */
  readonly stride: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Upsamples.
 *
 * @param h, v  factors across and down.   @param width, height  size of the picture; the result is not larger.
 */
export function upsample(plane: Plane, h: number, v: number, width: number, height: number): Plane {
  if (h === 1 && v === 1) return plane;
  const smooth = (h === 2 && (v === 1 || v === 2) && plane.width > 2) || (h === 1 && v === 2);
  const out = new Uint8Array(width * height);
  const sums = new Int32Array(plane.width + 1);
  for (let y = 0; y < height; y++) {
    const line = out.subarray(y * width, (y + 1) * width);
    const near = Math.min(Math.floor(y / v), plane.height - 1);
    if (!smooth) {
      for (let x = 0; x < width; x++) line[x] = plane.data[near * plane.stride + Math.floor(x / h)];
      continue;
    }
    // Down: the nearer line counts three times the next one, which at the edges is the same line.
    const upper = v === 2 && y % 2 === 0;
    const far = v === 1 ? near : Math.min(Math.max(upper ? near - 1 : near + 1, 0), plane.height - 1);
    for (let x = 0; x < plane.width; x++) {
      const value = plane.data[near * plane.stride + x];
      sums[x] = v === 1 ? value : 3 * value + plane.data[far * plane.stride + x];
    }
    if (h === 1) for (let x = 0; x < width; x++) line[x] = (sums[x] + (upper ? 1 : 2)) >> 2;
    else widen(sums, plane.width, line, v);
  }
  return { data: out, stride: width, width, height };
}

/** Across: 2n samples from n. `v` tells the scale of `sums`: 1, or 4 after the step down. */
function widen(sums: Int32Array, n: number, line: Uint8Array, v: number): void {
  const [shift, even, odd] = v === 1 ? [2, 1, 2] : [4, 8, 7];
  for (let i = 0; i < n; i++) {
    const here = sums[i];
    // The outermost samples have no outer neighbour and stand for themselves.
    const before = i === 0 ? here : sums[i - 1];
    const after = i === n - 1 ? here : sums[i + 1];
    line[2 * i] = (3 * here + before + even) >> shift;
    if (2 * i + 1 < line.length) line[2 * i + 1] = (3 * here + after + odd) >> shift;
  }
}
