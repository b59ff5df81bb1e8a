/**
 * Trains a segmentation network: epochs over a training set in random order, tiles cut from turned and scaled images, losses
 * on a test set now and then. Source: cellpose 3.1 `train.train_seg`.
 */

import type { FloatArray } from '../array/ndarray.ts';
import { type Random, seededRandom } from '../array/random.ts';
import type { StateDict } from '../array/stateDict.ts';
import { OptionError } from '../errors.ts';
import { makeBatch } from './batches.ts';
import { blankLoss } from './blankLoss.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { drawImages } from './drawImages.ts';
import { learningRates } from './learningRates.ts';
import { adamW, sgd } from './optimizers.ts';
import { type Batch, createTrainer, type Trainer } from './trainer.ts';
import type { TrainingExample } from './trainingSet.ts';
import { type EpochReport, settleTraining, type TrainingSettings, type TrainSegOptions } from './trainSegOptions.ts';

export interface TrainSegResult {
  /** The trained network, with `diam_mean` and `diam_labels`: for `CellposeModel.load`, `writeTorchFile` or `writeSafetensors`. */
  readonly stateDict: ReadonlyMap<string, FloatArray>;
  readonly trainLosses: Float64Array;
  /** NaN for epochs in which none was measured. */
  readonly testLosses: Float64Array;
  /** What computed the gradients. */
  readonly engine: string;
  /** What was asked for and could not be had. */
  readonly notes: readonly string[];
}

/** The file in the store from which a training goes on. */
export const checkpointName = 'checkpoint.safetensors';
/** Seed of the test set's draws: the same tiles each time. */
const testSeed = 42;

/**
 * @param stateDict  weights to start from: those of `initialState`, or of a model to be fine-tuned. Not changed.
 * @param examples   from `makeTrainingSet`.
 * @returns          weights after the last epoch.
 * @throws OptionError for impossible options, for a checkpoint made with other settings, and where the loss is no number any
 *   more (the last checkpoint stays); FormatError as `createTrainer`; the signal's reason after cancellation.
 *
 * The same seed, data and threads give the same numbers; a training that was stopped and goes on from its checkpoint ends
 * with those of an uninterrupted one.
 */
export async function trainSeg(
  stateDict: StateDict,
  examples: readonly TrainingExample[],
  options: TrainSegOptions = {},
): Promise<TrainSegResult> {
  const settings = settleTraining(options, examples.length);
  const { store, signal, testExamples = [], onEpoch } = options;
  const diamLabels = examples.reduce((sum, { diameter }) => sum + diameter, 0) / examples.length;
  const optimizer = settings.optimizer === 'sgd' ? sgd(settings) : adamW(settings);
  const kept = options.resume === true && store ? await store.read(checkpointName) : undefined;
  const state = kept && (await readCheckpoint(kept));
  const key = settingsKey(settings, examples, testExamples);
  if (state && state.progress.settings !== key) refuseOther(state.progress.settings, key);
  const start = state ? new Map([...stateDict, ...state.weights]) : stateDict;
  if (state) {
    optimizer.steps = state.steps;
    for (const [name, moments] of state.moments) optimizer.moments.set(name, moments);
  }
  const { threads, device } = options;
  const trainer = createTrainer(start, { optimizer, ...(threads ? { threads } : {}), ...(device ? { device } : {}) });
  const rates = learningRates(settings.learningRate, settings.epochs);
  const trainLosses = [...(state?.progress.trainLosses ?? [])];
  const testLosses = [...(state?.progress.testLosses ?? [])];
  try {
    for (let epoch = trainLosses.length; epoch < settings.epochs; epoch++) {
      const begin = performance.now();
      const run = { trainer, settings, signal };
      const { trainLoss, blankLoss } = await trainEpoch(examples, epoch, rates[epoch], run);
      const seconds = (performance.now() - begin) / 1000;
      const tested = testExamples.length > 0 && (epoch === 5 || epoch % 10 === 0 || epoch === settings.epochs - 1);
      const testLoss = tested ? await testEpoch(testExamples, run) : undefined;
      trainLosses.push(trainLoss);
      testLosses.push(testLoss ?? null);
      const last = epoch === settings.epochs - 1;
      if (store && (last || (epoch > 0 && epoch % settings.saveEvery === 0))) {
        const progress = { trainLosses, testLosses, settings: key };
        const { weights } = trainer;
        await store.write(
          checkpointName,
          writeCheckpoint({ weights, moments: optimizer.moments, steps: optimizer.steps, progress }),
        );
      }
      onEpoch?.({
        epoch,
        epochs: settings.epochs,
        trainLoss,
        blankLoss,
        ...(testLoss === undefined ? {} : { testLoss }),
        learningRate: rates[epoch],
        tilesPerSecond: settings.nimgPerEpoch / seconds,
      });
    }
    return {
      stateDict: withDiameters(trainer, diamLabels),
      trainLosses: Float64Array.from(trainLosses),
      testLosses: Float64Array.from(testLosses, (loss) => loss ?? Number.NaN),
      engine: trainer.engine,
      notes: trainer.notes,
    };
  } finally {
    await trainer.release();
  }
}

interface Run {
  readonly trainer: Trainer;
  readonly settings: TrainingSettings;
  readonly signal: AbortSignal | undefined;
}

/** Mean losses over the epoch. The next batch is made while the network learns from the present one. */
async function trainEpoch(
  examples: readonly TrainingExample[],
  epoch: number,
  learningRate: number,
  { trainer, settings, signal }: Run,
): Promise<Pick<EpochReport, 'trainLoss' | 'blankLoss'>> {
  const random = seededRandom(settings.seed, epoch);
  const order = drawImages(examples.length, settings.nimgPerEpoch, random, settings.trainProbs);
  const batches = makeBatches(examples, order, random, trainer, settings);
  let sum = 0;
  let blankSum = 0;
  let next = batches.next();
  while (!next.done) {
    signal?.throwIfAborted();
    const tiles = next.value.x.shape[0];
    blankSum += tiles * blankLoss(next.value.lbl);
    const running = trainer.step(next.value, learningRate);
    running.catch(() => undefined); // met below
    next = batches.next();
    const { loss } = await running;
    if (!Number.isFinite(loss)) refuseLoss(loss, epoch, settings);
    sum += loss * tiles;
  }
  return { trainLoss: sum / order.length, blankLoss: blankSum / order.length };
}

async function testEpoch(examples: readonly TrainingExample[], { trainer, settings, signal }: Run): Promise<number> {
  const random = seededRandom(testSeed);
  const order = drawImages(examples.length, settings.nimgTestPerEpoch ?? examples.length, random, settings.testProbs);
  let sum = 0;
  for (const batch of makeBatches(examples, order, random, trainer, settings)) {
    signal?.throwIfAborted();
    sum += (await trainer.evaluate(batch)).loss * batch.x.shape[0];
  }
  return sum / order.length;
}

function* makeBatches(
  examples: readonly TrainingExample[],
  order: Int32Array,
  random: Random,
  { config }: Trainer,
  settings: TrainingSettings,
): Generator<Batch> {
  for (let k = 0; k < order.length; k += settings.batchSize) {
    const chosen = Array.from(order.subarray(k, k + settings.batchSize), (i) => examples[i]);
    yield makeBatch(chosen, random, { ...settings, diamMean: config.diamMean });
  }
}

function withDiameters({ weights, config }: Trainer, diamLabels: number): Map<string, FloatArray> {
  const scalar = (value: number): FloatArray => ({ data: Float32Array.of(value), shape: [1] });
  return new Map([...weights, ['diam_mean', scalar(config.diamMean)], ['diam_labels', scalar(diamLabels)]]);
}

/** What decides the numbers of a training, as text. */
function settingsKey(
  settings: TrainingSettings,
  examples: readonly TrainingExample[],
  testExamples: readonly TrainingExample[],
): string {
  const { saveEvery: _, ...deciding } = settings;
  const data = [examples, testExamples].map((set) => set.map(({ name, diameter }) => [name, diameter]));
  return JSON.stringify({ ...deciding, data });
}

function refuseOther(kept: string, asked: string): never {
  const before = JSON.parse(kept) as Record<string, unknown>;
  const now = JSON.parse(asked) as Record<string, unknown>;
  const differing = Object.keys(now).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(now[name]));
  throw new OptionError(
    'resume',
    true,
    `resume: the checkpoint was made with another ${differing.join(', ')}; train with the same, or start anew without resume`,
  );
}

function refuseLoss(loss: number, epoch: number, { learningRate }: TrainingSettings): never {
  throw new OptionError(
    'learningRate',
    learningRate,
    `training: the loss became ${loss} in epoch ${epoch}; lower the learning rate of ${learningRate}, or look for images with extreme values`,
  );
}
