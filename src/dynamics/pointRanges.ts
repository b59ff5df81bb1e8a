import type { Range } from '../kernels/kernelJob.ts';

/** Steps of one call of a kernel, at most: some 10 ms. */
const callSteps = 3.2e6;

/** Parts of a list of points for one call of a kernel each: whole blocks, small enough to be interrupted and shared out. */
export function pointRanges(n: number, niter: number, block: number): Range[] {
  const ranges: Range[] = [];
  const size = block * Math.max(1, Math.min(128, Math.floor(callSteps / (block * Math.max(1, niter)))));
  for (let from = 0; from < n; from += size) ranges.push([from, Math.min(n, from + size)]);
  return ranges;
}
