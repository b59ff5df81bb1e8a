/** The model of a run, from its flags: chosen, loaded, and described. */
import { chooseModel, chooseOrtho, type ModelChoice } from './chooseModel.ts';
import { chooseRestorer, type RestorerChoice } from './chooseRestorer.ts';
import type { Args } from './flags.ts';
import type { Host } from './host.ts';
import type { Parsed } from './parseFlags.ts';
import { findRanges, type RangesOf } from './ranges.ts';
import type { Reporter } from './reporter.ts';
import { loadSegmenter, type Segmenter } from './segmenter.ts';
import { threadsOf } from './threads.ts';

export interface PrepareModelOptions {
  readonly parsed: Parsed;
  readonly host: Host;
  /** To calibrate on, with `--precision int8`. */
  readonly images: readonly string[];
  readonly signal: AbortSignal;
  readonly reporter: Reporter;
  /** Is given what the user should know. */
  readonly tell: (line: string) => void;
}

export interface PreparedModel {
  readonly model: Segmenter;
  readonly choice: ModelChoice;
  /** Of the planes along z. */
  readonly ortho: ModelChoice | undefined;
  /** Of the networks that restore the images. */
  readonly restore: RestorerChoice | undefined;
}

/** @throws RunError where the model is unknown, cannot be had, or its file is none; the reason of the signal. */
export async function prepareModel(options: PrepareModelOptions): Promise<PreparedModel> {
  const { parsed, host, images, signal, reporter, tell } = options;
  const { args, given } = parsed;
  const fetching = { host, reporter, verbose: args.verbose, signal };
  const choice = await chooseModel(args, given, fetching);
  const ortho = await chooseOrtho(args, fetching);
  const restore = await chooseRestorer(args, fetching);
  for (const line of [...choice.notes, ...(ortho?.notes ?? [])]) tell(line);
  const threads = threadsOf(args.threads, host.env);
  const estimateDiameter = estimates(args, restore);
  const rangesOf = args.precision === 'int8' ? findRanges({ images, args, host, threads, signal, tell }) : undefined;
  const model = await loadChosen({ choice, ortho, restore }, args, host, rangesOf);
  const { diamMean, diamLabels } = model;
  reporter.detail(
    `model ${model.name}: diameter ${diamMean.toFixed(3)} in the network, ${diamLabels.toFixed(3)} in training`,
  );
  if (ortho) reporter.detail(`model ${ortho.name} for the planes along z`);
  if (restore) reporter.detail(`restored by ${restore.name}${restore.chan2 ? ` and ${restore.chan2.name}` : ''}`);
  if (restore && args.diameter === 0)
    tell(
      `--diameter 0: with --restore_type it is not estimated but ${diamLabels.toFixed(2)} pixels, the mean of training`,
    );
  else if (!estimateDiameter) reporter.detail(`diameter ${args.diameter} pixels for all images`);
  else if (model.estimatesDiameter) reporter.detail('the diameter is estimated for each image');
  else reporter.detail(`no size model: diameter ${diamLabels.toFixed(3)} pixels, the mean of training, for all images`);
  return { model, choice, ortho, restore };
}

type Chosen = Pick<PreparedModel, 'choice' | 'ortho' | 'restore'>;

/** Loads what was chosen, as the flags want it. @throws RunError where a file is no model */
export function loadChosen(
  { choice, ortho, restore }: Chosen,
  args: Args,
  host: Host,
  rangesOf?: RangesOf,
): Promise<Segmenter> {
  const threads = threadsOf(args.threads, host.env);
  const load = host.loadSegmenter ?? loadSegmenter;
  return load(choice, {
    estimateDiameter: estimates(args, restore),
    ...(threads === undefined ? {} : { threads }),
    ...(ortho ? { ortho } : {}),
    ...(restore ? { restore } : {}),
    ...(rangesOf ? { rangesOf } : {}),
  });
}

/** Cellpose does not estimate the diameter of an image that is restored. */
function estimates({ diameter }: Args, restore: RestorerChoice | undefined): boolean {
  return diameter === 0 && !restore;
}
