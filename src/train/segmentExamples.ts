/** A network tried on labelled examples: what it finds, and how well that agrees with the labels. */
import { type Masks, sizeOf } from '../array/ndarray.ts';
import type { StateDict } from '../array/stateDict.ts';
import { renumber } from '../masks/renumber.ts';
import { averagePrecision, type Precision } from '../metrics/averagePrecision.ts';
import { CellposeModel } from '../models/cellposeModel.ts';
import type { Device } from '../platform/types.ts';
import type { TrainingExample } from './trainingSet.ts';

export interface SegmentExamplesOptions {
  /** Of the intersection over union. @default [0.5, 0.75, 0.9] */
  readonly thresholds?: readonly number[];
  readonly threads?: number;
  readonly device?: Device;
  readonly signal?: AbortSignal;
}

export interface SegmentedExample {
  readonly example: TrainingExample;
  /** Labels (ly, lx) of the example, 1…n. */
  readonly labels: Masks;
  /** What the network found, told the example's diameter; nothing where the example is not to be judged. */
  readonly masks: Masks;
  readonly precision: Precision;
}

/**
 * Segments each example with the median diameter of its own labels.
 *
 * @throws as `CellposeModel.load` and `eval`; the signal's reason after cancellation.
 */
export async function* segmentExamples(
  stateDict: StateDict,
  examples: readonly TrainingExample[],
  options: SegmentExamplesOptions = {},
): AsyncGenerator<SegmentedExample> {
  const { thresholds = [0.5, 0.75, 0.9], signal, threads, device } = options;
  const model = await CellposeModel.load({ stateDict, ...(threads ? { threads } : {}), ...(device ? { device } : {}) });
  try {
    for (const example of examples) {
      const { image, diameter, cells, ignored } = example;
      const size = cells > 0 ? { diameter } : {};
      const own = { normalize: false, channelAxis: 0, ...size, ...(signal ? { signal } : {}) };
      const { masks: found } = await model.eval(image, own);
      const labels = labelsOf(example);
      const masks = ignored ? outside(ignored, found) : found;
      yield { example, labels, masks, precision: averagePrecision(labels, masks, thresholds) };
    }
  } finally {
    await model.release();
  }
}

function labelsOf({ flows: { data, shape } }: TrainingExample): Masks {
  const [, ly, lx] = shape;
  return renumber({ data: Int32Array.from(data.subarray(0, sizeOf([ly, lx]))), shape: [ly, lx] });
}

/** Without the masks of which more than half lies where nothing is to be judged. */
function outside(ignored: Uint8Array, { data, shape }: Masks): Masks {
  const most = data.reduce((a, b) => Math.max(a, b), 0);
  const balance = new Int32Array(most + 1);
  for (let i = 0; i < data.length; i++) balance[data[i]] += ignored[i] ? 1 : -1;
  return renumber({ data: data.map((label) => (balance[label] > 0 ? 0 : label)), shape });
}
