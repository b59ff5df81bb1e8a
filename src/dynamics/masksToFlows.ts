/** Flows of labelled cells: what networks are trained on, and what the flow check compares with. Source: cellpose 3.1 `masks_to_flows`. */
import type { Masks2D, NdArray } from '../array/ndarray.ts';
import { openKernelJob } from '../kernels/kernelJob.ts';
import { threadCount } from '../kernels/threadCount.ts';
import { planeShape } from '../masks/objectBoxes.ts';
import { cellRanges, roomBytes, threadsForCells } from './cellRanges.ts';
import { maskFlows } from './diffusion.ts';
import { diffusionCells } from './diffusionCells.ts';
import { type FlowRules, flowRules3 } from './flowRules.ts';
import { wholeSteps } from './wholeSteps.ts';

export interface MasksToFlowsOptions {
  /** Steps of the diffusion for every cell, in place of the number that the rules derive from its box. */
  readonly niter?: number;
  /** @default flowRules3 */
  readonly rules?: FlowRules;
  /** Worker threads. @default all of the machine */
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/**
 * Turns labels into flows: unit vectors along the gradient of heat that spreads from the centre of each cell.
 *
 * @param masks  labels, (ly, lx), 0 is background; missing labels do no harm. Not changed.
 * @returns      (2, ly, lx) float64: plane 0 is y, plane 1 is x; 0 outside cells, and where a cell has no gradient
 *               (a single pixel).
 * @throws ShapeError if masks is not (ly, lx); OptionError if niter is negative or threads below 1.
 *
 * Each cell by itself within its box: every step adds 1 at the centre, then each pixel becomes the mean of itself and its
 * eight neighbours, where what is not of the cell counts 0. Bit-equal to cellpose 3.1 `masks_to_flows_cpu`; its GPU function
 * reads heat of neighbouring cells too.
 */
export async function masksToFlows(masks: Masks2D, options: MasksToFlowsOptions = {}): Promise<NdArray<Float64Array>> {
  const { rules = flowRules3, signal } = options;
  const [ly, lx] = planeShape('masksToFlows', masks);
  const niter = options.niter === undefined ? undefined : wholeSteps('masksToFlows', options.niter);
  const cells = diffusionCells(masks, rules, niter);
  const threads = threadsForCells(cells, threadCount('masksToFlows', options.threads));
  const room = roomBytes(cells);
  const plan = {
    mu: [Float64Array, 2 * ly * lx],
    labels: [Int32Array, ly * lx],
    cells: [Int32Array, cells.table.length],
    rooms: [Uint8Array, threads * room],
  } as const;
  const job = await openKernelJob(plan, threads);
  try {
    const { arrays, at } = job;
    arrays.labels.set(masks.data);
    arrays.cells.set(cells.table);
    const { eps } = rules;
    const work = {
      kernel: 'maskFlows',
      args: (from: number, to: number) => [at.labels, lx, at.cells, from, to, eps, at.mu, ly * lx, at.rooms, room],
      plain: (from: number, to: number) =>
        maskFlows({ labels: arrays.labels, lx, cells: arrays.cells, from, to, eps }, arrays.mu),
    };
    await job.run(work, cellRanges(cells), signal);
    return { data: arrays.mu.slice(), shape: [2, ly, lx] };
  } finally {
    job.close();
  }
}
