/** Training targets from label images. Source: Cellpose's `labels_to_flows`; its files are the caller's business. */
import { type AnyTypedArray, checkArray, type FloatArray, type NdArray, sizeOf } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';
import { renumber } from '../masks/renumber.ts';
import { flowRules3 } from './flowRules.ts';
import { type MasksToFlowsOptions, masksToFlows } from './masksToFlows.ts';
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
 */
export async function labelsToFlows(
  labels: readonly NdArray<AnyTypedArray>[],
  options: LabelsToFlowsOptions = {},
): Promise<FloatArray[]> {
  const inputs = labels.map((array) => sortOut(array, options.redoFlows ?? false));
  const flows: FloatArray[] = [];
  for (const { masks, flow } of inputs) {
    options.signal?.throwIfAborted();
    flows.push(flow ?? (await flowOf(masks, options)));
    options.onProgress?.({ done: flows.length, total: labels.length });
  }
  return flows;
}

interface Input {
  readonly masks: NdArray<AnyTypedArray>;
  /** Flows that are given already. */
  readonly flow: FloatArray | undefined;
}

function sortOut(array: NdArray<AnyTypedArray>, redoFlows: boolean): Input {
  checkArray('labelsToFlows', array);
  const { data, shape } = array;
  const [planes] = shape;
  const isPlane = shape.length === 2;
  const isResult = (shape.length === 3 && planes === 4) || (shape.length === 4 && planes === 5);
  if (!isPlane && !isResult && !((shape.length === 3 || shape.length === 4) && planes === 1)) {
    throw new ShapeError(
      'labelsToFlows',
      'labels (ly, lx), (1, ly, lx) or (1, lz, ly, lx), or flows (4, ly, lx)',
      shape,
    );
  }
  const flow = isResult && !redoFlows ? { data: Float32Array.from(data as Iterable<number>), shape } : undefined;
  const inner = isPlane ? shape : shape.slice(1);
  return { masks: { data: data.subarray(0, sizeOf(inner)) as AnyTypedArray, shape: inner }, flow };
}

async function flowOf(masks: NdArray<AnyTypedArray>, options: LabelsToFlowsOptions): Promise<FloatArray> {
  const whole = wholeLabels('labelsToFlows', masks);
  const { rules = flowRules3 } = options;
  const numbered = { data: whole.data, shape: masks.shape };
  if (rules.labels === 'renumbered') {
    // A volume is numbered plane after plane: as one tall plane.
    const lx = masks.shape[masks.shape.length - 1];
    numbered.data = renumber({ data: whole.data, shape: [whole.data.length / lx, lx] }).data;
  }
  const mu = await masksToFlows(numbered, options);
  const n = numbered.data.length;
  const data = new Float32Array(2 * n + mu.data.length);
  for (let i = 0; i < n; i++) {
    if (numbered.data[i] <= 0) continue;
    data[i] = numbered.data[i];
    data[n + i] = 1;
  }
  data.set(mu.data, 2 * n);
  return { data, shape: [2 + mu.shape[0], ...numbered.shape] };
}
