/**
 * Trains a network for a task: epochs over a training set in random order, tiles cut from turned and scaled images, losses on
 * a test set now and then. Source: cellpose 3.1 `train.train_seg`.
 */
import type { FloatArray } from '../array/ndarray.ts';
import { type Random, seededRandom } from '../array/random.ts';
import type { StateDict } from '../array/stateDict.ts';
import { OptionError } from '../errors.ts';
import { makeBatch, type Source } from './batches.ts';
import { createBestKeeper } from './bestKeeper.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { drawImages } from './drawImages.ts';
import { learningRates, type ScheduleRules } from './learningRates.ts';
import { adamW, sgd } from './optimizers.ts';
import type { Task } from './task.ts';
import { type Batch, createTrainer, type Trainer } from './trainer.ts';
import type { TrainingExample } from './trainingSet.ts';
import { type EpochReport, settleTraining, type TrainingSettings, type TrainSegOptions } from './trainSegOptions.ts';

export interface TrainSegResult {
  /** The trained network, with `diam_mean` and `diam_labels`: for `CellposeModel.load`, `writeTorchFile` or `writeSafetensors`. */
  readonly stateDict: ReadonlyMap<string, FloatArray>;
  /** One for each epoch; fewer than `epochs` where `patience` ended the training. */
  readonly trainLosses: Float64Array;
  /** NaN for epochs in which none was measured. */
  readonly testLosses: Float64Array;
  /** Mean precision on the test examples at an intersection over union of 0.5, likewise. */
  readonly precisions: Float64Array;
  /** With `keepBest` the epoch that `stateDict` comes from; else the last. */
  readonly epoch: number;
  /** What computed the gradients. */
  readonly engine: string;
  /** What was asked for and could not be had. */
  readonly notes: readonly string[];
}

/** What differs between `trainSeg`, `trainUnet` and `trainDenoise`. */
export interface TrainingPlan {
  readonly task: Task;
  readonly schedule: ScheduleRules;
}

/** The file in the store from which a training goes on. */
export const checkpointName = 'checkpoint.safetensors';
/** Seed of the test set's draws: the same tiles each time. */
const testSeed = 42;

/** See `trainSeg`. */
export async function trainNetwork(
  stateDict: StateDict,
  examples: readonly TrainingExample[],
  options: TrainSegOptions,
  { task, schedule }: TrainingPlan,
): Promise<TrainSegResult> {
  const settings = settleTraining(options, examples.length);
  const { store, signal, threads, device, testExamples = [], onEpoch } = options;
  const diamLabels = meanDiameter(examples);
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
  const place = { ...(threads ? { threads } : {}), ...(device ? { device } : {}) };
  const trainer = createTrainer(start, { optimizer, task, ...place });
  const rates = learningRates(settings.learningRate, settings.epochs, schedule);
  const trainLosses = [...(state?.progress.trainLosses ?? [])];
  const testLosses = [...(state?.progress.testLosses ?? [])];
  const best = createBestKeeper({ settings, testExamples, epochsDone: trainLosses.length, state, signal, place });
  const sourcesOf = (set: readonly TrainingExample[]) => set.map((example) => sourceOf(example, task, diamLabels));
  const run = { trainer, task, settings, signal };
  const [sources, testSources] = [sourcesOf(examples), sourcesOf(testExamples)];
  try {
    for (let epoch = trainLosses.length; epoch < settings.epochs && !best.isOver(); epoch++) {
      const begin = performance.now();
      const { trainLoss, blankLoss } = await trainEpoch(sources, epoch, rates[epoch], run);
      const seconds = (performance.now() - begin) / 1000;
      const last = epoch === settings.epochs - 1;
      const tested = testSources.length > 0 && (epoch === 5 || epoch % 10 === 0 || last);
      const testLoss = tested ? await testEpoch(testSources, run) : undefined;
      trainLosses.push(trainLoss);
      testLosses.push(testLoss ?? null);
      const testPrecision = await best.look(epoch, () => withDiameters(trainer, diamLabels));
      if (store && (last || best.isOver() || (epoch > 0 && epoch % settings.saveEvery === 0))) {
        const progress = { trainLosses, testLosses, precisions: best.precisions, settings: key };
        const { weights } = trainer;
        const { moments, steps } = optimizer;
        await store.write(checkpointName, writeCheckpoint({ weights, moments, steps, progress, best: best.weights }));
      }
      onEpoch?.({
        epoch,
        epochs: settings.epochs,
        trainLoss,
        blankLoss,
        ...(testLoss === undefined ? {} : { testLoss }),
        ...(testPrecision === undefined ? {} : { testPrecision }),
        learningRate: rates[epoch],
        tilesPerSecond: settings.nimgPerEpoch / seconds,
      });
    }
    return {
      stateDict: withDiameters({ config: trainer.config, weights: best.weights ?? trainer.weights }, diamLabels),
      trainLosses: Float64Array.from(trainLosses),
      testLosses: Float64Array.from(testLosses, (loss) => loss ?? Number.NaN),
      precisions: Float64Array.from(best.precisions, (precision) => precision ?? Number.NaN),
      epoch: best.weights ? best.epoch : trainLosses.length - 1,
      engine: trainer.engine,
      notes: trainer.notes,
    };
  } finally {
    await trainer.release();
  }
}

/** Of the examples that have cells. */
function meanDiameter(examples: readonly TrainingExample[]): number {
  const some = examples.filter(({ cells }) => cells > 0);
  const counting = some.length > 0 ? some : examples;
  return counting.reduce((sum, { diameter }) => sum + diameter, 0) / counting.length;
}

/** An image without cells has no diameter: it is scaled as the others on average. */
function sourceOf(example: TrainingExample, task: Task, diamLabels: number): Source {
  const { image, cells, diameter } = example;
  return { image, targets: task.targetsOf(example), diameter: cells > 0 ? diameter : diamLabels };
}

interface Run {
  readonly trainer: Trainer;
  readonly task: Task;
  readonly settings: TrainingSettings;
  readonly signal: AbortSignal | undefined;
}

/** Mean losses over the epoch. The next batch is made while the network learns from the present one. */
async function trainEpoch(
  sources: readonly Source[],
  epoch: number,
  learningRate: number,
  run: Run,
): Promise<Pick<EpochReport, 'trainLoss' | 'blankLoss'>> {
  const { trainer, task, settings, signal } = run;
  const random = seededRandom(settings.seed, epoch);
  const order = drawImages(sources.length, settings.nimgPerEpoch, random, settings.trainProbs);
  const batches = makeBatches(sources, order, random, run);
  let sum = 0;
  let blankSum = 0;
  let next = batches.next();
  while (!next.done) {
    signal?.throwIfAborted();
    const tiles = next.value.x.shape[0];
    blankSum += tiles * task.blankLoss(next.value.lbl);
    const running = trainer.step(next.value, learningRate);
    running.catch(() => undefined); // met below
    next = batches.next();
    const { loss } = await running;
    if (!Number.isFinite(loss)) refuseLoss(loss, epoch, settings);
    sum += loss * tiles;
  }
  return { trainLoss: sum / order.length, blankLoss: blankSum / order.length };
}

async function testEpoch(sources: readonly Source[], run: Run): Promise<number> {
  const { trainer, settings, signal } = run;
  const random = seededRandom(testSeed);
  const order = drawImages(sources.length, settings.nimgTestPerEpoch ?? sources.length, random, settings.testProbs);
  let sum = 0;
  for (const batch of makeBatches(sources, order, random, run)) {
    signal?.throwIfAborted();
    sum += (await trainer.evaluate(batch)).loss * batch.x.shape[0];
  }
  return sum / order.length;
}

function* makeBatches(
  sources: readonly Source[],
  order: Int32Array,
  random: Random,
  { trainer: { config }, task, settings }: Run,
): Generator<Batch> {
  const make = task.makeBatch ?? makeBatch;
  for (let k = 0; k < order.length; k += settings.batchSize) {
    const chosen = Array.from(order.subarray(k, k + settings.batchSize), (i) => sources[i]);
    yield make(chosen, random, { ...settings, diamMean: config.diamMean, task });
  }
}

function withDiameters(
  { weights, config }: Pick<Trainer, 'weights' | 'config'>,
  diamLabels: number,
): Map<string, FloatArray> {
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
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  const differing = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(now[name]));
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
