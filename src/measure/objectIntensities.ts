/** Mean, smallest and largest value within each object, channel by channel. */
import type { NdArray, TypedArray } from '../array/ndarray.ts';
import type { LabelRuns } from './labelRuns.ts';

/** Of one object, a number for each channel. */
export interface Intensities {
  readonly mean: readonly number[];
  readonly min: readonly number[];
  readonly max: readonly number[];
}

/** @param image  ([lz,] ly, lx, nchan) of the size that the runs are of. */
export function objectIntensities(
  { data }: NdArray,
  { lx, nchan }: { readonly lx: number; readonly nchan: number },
  runs: LabelRuns,
): Intensities[] {
  const n = runs.labels.length;
  const channels = Array.from({ length: nchan }, (_, c) => channelOf(data, c, { lx, nchan }, runs));
  return Array.from({ length: n }, (_, k) => ({
    mean: channels.map(({ mean }) => mean[k]),
    min: channels.map(({ min }) => min[k]),
    max: channels.map(({ max }) => max[k]),
  }));
}

function channelOf(
  data: TypedArray,
  channel: number,
  { lx, nchan }: { readonly lx: number; readonly nchan: number },
  runs: LabelRuns,
): { readonly mean: Float64Array; readonly min: Float64Array; readonly max: Float64Array } {
  const n = runs.labels.length;
  const sums = new Float64Array(n);
  const areas = new Float64Array(n);
  const min = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  const max = new Float64Array(n).fill(Number.NEGATIVE_INFINITY);
  for (let r = 0; r < runs.count; r++) {
    const k = runs.object[r];
    const first = (runs.row[r] * lx + runs.from[r]) * nchan + channel;
    const last = (runs.row[r] * lx + runs.to[r]) * nchan + channel;
    let sum = 0;
    let least = min[k];
    let most = max[k];
    for (let i = first; i <= last; i += nchan) {
      const value = data[i];
      sum += value;
      if (value < least) least = value;
      if (value > most) most = value;
    }
    sums[k] += sum;
    areas[k] += runs.to[r] - runs.from[r] + 1;
    min[k] = least;
    max[k] = most;
  }
  return { mean: sums.map((sum, k) => sum / areas[k]), min, max };
}
