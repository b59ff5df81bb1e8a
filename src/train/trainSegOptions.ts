/** Options of `trainSeg`: names and defaults of Cellpose 3.1. */
import { OptionError } from '../errors.ts';
import type { Device } from '../platform/types.ts';
import type { TrainingExample } from './trainingSet.ts';

/** Where a training keeps what it must not lose. Apps hand it a folder, or the browser's storage. */
export interface TrainingStore {
  /** undefined if there is nothing of this name. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Whole: what was there before stays until the new is complete. */
  write(name: string, bytes: Uint8Array): Promise<void>;
}

/** After an epoch. */
export interface EpochReport {
  readonly epoch: number;
  readonly epochs: number;
  /** Mean over the epoch's tiles. */
  readonly trainLoss: number;
  /** What a network would lose on the same tiles that says the same of every pixel; a loss near it is that of no answer. */
  readonly blankLoss: number;
  /** Where the epoch has one. */
  readonly testLoss?: number;
  /** Mean precision on the test examples at an intersection over union of 0.5, where it was measured. */
  readonly testPrecision?: number;
  readonly learningRate: number;
  /** Tiles per second in this epoch. */
  readonly tilesPerSecond: number;
}

export interface TrainSegOptions {
  /** @default 0.005 */
  readonly learningRate?: number;
  /** @default 2000 */
  readonly epochs?: number;
  /** @default 'adamw' */
  readonly optimizer?: 'adamw' | 'sgd';
  /** @default 1e-5 */
  readonly weightDecay?: number;
  /** Of 'sgd'. @default 0.9 */
  readonly momentum?: number;
  /** Tiles in one step. @default 8 */
  readonly batchSize?: number;
  /** Size of tiles in pixels, a multiple of 8. @default 224 */
  readonly bsize?: number;
  /** Bring the cells of each image to the network's mean diameter. @default true */
  readonly rescale?: boolean;
  /** Tiles are scaled by up to ± half of this. @default 0.5 with rescale, 1 without */
  readonly scaleRange?: number;
  /** Images drawn in an epoch. @default all, each once */
  readonly nimgPerEpoch?: number;
  readonly nimgTestPerEpoch?: number;
  /** Relative chances of the images where an epoch draws another number than all. @default equal */
  readonly trainProbs?: readonly number[];
  readonly testProbs?: readonly number[];
  /** Examples to measure the loss on, in epoch 5 and every tenth. */
  readonly testExamples?: readonly TrainingExample[];
  /**
   * Give the weights of the epoch whose mean precision on `testExamples` was highest, at an intersection over union of 0.5, and
   * not those of the last. @default false
   */
  readonly keepBest?: boolean;
  /** End the training when that precision has not risen for so many epochs. @default never */
  readonly patience?: number;
  /** Epochs between measurements of the precision, for `keepBest` and `patience`. @default 10 */
  readonly measureEvery?: number;
  /** Of all random numbers. @default 0 */
  readonly seed?: number;
  readonly store?: TrainingStore;
  /** Epochs between checkpoints in the store. @default 100 */
  readonly saveEvery?: number;
  /** Go on from the checkpoint in the store, where there is one. @default false */
  readonly resume?: boolean;
  /** Processor threads. @default all */
  readonly threads?: number;
  /** What shall compute gradients; see `LoadOptions`. @default 'cpu' */
  readonly device?: Device;
  readonly signal?: AbortSignal;
  readonly onEpoch?: (report: EpochReport) => void;
}

/** Numbers that a training goes by, checked, with defaults filled in. */
export interface TrainingSettings {
  readonly learningRate: number;
  readonly epochs: number;
  readonly optimizer: 'adamw' | 'sgd';
  readonly weightDecay: number;
  readonly momentum: number;
  readonly batchSize: number;
  readonly bsize: number;
  readonly rescale: boolean;
  readonly scaleRange: number;
  readonly nimgPerEpoch: number;
  readonly nimgTestPerEpoch: number | undefined;
  readonly trainProbs: readonly number[] | undefined;
  readonly testProbs: readonly number[] | undefined;
  readonly keepBest: true | undefined;
  readonly patience: number | undefined;
  readonly measureEvery: number | undefined;
  readonly seed: number;
  readonly saveEvery: number;
}

interface Range {
  readonly fits: (value: number) => boolean;
  readonly needs: string;
}

const whole: Range = { fits: (v) => Number.isInteger(v) && v >= 1, needs: 'a whole number, 1 or more' };
const ranges: Partial<Record<keyof TrainingSettings, Range>> = {
  learningRate: { fits: (v) => v > 0 && v < 100, needs: 'a number above 0; 0.005 for AdamW, 0.2 for SGD are common' },
  weightDecay: { fits: (v) => v >= 0 && v < 1, needs: 'a number from 0 to below 1' },
  momentum: { fits: (v) => v >= 0 && v < 1, needs: 'a number from 0 to below 1' },
  scaleRange: { fits: (v) => v >= 0 && v <= 2, needs: 'a number from 0 to 2' },
  bsize: { fits: (v) => Number.isInteger(v) && v >= 32 && v % 8 === 0, needs: 'a multiple of 8 pixels, 32 or more' },
  seed: { fits: Number.isSafeInteger, needs: 'a whole number' },
  epochs: whole,
  batchSize: whole,
  nimgPerEpoch: whole,
  nimgTestPerEpoch: whole,
  saveEvery: whole,
  patience: whole,
  measureEvery: whole,
};

/** @throws OptionError that names the option, its value and what it must be. */
export function settleTraining(options: TrainSegOptions, images: number): TrainingSettings {
  if (images === 0) throw new OptionError('examples', images, 'training: there are no images');
  const rescale = options.rescale ?? true;
  const settings: TrainingSettings = {
    learningRate: options.learningRate ?? 0.005,
    epochs: options.epochs ?? 2000,
    optimizer: options.optimizer ?? 'adamw',
    weightDecay: options.weightDecay ?? 1e-5,
    momentum: options.momentum ?? 0.9,
    batchSize: options.batchSize ?? 8,
    bsize: options.bsize ?? 224,
    rescale,
    scaleRange: options.scaleRange ?? (rescale ? 0.5 : 1),
    nimgPerEpoch: options.nimgPerEpoch ?? images,
    nimgTestPerEpoch: options.nimgTestPerEpoch,
    trainProbs: options.trainProbs,
    testProbs: options.testProbs,
    keepBest: options.keepBest || undefined,
    patience: options.patience,
    measureEvery: options.measureEvery,
    seed: options.seed ?? 0,
    saveEvery: options.saveEvery ?? 100,
  };
  for (const [option, range] of Object.entries(ranges)) {
    const value = settings[option as keyof TrainingSettings];
    if (value === undefined || (typeof value === 'number' && range.fits(value))) continue;
    throw new OptionError(option, value, `${option}: needs ${range.needs}; got ${String(value)}`);
  }
  if (settings.optimizer !== 'adamw' && settings.optimizer !== 'sgd')
    throw new OptionError('optimizer', settings.optimizer, `optimizer: needs 'adamw' or 'sgd'`);
  if ((settings.keepBest || settings.patience) && !options.testExamples?.length) {
    const option = settings.keepBest ? 'keepBest' : 'patience';
    throw new OptionError(option, settings[option], `${option}: needs testExamples, to see what is best`);
  }
  checkChances('trainProbs', settings.trainProbs, images);
  checkChances('testProbs', settings.testProbs, options.testExamples?.length ?? 0);
  return settings;
}

function checkChances(option: string, chances: readonly number[] | undefined, images: number): void {
  if (!chances) return;
  const sum = chances.reduce((total, chance) => total + chance, 0);
  if (chances.length === images && sum > 0 && chances.every((chance) => chance >= 0)) return;
  throw new OptionError(
    option,
    chances,
    `${option}: needs ${images} numbers, one for each image, 0 or more and not all 0; got ${chances.length} that sum to ${sum}`,
  );
}
