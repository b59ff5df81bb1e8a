/** Shares out cells to threads for the diffusion kernels. */
import type { Range } from '../kernels/kernelJob.ts';
import { type DiffusionCells, tableColumns } from './diffusionCells.ts';

/** Pixel updates of one call of a kernel: some 10 ms. */
const callCost = 4e6;
/** Below this many pixel updates, waking workers costs more than it saves. */
const workerCost = 1e8;

/** Threads that are worth while for these cells. */
export function threadsForCells({ costs, count }: DiffusionCells, threads: number): number {
  const total = costs.reduce((a, b) => a + b, 0);
  return total < workerCost ? 1 : Math.min(threads, count);
}

/** Bytes of a thread's room, enough for each cell; what it holds says assembly/diffusion.ts. */
export function roomBytes({ table, count }: DiffusionCells): number {
  let bytes = 0;
  for (let k = 0; k < count; k++) {
    const [, y0, y1, x0, x1] = table.subarray(tableColumns * k, tableColumns * (k + 1));
    const height = y1 - y0 + 2;
    const width = x1 - x0 + 2;
    bytes = Math.max(bytes, 3 * 8 * ((height + 1) * width + 2) + 8 * height);
  }
  return Math.ceil(bytes / 16) * 16;
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
