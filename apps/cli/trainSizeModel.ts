/** `--train_size`: the size model of a network, NAME_size.npy beside it, as Cellpose keeps it. */
import {
  CellposeModel,
  SizeModel,
  type StateDict,
  type TrainingExample,
  trainSize,
  writePredictedDiamsNpy,
  writeSizeModelNpy,
} from 'cellpose-ts';
import { describeError } from './describeError.ts';
import { RunError } from './errors.ts';
import type { Args } from './flags.ts';
import type { Reporter } from './reporter.ts';
import type { TrainingProgress } from './trainProgress.ts';

export interface TrainSizeRequest {
  readonly stateDict: StateDict;
  /** Where the size model goes. */
  readonly path: string;
  readonly examples: readonly TrainingExample[];
  /** Images to measure it on; may be none. Those without cells do not count. */
  readonly testExamples: readonly TrainingExample[];
  /** Where the estimated diameters of test images go. */
  readonly predictedPath: string | undefined;
  readonly args: Args;
  readonly threads: number | undefined;
  readonly signal: AbortSignal;
  readonly reporter: Reporter;
  readonly progress: TrainingProgress;
  readonly write: (path: string, bytes: Uint8Array) => Promise<void>;
}

/** What the record of the run keeps. */
export interface TrainedSize {
  readonly model: string;
  readonly trainCorrelation: number;
  readonly test?: SizeTest;
}

interface SizeTest {
  /** Of true and estimated diameters: from the style alone, and after the quick segmentation. */
  readonly styleCorrelation: number;
  readonly finalCorrelation: number;
  /** Median over images of |estimate / truth − 1|. */
  readonly medianError: number;
  /** Share of images whose estimate is within a quarter of the truth. */
  readonly within25: number;
}

/** @throws RunError where the file cannot be written; the signal's reason. */
export async function trainSizeModel(request: TrainSizeRequest): Promise<TrainedSize> {
  const { stateDict, path, examples, args, threads, signal, reporter, progress, write } = request;
  const own = threads === undefined ? {} : { threads };
  reporter.say(`training size model on ${examples.length} images`);
  const { params, correlation } = await trainSize(stateDict, examples, {
    ...own,
    ...(args.nimg_per_epoch === null ? {} : { nimgPerEpoch: args.nimg_per_epoch }),
    seed: args.seed,
    signal,
    onProgress: ({ done, total }) => progress.looking(done, total),
  });
  progress.clear();
  reporter.say(`train correlation: ${correlation.toFixed(4)}`);
  try {
    await write(path, writeSizeModelNpy(params));
  } catch (error) {
    throw new RunError(`the size model cannot be saved as ${path}: ${describeError(error)}`, { cause: error });
  }
  reporter.say(`size model saved to ${path}`);
  const testExamples = request.testExamples.filter(({ cells }) => cells > 0);
  if (testExamples.length === 0) return { model: path, trainCorrelation: correlation };
  const model = await CellposeModel.load({ stateDict, ...own });
  try {
    const test = await measure({ ...request, testExamples }, new SizeModel(model, params));
    return { model: path, trainCorrelation: correlation, test };
  } finally {
    await model.release();
  }
}

async function measure(request: TrainSizeRequest, size: SizeModel): Promise<SizeTest> {
  const { testExamples, predictedPath, signal, reporter, progress, write } = request;
  const [truth, style, final]: number[][] = [[], [], []];
  for (const { image, diameter } of testExamples) {
    const estimate = await size.eval(image, { normalize: false, channelAxis: 0, signal });
    truth!.push(diameter);
    style!.push(estimate.diameterStyle);
    final!.push(estimate.diameter);
    progress.looking(truth!.length, testExamples.length);
  }
  progress.clear();
  if (predictedPath !== undefined) {
    // The size model is trained and kept: a folder of test images that cannot be written to does not undo that.
    try {
      await write(predictedPath, writePredictedDiamsNpy(final!, style!));
      reporter.say(`estimated diameters of the test images saved to ${predictedPath}`);
    } catch (error) {
      reporter.warn(`the estimated diameters cannot be saved as ${predictedPath}: ${describeError(error)}`);
    }
  }
  const errors = final!.map((d, i) => Math.abs(d / truth![i]! - 1)).sort((a, b) => a - b);
  const test: SizeTest = {
    styleCorrelation: correlationOf(truth!, style!),
    finalCorrelation: correlationOf(truth!, final!),
    medianError: errors[Math.floor(errors.length / 2)]!,
    within25: errors.filter((error) => error <= 0.25).length / errors.length,
  };
  reporter.say(
    `style test correlation: ${test.styleCorrelation.toFixed(4)}; final test correlation: ${test.finalCorrelation.toFixed(4)}`,
  );
  reporter.say(
    `diameters of ${errors.length} test images: median error ${percent(test.medianError)}, ${percent(test.within25)} of the images within 25 %`,
  );
  return test;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Pearson's; NaN where all are equal. */
function correlationOf(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
  const [ma, mb] = [mean(a), mean(b)];
  const products = (p: readonly number[], mp: number, q: readonly number[], mq: number) =>
    p.reduce((sum, v, i) => sum + (v - mp) * (q[i]! - mq), 0);
  return products(a, ma, b, mb) / Math.sqrt(products(a, ma, a, ma) * products(b, mb, b, mb));
}
