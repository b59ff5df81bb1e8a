/** Shares out cells to threads for the diffusion kernels. */
import type { Range } from '../kernels/kernelJob.ts';
import type { DiffusionCells } from './diffusionCells.ts';

/** Pixel updates of one call of a kernel: some 10 ms. */
const callCost = 4e6;
/** Below this many pixel updates, waking workers costs more than it saves. */
const workerCost = 1e8;

/** Threads that are worth while for these cells. */
export function threadsForCells({ costs, count }: DiffusionCells, threads: number): number {
  const total = costs.reduce((a, b) => a + b, 0);
  return total < workerCost ? 1 : Math.min(threads, count);
}

/** Bytes of a thread's room for the largest cell: three planes of float64, and per row two int32; see assembly/diffusion.ts. */
export function roomBytes({ largestBox, largestHeight }: DiffusionCells): number {
  return Math.ceil((24 * (largestBox + 2) + 8 * largestHeight) / 16) * 16;
}

/** Ranges of cells of about equal cost. */
export function cellRanges({ costs, count }: DiffusionCells): Range[] {
  const ranges: Range[] = [];
  for (let from = 0, to = 0; from < count; from = to) {
    for (let cost = 0; to < count && cost < callCost; to++) cost += costs[to];
    ranges.push([from, to]);
  }
  return ranges;
}
