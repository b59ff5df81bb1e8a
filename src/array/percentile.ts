/**
 * Percentiles of float32 values, the same bits as numpy 1.24 `np.percentile` (method "linear") gives for float32 data.
 * Order statistics come from counting, in two passes over the bits of the numbers: no sort, no copy, input untouched.
 */

/** Which values of an array count: every `stride`-th from `offset` on. One channel of an interleaved image, for example. */
export interface Strided {
  readonly offset: number;
  readonly stride: number;
}

/**
 * Percentiles with linear interpolation between order statistics.
 *
 * @param values  at least one value, none of them NaN.
 * @param percents  in percent, 0–100.
 * @param strided  part of the values to use; all by default.
 * @returns one float64 per entry of `percents`.
 *
 * With a, b the neighbours in sorted order and t the fraction between them: a + (b − a)·t, or b − (b − a)·(1 − t) from
 * t = 0.5 on; b − a is rounded to float32, the rest is float64. Source: numpy 1.24 `_quantile`, `_lerp`. O(n).
 */
export function percentile(
  values: Float32Array,
  percents: readonly number[],
  { offset, stride }: Strided = { offset: 0, stride: 1 },
): number[] {
  const count = Math.ceil((values.length - offset) / stride);
  return interpolate(count, percents, (ranks) => orderStatistics(values, ranks, { offset, stride }));
}

/**
 * The same percentiles from a histogram of whole numbers: `counts[v]` values are v, and at least one is counted.
 * Numbers up to 2^24, which float32 holds exactly.
 */
export function percentileOfCounts(counts: Uint32Array, percents: readonly number[]): number[] {
  const count = counts.reduce((a, b) => a + b, 0);
  return interpolate(count, percents, (ranks) => ranks.map((rank) => locate(counts, 0, rank).bin));
}

/** Blends the order statistics on both sides of each percentile; `find` gives the values at ranks. */
function interpolate(
  count: number,
  percents: readonly number[],
  find: (ranks: readonly number[]) => readonly number[],
): number[] {
  const positions = percents.map((q) => (count - 1) * (q / 100));
  const found = find(positions.flatMap((p) => [Math.floor(p), Math.min(Math.floor(p) + 1, count - 1)]));
  return positions.map((p, i) => {
    const a = found[2 * i];
    const b = found[2 * i + 1];
    const t = p - Math.floor(p);
    const step = Math.fround(b - a);
    return t >= 0.5 ? b - step * (1 - t) : a + step * t;
  });
}

const binCount = 65536;

/** The values that stand at `ranks` (0 = smallest) in sorted order. */
function orderStatistics(values: Float32Array, ranks: readonly number[], strided: Strided): number[] {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const upper = countUpperHalves(bits, strided);
  const places = ranks.map((rank) => locate(upper, 0, rank));
  const bins = [...new Set(places.map((place) => place.bin))];
  const lower = countLowerHalves(bits, strided, bins);
  return places.map(({ bin, rank }) => {
    const low = locate(lower, bins.indexOf(bin) * binCount, rank).bin;
    return fromKey(((bin << 16) | low) >>> 0);
  });
}

/** Histogram of the upper 16 bits of the sort keys. */
function countUpperHalves(bits: Int32Array, { offset, stride }: Strided): Uint32Array {
  const counts = new Uint32Array(binCount);
  for (let i = offset; i < bits.length; i += stride) {
    const b = bits[i];
    counts[(b ^ ((b >> 31) | 0x80000000)) >>> 16]++;
  }
  return counts;
}

/** Histograms of the lower 16 bits, one for each upper half in `bins`. */
function countLowerHalves(bits: Int32Array, { offset, stride }: Strided, bins: readonly number[]): Uint32Array {
  const slots = new Int32Array(binCount).fill(-1);
  bins.forEach((bin, slot) => {
    slots[bin] = slot * binCount;
  });
  const counts = new Uint32Array(bins.length * binCount);
  for (let i = offset; i < bits.length; i += stride) {
    const b = bits[i];
    const key = b ^ ((b >> 31) | 0x80000000);
    const slot = slots[key >>> 16];
    if (slot >= 0) counts[slot + (key & 0xffff)]++;
  }
  return counts;
}

/** Bin of a histogram that holds the value of that rank, and its rank within the bin. */
function locate(counts: Uint32Array, start: number, rank: number): { bin: number; rank: number } {
  let bin = 0;
  let left = rank;
  while (left >= counts[start + bin]) left -= counts[start + bin++];
  return { bin, rank: left };
}

/**
 * Number of a sort key. Keys order like the numbers: the sign bit of positive numbers is set, negative numbers have all
 * their bits turned.
 */
function fromKey(key: number): number {
  const word = new Uint32Array([key & 0x80000000 ? key ^ 0x80000000 : ~key]);
  return new Float32Array(word.buffer)[0];
}
