/** Trains a network to segment. Source: cellpose 3.1 `train.train_seg`. */
import type { StateDict } from '../array/stateDict.ts';
import { schedule3 } from './learningRates.ts';
import { segTask } from './segTask.ts';
import type { TrainingExample } from './trainingSet.ts';
import { type TrainSegResult, trainNetwork } from './trainNetwork.ts';
import type { TrainSegOptions } from './trainSegOptions.ts';

/**
 * @param stateDict  weights to start from: those of `initialState`, or of a model to be fine-tuned. Not changed.
 * @param examples   from `makeTrainingSet`.
 * @returns          weights after the last epoch, or with `keepBest` after the best one.
 * @throws OptionError for impossible options, for a checkpoint made with other settings, and where the loss is no number any
 *   more (the last checkpoint stays); FormatError as `createTrainer`; the signal's reason after cancellation.
 *
 * The same seed, data and threads give the same numbers; a training that was stopped and goes on from its checkpoint ends
 * with those of an uninterrupted one.
 */
export function trainSeg(
  stateDict: StateDict,
  examples: readonly TrainingExample[],
  options: TrainSegOptions = {},
): Promise<TrainSegResult> {
  const isPartly = ({ ignored }: TrainingExample) => ignored !== undefined;
  const ignoring = examples.some(isPartly) || (options.testExamples ?? []).some(isPartly);
  return trainNetwork(stateDict, examples, options, { task: segTask(ignoring), schedule: schedule3 });
}
