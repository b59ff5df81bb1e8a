/**
 * Measures a training on held-out images as a user would, by the precision of the cells found, and remembers the weights that
 * did best. The loss alone does not tell: it goes on falling after the cells have become worse.
 */
import type { FloatArray } from '../array/ndarray.ts';
import { meanPrecision } from '../metrics/precisionOverImages.ts';
import type { Device } from '../platform/types.ts';
import type { TrainingState } from './checkpoint.ts';
import { segmentExamples } from './segmentExamples.ts';
import type { TrainingExample } from './trainingSet.ts';
import type { TrainingSettings } from './trainSegOptions.ts';

export interface BestKeeperOptions {
  readonly settings: TrainingSettings;
  readonly testExamples: readonly TrainingExample[];
  /** Where the training is resumed: epochs that are done, and their state. */
  readonly epochsDone: number;
  readonly state: TrainingState | undefined;
  readonly signal: AbortSignal | undefined;
  readonly place: { readonly threads?: number; readonly device?: Device };
}

export interface BestKeeper {
  /** Of each epoch; null where none was measured. */
  readonly precisions: readonly (number | null)[];
  /** Of the best so far; with `keepBest` only. */
  readonly weights: ReadonlyMap<string, FloatArray> | undefined;
  readonly epoch: number;
  /** After each epoch: measures if it is time. */
  look(epoch: number, network: () => ReadonlyMap<string, FloatArray>): Promise<number | undefined>;
  /** The precision has not risen for as many epochs as `patience` allows. */
  isOver(): boolean;
}

/** At which the precision is compared. */
const thresholds = [0.5];

export function createBestKeeper(options: BestKeeperOptions): BestKeeper {
  const { settings, testExamples, state, signal, place } = options;
  const { keepBest, patience, epochs } = settings;
  const every = settings.measureEvery ?? defaultEvery;
  const measures = keepBest || patience !== undefined;
  const before = state?.progress.precisions ?? new Array<null>(options.epochsDone).fill(null);
  const precisions: (number | null)[] = [...before];
  let weights = state?.best;
  let epoch = indexOfBest(precisions);
  return {
    precisions,
    get weights() {
      return weights;
    },
    get epoch() {
      return epoch;
    },
    async look(now, network) {
      const isTime = measures && ((now > 0 && now % every === 0) || now === epochs - 1);
      if (!isTime) {
        precisions.push(null);
        return undefined;
      }
      const stateDict = network();
      const scores = [];
      const run = { thresholds, ...place, ...(signal ? { signal } : {}) };
      for await (const { precision } of segmentExamples(stateDict, testExamples, run)) scores.push(precision);
      const [ap] = meanPrecision(scores).ap;
      const precision = Number.isNaN(ap) ? 0 : ap;
      precisions.push(precision);
      epoch = indexOfBest(precisions);
      if (keepBest && epoch === now) weights = copyOf(stateDict);
      return precision;
    },
    isOver: () => patience !== undefined && epoch >= 0 && precisions.length - 1 - epoch >= patience,
  };
}

const defaultEvery = 10;

/** The first of the highest; −1 where there is none. */
function indexOfBest(precisions: readonly (number | null)[]): number {
  let best = -1;
  for (const [i, precision] of precisions.entries())
    if (precision !== null && (best < 0 || precision > precisions[best]!)) best = i;
  return best;
}

/** Without the diameters, which are not learned. */
function copyOf(stateDict: ReadonlyMap<string, FloatArray>): Map<string, FloatArray> {
  const learned = [...stateDict].filter(([name]) => name !== 'diam_mean' && name !== 'diam_labels');
  return new Map(learned.map(([name, { data, shape }]) => [name, { data: data.slice(), shape }]));
}
