/**
 * Exact squared Euclidean distances to marked pixels, in time proportional to the picture.
 * Source: Felzenszwalb and Huttenlocher, "Distance transforms of sampled functions" (2012).
 */

/** Larger than any squared distance in a picture, small enough for exact sums. */
const far = 2 ** 50;

/**
 * @param marked  0 or not, ly · lx values in C order.
 * @returns       per pixel the square of the distance to the nearest marked pixel; above 2⁴⁹ where none is marked.
 */
export function squaredDistances(marked: Uint8Array, ly: number, lx: number): Float64Array {
  const distances = Float64Array.from(marked, (mark) => (mark ? 0 : far));
  const line = lowerEnvelope(Math.max(ly, lx));
  for (let x = 0; x < lx; x++) line(distances, x, lx, ly);
  for (let y = 0; y < ly; y++) line(distances, y * lx, 1, lx);
  return distances;
}

/** A function that replaces a line of values f by min over q of (p − q)² + f(q), the lower envelope of parabolas. */
function lowerEnvelope(longest: number) {
  const f = new Float64Array(longest);
  const vertices = new Int32Array(longest);
  const starts = new Float64Array(longest);
  return (values: Float64Array, first: number, stride: number, n: number): void => {
    for (let q = 0; q < n; q++) f[q] = values[first + q * stride];
    let k = 0;
    vertices[0] = 0;
    starts[0] = Number.NEGATIVE_INFINITY;
    // Where the parabola over q falls below that over v; it hides all that start to the right of there.
    const meets = (q: number, v: number) => (f[q] + q * q - f[v] - v * v) / (2 * (q - v));
    for (let q = 1; q < n; q++) {
      let from = meets(q, vertices[k]);
      while (from <= starts[k]) from = meets(q, vertices[--k]);
      vertices[++k] = q;
      starts[k] = from;
    }
    for (let p = 0, j = 0; p < n; p++) {
      while (j < k && starts[j + 1] < p) j++;
      const v = vertices[j];
      values[first + p * stride] = (p - v) * (p - v) + f[v];
    }
  };
}
