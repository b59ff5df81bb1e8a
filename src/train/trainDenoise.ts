/** Trains a network to restore pictures. Source: cellpose 3.1 `denoise.train`. */
import type { StateDict } from '../array/stateDict.ts';
import { OptionError } from '../errors.ts';
import { readCPnetState } from '../nets/cpnetState.ts';
import type { ScheduleRules } from './learningRates.ts';
import { type NoiseKind, type NoiseRules, noiseRulesOf } from './noiseKinds.ts';
import { makeNoisyBatch } from './noisyBatches.ts';
import { type RestoreLosses, restoreTask } from './restoreTask.ts';
import type { Task } from './task.ts';
import type { TrainingExample } from './trainingSet.ts';
import { type TrainSegResult, trainNetwork } from './trainNetwork.ts';
import type { TrainSegOptions } from './trainSegOptions.ts';

/** As those of `trainSeg`; the learning rate is 0.001 for 2000 epochs unless given. Cells are always scaled to the network's diameter. */
export interface TrainDenoiseOptions
  extends Omit<TrainSegOptions, 'keepBest' | 'patience' | 'measureEvery' | 'rescale'> {
  /** What it shall undo: a kind of Cellpose's, or rules; of several each tile goes by one. @default 'poisson' */
  readonly noise?: NoiseKind | NoiseRules | readonly NoiseRules[];
  /** Weights of the losses. @default { per: 1, seg: 1.5, rec: 0 } */
  readonly losses?: Partial<RestoreLosses>;
  /** A network that segments the good pictures well, through whose eyes `per` and `seg` look. It does not change. */
  readonly segStateDict?: StateDict;
}

export type TrainDenoiseResult = Omit<TrainSegResult, 'precisions' | 'epoch'>;

/** From the 100th epoch before the end on halved every ten; the last of the halvings comes too late, as there. */
const schedule: ScheduleRules = { longDecayAbove: 99, shortDecayAbove: Infinity, late: 10 };

/**
 * @param stateDict  weights to start from: `initialState({ nbase: [1, 32, 64, 128, 256], nout: 1 }, …)`, or those of a
 *   `DenoiseModel`. Not changed.
 * @param examples   from `makeTrainingSet` with `nchan: 1`: good pictures, and labels.
 * @throws OptionError for a network or pictures of other than one channel, ignored pixels, or a missing `segStateDict`; else as
 *   `trainSeg`.
 *
 * Random numbers are not numpy's; else the steps are those of 3.1. Reports have no `blankLoss` (NaN).
 */
export async function trainDenoise(
  stateDict: StateDict,
  examples: readonly TrainingExample[],
  options: TrainDenoiseOptions = {},
): Promise<TrainDenoiseResult> {
  const { noise = 'poisson', losses, segStateDict, ...shared } = options;
  const { nbase, nout } = readCPnetState(stateDict).config;
  if (nbase[0] !== 1 || nout !== 1)
    throw new OptionError(
      'stateDict',
      [nbase[0], nout],
      `trainDenoise: needs a network of 1 channel and 1 output; got ${nbase[0]} and ${nout}`,
    );
  for (const { name, image, ignored } of [...examples, ...(options.testExamples ?? [])]) {
    if (image.shape[0] === 1 && !ignored) continue;
    const fault = ignored ? 'ignored pixels' : `${image.shape[0]} channels`;
    throw new OptionError('examples', name, `trainDenoise: ${name} has ${fault}; make the set with nchan 1, without`);
  }
  const rules = noiseRulesOf(noise);
  const task: Task = {
    ...restoreTask({ per: 1, seg: 1.5, rec: 0, ...losses }, segStateDict),
    makeBatch: (sources, random, batch) => makeNoisyBatch(sources, random, batch, rules),
  };
  const own = { learningRate: 0.001, ...shared, rescale: true };
  return trainNetwork(stateDict, examples, own, { task, schedule });
}
