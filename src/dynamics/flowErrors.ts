/** The flow check: a mask is kept if the flow that its shape implies agrees with the network's. Source: Cellpose's `metrics.flow_error`, `remove_bad_flow_masks`. */
import { type AnyTypedArray, checkArray, type FloatArray, type NdArray } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';
import { openKernelJob } from '../kernels/kernelJob.ts';
import { threadCount } from '../kernels/threadCount.ts';
import { countLabels, maxLabel } from '../masks/objectBoxes.ts';
import type { LabelStack } from './cellBoxes.ts';
import { cellRanges, threadsForCells } from './cellRanges.ts';
import { type CheckedCells, errorsOfSameCells } from './checkedCells.ts';
import { diffusionCells, tableColumns } from './diffusionCells.ts';
import { heatErrors } from './heatGradient.ts';
import { masksToFlows } from './masksToFlows.ts';
import { type DynamicsRules, dynamics3 } from './rules.ts';
import { heatPlan, spreadHeat } from './spreadHeat.ts';
import { wholeLabels } from './wholeLabels.ts';

export interface FlowCheckOptions {
  /** @default dynamics3 */
  readonly rules?: DynamicsRules;
  /**
   * What `eval` or `computeMasks` measured of the same flow: cells of a plane that have the same pixels as then are not measured again,
   * where that gives the same.
   */
  readonly known?: CheckedCells | undefined;
  /** Worker threads. @default all of the machine */
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/**
 * Measures how far the network's flow is from the flow of each mask.
 *
 * @param masks  labels, ([lz,] ly, lx), 0 and below is background.
 * @param dP     flow of the network, (2, ly, lx) or (3, lz, ly, lx), 5 × unit length; not masked by cellprob.
 * @returns      per label 1 … largest label: mean over the mask of the squared length of (flow of the mask − dP / 5);
 *               NaN for a label that is missing. In a volume the z component weighs `zErrorWeight` of the rules.
 * @throws ShapeError if the sizes differ; OptionError if labels are not whole numbers or threads below 1.
 */
export async function flowErrors(
  masks: NdArray<AnyTypedArray>,
  dP: FloatArray,
  options: FlowCheckOptions = {},
): Promise<Float64Array> {
  const labels = wholeLabels('flowErrors', masks);
  checkSizes(labels, dP);
  const { rules = dynamics3, signal } = options;
  const threads = threadCount('flowErrors', options.threads);
  if (labels.shape.length === 3) return volumeErrors(labels, dP, { rules, threads, ...(signal && { signal }) });
  const [ly, lx] = labels.shape;
  const measure = (data: Int32Array) => planeErrors({ data, shape: [1, ly, lx] }, dP.data, rules, threads, signal);
  const errors = options.known && errorsOfSameCells(labels, options.known, rules);
  return errors ? measureRest(labels.data, errors, measure) : measure(labels.data);
}

/** Fills in the errors of labels that have none yet. */
async function measureRest(
  labels: Int32Array,
  errors: Float64Array,
  measure: (labels: Int32Array) => Promise<Float64Array>,
): Promise<Float64Array> {
  if (!errors.some(Number.isNaN)) return errors;
  const rest = labels.map((label) => (label > 0 && Number.isNaN(errors[label - 1]) ? label : 0));
  (await measure(rest)).forEach((error, k) => {
    if (!Number.isNaN(error)) errors[k] = error;
  });
  return errors;
}

function checkSizes(masks: NdArray, dP: FloatArray): void {
  const { shape } = masks;
  const { length } = shape;
  if (length !== 2 && length !== 3) throw new ShapeError('flowErrors', 'masks (ly, lx) or (lz, ly, lx)', shape);
  const expected = [length, ...shape];
  if (dP.shape.length !== length + 1 || expected.some((size, axis) => dP.shape[axis] !== size)) {
    throw new ShapeError('flowErrors', `dP (${expected.join(', ')}) to match masks`, dP.shape);
  }
  checkArray('flowErrors', dP);
}

async function planeErrors(
  labels: LabelStack,
  dP: Float32Array,
  { flows, follow }: DynamicsRules,
  most: number,
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  const [lz, ly, lx] = labels.shape;
  const cells = diffusionCells(labels, flows, false);
  const threads = threadsForCells(cells, most);
  const plan = {
    ...heatPlan(labels, cells, threads),
    errors: [Float64Array, cells.count],
    dP: [Float32Array, dP.length],
  } as const;
  const job = await openKernelJob(plan, threads);
  try {
    const { arrays, at } = job;
    arrays.dP.set(dP);
    const field = await spreadHeat(job, labels, cells, flows, signal);
    const own = field.own ? 1 : 0;
    const { flowScale } = follow;
    const work = {
      kernel: 'heatErrors',
      args: (from: number, to: number) => [
        ...[at.labels, at.heat, lz, ly, lx, own, flows.eps],
        ...[at.cells, from, to, at.dP, flowScale, at.errors],
      ],
      plain: (from: number, to: number) =>
        heatErrors(
          field,
          { labels: arrays.labels, ly, lx, cells: arrays.cells, from, to },
          { dP: arrays.dP, flowScale },
          arrays.errors,
        ),
    };
    await job.run(work, cellRanges(cells), signal);
    const errors = new Float64Array(maxLabel(labels)).fill(Number.NaN);
    for (let k = 0; k < cells.count; k++) errors[cells.table[tableColumns * k] - 1] = arrays.errors[k];
    return errors;
  } finally {
    job.close();
  }
}

/** The same for a volume; differences and their squares are float32, as numpy has them. */
async function volumeErrors(
  masks: NdArray<Int32Array>,
  dP: FloatArray,
  { rules, ...run }: FlowCheckOptions & { readonly rules: DynamicsRules },
): Promise<Float64Array> {
  const mu = await masksToFlows(masks, { ...run, rules: rules.flows });
  const counts = countLabels(masks);
  const { data } = masks;
  const n = data.length;
  const errors = new Float64Array(counts.length - 1);
  for (let axis = 0; axis < 3; axis++) {
    const weight = axis === 0 ? rules.flows.zErrorWeight : 1;
    const sums = new Float64Array(counts.length);
    for (let i = 0; i < n; i++) {
      if (data[i] <= 0) continue;
      const difference = Math.fround(
        mu.data[axis * n + i] - Math.fround(dP.data[axis * n + i] / rules.follow.flowScale),
      );
      sums[data[i]] += weight * Math.fround(difference * difference);
    }
    for (let label = 1; label < counts.length; label++) errors[label - 1] += sums[label] / counts[label];
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
export async function removeBadFlowMasks<S extends readonly number[]>(
  masks: NdArray<Int32Array, S>,
  dP: FloatArray,
  threshold = 0.4,
  options: FlowCheckOptions = {},
): Promise<NdArray<Int32Array, S>> {
  return withoutBadFlows(masks, await flowErrors(masks, dP, options), threshold);
}

/** @param errors  of label k at k − 1. */
export function withoutBadFlows<S extends readonly number[]>(
  masks: NdArray<Int32Array, S>,
  errors: Float64Array,
  threshold: number,
): NdArray<Int32Array, S> {
  const kept = Int32Array.from({ length: errors.length + 1 }, (_, label) =>
    errors[label - 1] > threshold ? 0 : label,
  );
  const data = new Int32Array(masks.data.length);
  for (let i = 0; i < data.length; i++) if (masks.data[i] > 0) data[i] = kept[masks.data[i]];
  return { data, shape: masks.shape };
}
