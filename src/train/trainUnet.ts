/** Trains a plain U-net, the rival that Cellpose is compared with. Source: cellpose 2.2.3 `UnetModel.train`. */
import { type FloatArray, type Masks, sizeOf } from '../array/ndarray.ts';
import type { StateDict } from '../array/stateDict.ts';
import type { UnetMasksOptions } from '../dynamics/unetMasks.ts';
import { OptionError } from '../errors.ts';
import { renumber } from '../masks/renumber.ts';
import { UnetModel } from '../models/unetModel.ts';
import { unetThresholds } from '../models/unetThresholds.ts';
import { readCPnetState } from '../nets/cpnetState.ts';
import { resizeImage } from '../transforms/resizeImage.ts';
import { schedule2 } from './learningRates.ts';
import type { TrainingExample } from './trainingSet.ts';
import { type TrainSegResult, trainNetwork } from './trainNetwork.ts';
import type { TrainSegOptions } from './trainSegOptions.ts';
import { unetTask } from './unetTask.ts';

/** As those of `trainSeg`, with Cellpose's other defaults: SGD at a rate of 0.2 for 500 epochs, `rescale` off. */
export interface TrainUnetOptions extends Omit<TrainSegOptions, 'keepBest' | 'patience' | 'measureEvery'> {
  /** Whether the network has style, which its weights do not tell. @default false */
  readonly styleOn?: boolean;
}

export interface TrainUnetResult extends Omit<TrainSegResult, 'precisions' | 'epoch'> {
  /** At which the masks of the images that were kept out of training are best: for `UnetModel.eval`. */
  readonly thresholds: Required<UnetMasksOptions>;
}

/** Every so many images one is kept for the choice of thresholds. */
const keptOut = 8;

/**
 * @param stateDict  weights to start from: `initialState(unet(3), …)`, or those of a `UnetModel`. Not changed.
 * @param examples   from `makeTrainingSet`; the first and every eighth after it are not trained on but choose the thresholds.
 * @throws OptionError for a network of other than 2 or 3 classes, fewer than two examples or ignored pixels; else as `trainSeg`.
 */
export async function trainUnet(
  stateDict: StateDict,
  examples: readonly TrainingExample[],
  options: TrainUnetOptions = {},
): Promise<TrainUnetResult> {
  const { styleOn = false, rescale = false, signal, threads } = options;
  const { nout, diamMean } = readCPnetState(stateDict).config;
  if (nout !== 2 && nout !== 3)
    throw new OptionError('stateDict', stateDict, `trainUnet: needs a network of 2 or 3 classes; got ${nout}`);
  if (examples.length < 2)
    throw new OptionError('examples', examples.length, `trainUnet: needs two images or more; got ${examples.length}`);
  const partly = examples.find(({ ignored }) => ignored);
  if (partly)
    throw new OptionError('examples', partly.name, `trainUnet: ${partly.name} has ignored pixels; leave it out`);
  const own = { learningRate: 0.2, epochs: 500, optimizer: 'sgd' as const, ...options, rescale };
  const task = unetTask({ nclasses: nout, rescale, styleOn });
  const learned = examples.filter((_, i) => i % keptOut !== 0);
  const {
    precisions: _,
    epoch: __,
    ...trained
  } = await trainNetwork(stateDict, learned, own, {
    task,
    schedule: schedule2,
  });
  const model = await UnetModel.load({ stateDict: trained.stateDict, styleOn, ...(threads ? { threads } : {}) });
  try {
    const logits: FloatArray[] = [];
    const labels: Masks[] = [];
    for (const { image, flows, diameter } of examples.filter((_, i) => i % keptOut === 0)) {
      const { logits: scores } = await model.eval(image, {
        normalize: false,
        channelAxis: 0,
        computeMasks: false,
        ...(rescale ? { rescale: diamMean / diameter } : {}),
        ...(signal ? { signal } : {}),
      });
      logits.push(scores);
      labels.push(labelsOfSize(flows, scores.shape.slice(-2)));
    }
    return { ...trained, thresholds: unetThresholds(logits, labels) };
  } finally {
    await model.release();
  }
}

/** Labels 1…n at the size of what the network gave. */
function labelsOfSize({ data, shape: [, ly, lx] }: FloatArray, size: readonly number[]): Masks {
  const labels = { data: Int32Array.from(data.subarray(0, sizeOf([ly, lx]))), shape: [ly, lx] };
  const fits = size[0] === ly && size[1] === lx;
  return renumber(fits ? labels : resizeImage(labels, size[0], size[1], 'nearest'));
}
