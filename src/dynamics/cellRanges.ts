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
export function roomBytes({ table, count, solid }: DiffusionCells): number {
  let bytes = 0;
  for (let k = 0; k < count; k++) {
    const [, z0, z1, y0, y1, x0, x1] = table.subarray(tableColumns * k, tableColumns * (k + 1));
    const rows = (y1 - y0 + 2) * (solid ? z1 - z0 + 2 : 1);
    bytes = Math.max(bytes, 3 * 8 * ((rows + 1) * (x1 - x0 + 2) + 2) + 8 * rows);
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

/** Ranges of rows of about a quarter of a million pixels. */
export function rowRanges(rows: number, lx: number): Range[] {
  const step = Math.max(1, Math.ceil(2 ** 18 / Math.max(1, lx)));
  return Array.from({ length: Math.ceil(rows / step) }, (_, k) => [k * step, Math.min(rows, (k + 1) * step)]);
}
