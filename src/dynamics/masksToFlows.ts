/** Flows of labelled cells: what networks are trained on, and what the flow check compares with. Source: Cellpose's `masks_to_flows`. */
import type { AnyTypedArray, NdArray } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';
import { threadCount } from '../kernels/threadCount.ts';
import type { LabelStack } from './cellBoxes.ts';
import { type FlowRules, flowRules3 } from './flowRules.ts';
import { type StackFlowsOptions, stackFlows } from './stackFlows.ts';
import { wholeLabels } from './wholeLabels.ts';
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
 * @param masks  labels, ([lz,] ly, lx), whole numbers of any type; 0 and below is background. Missing labels do no harm, and an
 *               image may be without background. Not changed.
 * @returns      float64, (2, ly, lx): plane 0 is y, plane 1 is x; of a volume (3, lz, ly, lx): z, y, x. 0 outside cells, and
 *               where there is no gradient: in a cell of one pixel, and in pieces of a cell apart from that with its centre.
 * @throws ShapeError if masks is neither plane nor volume; OptionError if labels are not whole numbers, niter is negative or
 *         threads below 1.
 *
 * Each cell by itself within its box: every step adds 1 at the centre, then each pixel becomes the mean of itself and its
 * eight neighbours, where what is not of the cell counts 0. A volume is cut into planes in each of the three directions, and
 * the flows of the planes are summed: values of float32, not of length 1. With `flowRules3Volume` heat spreads in the volume
 * itself, to six neighbours, and flows have length 1. Heat is always float64; Cellpose on a GPU takes float32 above 4e7 pixels.
 */
export async function masksToFlows(
  masks: NdArray<AnyTypedArray>,
  options: MasksToFlowsOptions = {},
): Promise<NdArray<Float64Array>> {
  const { data, shape } = wholeLabels('masksToFlows', masks);
  const run = stackOptions('masksToFlows', options);
  const all = (flows: Float64Array) => flows.slice();
  if (shape.length === 2) {
    const plane: LabelStack = { data, shape: [1, shape[0], shape[1]] };
    return { data: await stackFlows(plane, { ...run, solid: false }, all), shape: [2, ...shape] };
  }
  if (shape.length !== 3) throw new ShapeError('masksToFlows', 'masks (ly, lx) or (lz, ly, lx)', shape);
  const volume: LabelStack = { data, shape: [shape[0], shape[1], shape[2]] };
  const solid = run.rules.volumes === 'sixNeighbours';
  const mu = solid ? await stackFlows(volume, { ...run, solid }, all) : await threePasses(volume, run);
  return { data: mu, shape: [3, ...shape] };
}

/** @throws OptionError if niter is negative or threads below 1. */
export function stackOptions(where: string, options: MasksToFlowsOptions): Omit<StackFlowsOptions, 'solid'> {
  const { rules = flowRules3, signal } = options;
  const niter = options.niter === undefined ? undefined : wholeSteps(where, options.niter);
  return { rules, niter, threads: threadCount(where, options.threads), signal };
}

/** Axes of the volume along which the planes of a pass follow each other, their rows, and their columns. */
const passes = [
  [0, 1, 2],
  [1, 0, 2],
  [2, 0, 1],
] as const;

async function threePasses({ data, shape }: LabelStack, run: Omit<StackFlowsOptions, 'solid'>): Promise<Float64Array> {
  const n = data.length;
  const sum = new Float64Array(3 * n);
  const strides = [shape[1] * shape[2], shape[2], 1] as const;
  for (const [plane, row, column] of passes) {
    const order = placesIn([shape[plane], shape[row], shape[column]], [strides[plane], strides[row], strides[column]]);
    const turned: LabelStack = { data: order.map((i) => data[i]), shape: [shape[plane], shape[row], shape[column]] };
    await stackFlows(turned, { ...run, solid: false }, (mu) => {
      for (let k = 0; k < n; k++) {
        const y = row * n + order[k];
        const x = column * n + order[k];
        sum[y] = Math.fround(sum[y] + mu[k]);
        sum[x] = Math.fround(sum[x] + mu[n + k]);
      }
    });
  }
  return sum;
}

/** Places of the elements of an array with these strides, in raster order of the shape. */
function placesIn(
  [lz, ly, lx]: readonly [number, number, number],
  [sz, sy, sx]: readonly [number, number, number],
): Int32Array {
  const places = new Int32Array(lz * ly * lx);
  let k = 0;
  for (let z = 0; z < lz; z++) {
    for (let y = 0; y < ly; y++) {
      for (let x = 0; x < lx; x++) places[k++] = z * sz + y * sy + x * sx;
    }
  }
  return places;
}
