/** The flow check: a mask is kept if the flow that its shape implies agrees with the network's. Source: cellpose 3.1 `metrics.flow_error`, `remove_bad_flow_masks`. */
import { checkArray, type FloatArray, type Masks2D } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';
import { openKernelJob } from '../kernels/kernelJob.ts';
import { threadCount } from '../kernels/threadCount.ts';
import { maxLabel, planeShape } from '../masks/objectBoxes.ts';
import { cellRanges, roomBytes, threadsForCells } from './cellRanges.ts';
import { maskErrors } from './diffusion.ts';
import { diffusionCells, tableColumns } from './diffusionCells.ts';
import { type DynamicsRules, dynamics3 } from './rules.ts';

export interface FlowCheckOptions {
  /** @default dynamics3 */
  readonly rules?: DynamicsRules;
  /** Worker threads. @default all of the machine */
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/**
 * Measures how far the network's flow is from the flow of each mask.
 *
 * @param masks  labels, (ly, lx), 0 is background.
 * @param dP     flow of the network, (2, ly, lx), 5 × unit length; not masked by cellprob.
 * @returns      per label 1 … largest label: mean over the mask of the squared length of (flow of the mask − dP / 5);
 *               NaN for a label that is missing.
 * @throws ShapeError if the sizes differ; OptionError if threads is below 1.
 */
export async function flowErrors(
  masks: Masks2D,
  dP: FloatArray,
  options: FlowCheckOptions = {},
): Promise<Float64Array> {
  const [ly, lx] = planeShape('flowErrors', masks);
  if (dP.shape.length !== 3 || dP.shape[0] !== 2 || dP.shape[1] !== ly || dP.shape[2] !== lx) {
    throw new ShapeError('flowErrors', `dP (2, ${ly}, ${lx}) to match masks`, dP.shape);
  }
  checkArray('flowErrors', dP);
  const { rules = dynamics3, signal } = options;
  const cells = diffusionCells(masks, rules.flows);
  const errors = new Float64Array(maxLabel(masks)).fill(Number.NaN);
  const threads = threadsForCells(cells, threadCount('flowErrors', options.threads));
  const room = roomBytes(cells);
  const plan = {
    errors: [Float64Array, cells.count],
    labels: [Int32Array, ly * lx],
    dP: [Float32Array, 2 * ly * lx],
    cells: [Int32Array, cells.table.length],
    rooms: [Uint8Array, threads * room],
  } as const;
  const job = await openKernelJob(plan, threads);
  try {
    const { arrays, at } = job;
    arrays.labels.set(masks.data);
    arrays.dP.set(dP.data);
    arrays.cells.set(cells.table);
    const { eps } = rules.flows;
    const { flowScale } = rules.follow;
    const work = {
      kernel: 'maskErrors',
      args: (from: number, to: number) => [
        ...[at.labels, lx, at.cells, from, to, eps],
        ...[at.dP, ly * lx, flowScale, at.errors, at.rooms, room],
      ],
      plain: (from: number, to: number) =>
        maskErrors(
          { labels: arrays.labels, lx, cells: arrays.cells, from, to, eps },
          arrays.dP,
          flowScale,
          arrays.errors,
        ),
    };
    await job.run(work, cellRanges(cells), signal);
    for (let k = 0; k < cells.count; k++) errors[cells.table[tableColumns * k] - 1] = arrays.errors[k];
  } finally {
    job.close();
  }
  return errors;
}

/**
 * Removes masks whose flow error is above the threshold.
 *
 * @param masks, dP  as for `flowErrors`. Not changed.
 * @param threshold  mean squared difference of unit flows, 0 or more; 0.4 in Cellpose.
 * @returns new masks; the labels that stay keep their numbers. A NaN error removes nothing.
 * @throws as `flowErrors`.
 */
export async function removeBadFlowMasks(
  masks: Masks2D,
  dP: FloatArray,
  threshold = 0.4,
  options: FlowCheckOptions = {},
): Promise<Masks2D> {
  const errors = await flowErrors(masks, dP, options);
  const kept = Int32Array.from({ length: errors.length + 1 }, (_, label) =>
    errors[label - 1] > threshold ? 0 : label,
  );
  const data = new Int32Array(masks.data.length);
  for (let i = 0; i < data.length; i++) if (masks.data[i] > 0) data[i] = kept[masks.data[i]];
  return { data, shape: masks.shape };
}
