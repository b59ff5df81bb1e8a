/** Training targets from label images. Source: Cellpose's `labels_to_flows`; its files are the caller's business. */
import { type AnyTypedArray, checkArray, type FloatArray, type NdArray, sizeOf } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';
import { renumber } from '../masks/renumber.ts';
import { type MasksToFlowsOptions, masksToFlows, stackOptions } from './masksToFlows.ts';
import { type StackFlowsOptions, stackFlows } from './stackFlows.ts';
import { wholeLabels } from './wholeLabels.ts';

export interface LabelsToFlowsOptions extends MasksToFlowsOptions {
  /** Compute flows again where an array already has them. @default false */
  readonly redoFlows?: boolean;
  /** Called after each image. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/**
 * Makes what a network is trained on.
 *
 * @param labels  per image (ly, lx) or (1, ly, lx): labels, whole numbers of any type, 0 and below is background; for a volume
 *                (1, lz, ly, lx). Or (4, ly, lx), (5, lz, ly, lx): a result of this function, which is passed on. Not changed.
 * @returns       per image, float32, (4, ly, lx): label, 1 in cells, flow in y, flow in x; of a volume (5, lz, ly, lx), flows
 *                z, y, x. Labels are renumbered by first appearance, with `flowRules2020` they stay.
 * @throws ShapeError for any other shape: say what an array is by an axis of 1 in front; OptionError as `masksToFlows`.
 *
 * Images that follow each other are computed together, so that small ones too occupy all threads.
 */
export async function labelsToFlows(
  labels: readonly NdArray<AnyTypedArray>[],
  options: LabelsToFlowsOptions = {},
): Promise<FloatArray[]> {
  const inputs = labels.map((array) => sortOut(array, options.redoFlows ?? false));
  const flows: FloatArray[] = [];
  while (flows.length < inputs.length) {
    const group = groupAt(inputs, flows.length);
    for (const flow of await flowsOf(group, options)) {
      options.signal?.throwIfAborted();
      flows.push(flow);
      options.onProgress?.({ done: flows.length, total: labels.length });
    }
  }
  return flows;
}

interface Input {
  readonly labels: NdArray<AnyTypedArray>;
  /** The array has flows already, which are passed on. */
  readonly given: FloatArray | undefined;
}

function sortOut(array: NdArray<AnyTypedArray>, redoFlows: boolean): Input {
  checkArray('labelsToFlows', array);
  const { data, shape } = array;
  const planes = shape.length === 2 ? 1 : shape[0];
  const inner = shape.length === 2 ? shape : shape.slice(1);
  const isResult = planes === inner.length + 2;
  if ((inner.length !== 2 && inner.length !== 3) || (planes !== 1 && !isResult)) {
    const expected = 'labels (ly, lx), (1, ly, lx) or (1, lz, ly, lx), or flows (4, ly, lx) or (5, lz, ly, lx)';
    throw new ShapeError('labelsToFlows', expected, shape);
  }
  const given = isResult && !redoFlows ? { data: Float32Array.from(data, Number), shape } : undefined;
  return { labels: { data: data.subarray(0, sizeOf(inner)), shape: inner }, given };
}

/** Pixels of a group: enough work for many threads, some 100 MB of memory. */
const groupPixels = 2 ** 21;

/** One input, or planes that follow each other. */
function groupAt(inputs: readonly Input[], from: number): readonly Input[] {
  const isPlane = ({ labels, given }: Input) => labels.shape.length === 2 && given === undefined;
  let [ly, lx] = inputs[from].labels.shape;
  let to = from + 1;
  for (; isPlane(inputs[from]) && to < inputs.length && isPlane(inputs[to]); to++) {
    const { shape } = inputs[to].labels;
    ly = Math.max(ly, shape[0]);
    lx = Math.max(lx, shape[1]);
    if ((to + 1 - from) * ly * lx > groupPixels) break;
  }
  return inputs.slice(from, to);
}

async function flowsOf(group: readonly Input[], options: LabelsToFlowsOptions): Promise<readonly FloatArray[]> {
  const [{ given }] = group;
  if (given !== undefined) return [given];
  const run = stackOptions('labelsToFlows', options);
  const images = group.map(({ labels }) => {
    const whole = wholeLabels('labelsToFlows', labels);
    return run.rules.labels === 'renumbered' ? byAppearance(whole) : whole;
  });
  if (images[0].shape.length === 2) return planeTargets(images, run);
  const { data: mu, shape } = await masksToFlows(images[0], options);
  const [, lz, ly, lx] = shape;
  return [targets(images[0], mu, (axis, row) => (axis * lz * ly + row) * lx)];
}

/** Background around an image changes nothing, so images of several sizes make one stack. */
function planeTargets(
  images: readonly NdArray<Int32Array>[],
  run: Omit<StackFlowsOptions, 'solid'>,
): Promise<readonly FloatArray[]> {
  const ly = Math.max(...images.map(({ shape }) => shape[0]));
  const lx = Math.max(...images.map(({ shape }) => shape[1]));
  const stack = new Int32Array(images.length * ly * lx);
  images.forEach(({ data, shape }, z) => {
    for (let y = 0; y < shape[0]; y++) stack.set(data.subarray(y * shape[1], (y + 1) * shape[1]), (z * ly + y) * lx);
  });
  const labels = { data: stack, shape: [images.length, ly, lx] } as const;
  return stackFlows(labels, { ...run, solid: false }, (mu) =>
    images.map((image, z) => targets(image, mu, (axis, row) => ((axis * images.length + z) * ly + row) * lx)),
  );
}

/** A volume is numbered plane after plane, as one tall plane. */
function byAppearance({ data, shape }: NdArray<Int32Array>): NdArray<Int32Array> {
  return { data: renumber({ data, shape: [data.length, 1] }).data, shape };
}

/** @param rowAt  where in mu a row of flows along one axis begins; rows count on over planes. */
function targets(
  { data: labels, shape }: NdArray<Int32Array>,
  mu: Float64Array,
  rowAt: (axis: number, row: number) => number,
): FloatArray {
  const n = labels.length;
  const lx = shape[shape.length - 1];
  const data = new Float32Array((2 + shape.length) * n);
  for (let i = 0; i < n; i++) {
    if (labels[i] <= 0) continue;
    data[i] = labels[i];
    data[n + i] = 1;
  }
  for (let axis = 0; axis < shape.length; axis++) {
    for (let row = 0; row < n / lx; row++) {
      const from = rowAt(axis, row);
      data.set(mu.subarray(from, from + lx), (2 + axis) * n + row * lx);
    }
  }
  return { data, shape: [2 + shape.length, ...shape] };
}
