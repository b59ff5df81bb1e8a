/**
 * `cellpose-ts train_denoise`: from a folder of good, labelled images to a network that restores bad ones. Flags are those of
 * Cellpose 3.1's `python -m cellpose.denoise`.
 */
import { realpath } from 'node:fs/promises';
import {
  type EpochReport,
  initialState,
  type NoiseKind,
  type StateDict,
  seededRandom,
  type TrainDenoiseOptions,
  type TrainingExample,
  trainDenoise,
} from 'cellpose-ts';
import { checkFlags } from './checkFlags.ts';
import { chooseRestorer } from './chooseRestorer.ts';
import { describeError } from './describeError.ts';
import { RunError, UsageError } from './errors.ts';
import type { FetchOptions } from './fetchModel.ts';
import { withoutTrainDenoise } from './flags.ts';
import type { Host } from './host.ts';
import type { Parsed } from './parseFlags.ts';
import { createReporter, type Reporter } from './reporter.ts';
import { type RunRecord, startRecord, writeRecord } from './runRecord.ts';
import { weightsOfFile } from './segmenter.ts';
import { findTrainingFiles } from './trainData.ts';
import { examplesOf, withEnoughCells } from './trainExamples.ts';
import { trainingFolder } from './trainFolder.ts';
import { trainOptions } from './trainOptions.ts';
import { type TrainingProgress, trainingProgress } from './trainProgress.ts';
import { levelsOf, startingWeights } from './trainWeights.ts';
import { writeWhole } from './wholeFile.ts';

/** What networks against a kind of noise are called: `--restore_type` learns from a file's name what it is. */
const namesOfKinds: Readonly<Record<NoiseKind, string>> = {
  poisson: 'denoise',
  blur: 'deblur',
  blur_expr: 'deblur',
  downsample: 'upsample',
  downsample_expr: 'upsample',
  aniso: 'aniso',
  all: 'oneclick',
};
/** Of a network that was trained at the size of nuclei. */
const diameterOfNuclei = 17;

/** What a step of the way needs to know. */
interface Way {
  readonly parsed: Parsed;
  readonly host: Host;
  readonly reporter: Reporter;
  readonly progress: TrainingProgress;
  readonly signal: AbortSignal;
  readonly warn: (line: string) => void;
}

/** @returns the exit code. @throws UsageError, RunError where the training cannot begin. */
export async function trainToRestore(words: readonly string[], given: Parsed, host: Host): Promise<number> {
  const parsed: Parsed = { ...given, args: { ...given.args, train: true, restore_type: null } };
  const { args } = parsed;
  if (args.noise_type !== null && !Object.hasOwn(namesOfKinds, args.noise_type))
    throw new UsageError(`--noise_type: needs one of ${Object.keys(namesOfKinds).join(', ')}; got ${args.noise_type}`);
  const notes = checkFlags(parsed).filter((line) => !line.endsWith(withoutTrainDenoise));
  const reporter = createReporter(host, args.verbose);
  const progress = trainingProgress(host, reporter, args.verbose);
  const record: RunRecord = startRecord(['train_denoise', ...words], args, host);
  const controller = new AbortController();
  let exitCode = 0;
  const stopListening = host.onInterrupt((code) => {
    exitCode = code;
    progress.clear();
    reporter.warn('stopping after this step (once more: at once)');
    controller.abort(new Error('interrupted'));
  });
  const warn = (line: string) => {
    progress.clear();
    record.notes.push(line);
    reporter.warn(line);
  };
  try {
    for (const line of notes) warn(line);
    await trainOnFolder({ parsed, host, reporter, progress, signal: controller.signal, warn });
  } catch (error) {
    if (exitCode === 0) throw error;
  } finally {
    progress.clear();
    stopListening();
  }
  record.finished = new Date().toISOString();
  record.exitCode = exitCode;
  await writeRecord(record, host).catch((error: unknown) => {
    reporter.warn(`the record of this run cannot be written: ${describeError(error)}; use --record FILE`);
  });
  return exitCode;
}

async function trainOnFolder(way: Way): Promise<void> {
  const { parsed, host, reporter, progress, signal } = way;
  const { args } = parsed;
  const options = await denoiseOptions(way);
  const start = await startOf(way);
  const examples = await picturesOf(args.dir!, way);
  const testExamples = args.test_dir === null ? [] : await picturesOf(args.test_dir, way);
  const folder = trainingFolder({
    folder: await realpath(args.dir!),
    name: args.model_name_out ?? nameFor(parsed),
    epochs: options.epochs!,
    saveEach: args.save_each,
    diameters: new Map(['diam_mean', 'diam_labels'].map((name) => [name, start.get(name)!])),
    write: host.writeFile ?? writeWhole,
    onSaved: (path) => {
      progress.clear();
      reporter.say(`saving network parameters to ${path}`);
    },
  });
  await folder.prepare().catch((error: unknown) => {
    throw new RunError(`the model cannot be saved as ${folder.modelPath}: ${describeError(error)}`, { cause: error });
  });
  if (args.resume && !(await folder.hasCheckpoint()))
    throw new RunError(`--resume: there is no stopped training in ${folder.modelPath}.training`);
  reporter.say(`n_epochs=${options.epochs}, n_train=${examples.length}, n_test=${testExamples.length}`);
  reporter.say(`saving model to ${folder.modelPath}`);
  const onEpoch = (report: EpochReport) => progress.epoch(report);
  const { stateDict } = await trainDenoise(start, examples, {
    ...{ ...options, testExamples, store: folder.store, signal, onEpoch },
  });
  progress.clear();
  await folder.finish(stateDict);
  reporter.say(`use it with\n  cellpose-ts --dir FOLDER --restore_type ${folder.modelPath} --diameter SIZE --save_tif`);
}

/** The flags in the words of the library; the network that segments is read where the losses need it. */
async function denoiseOptions(way: Way): Promise<TrainDenoiseOptions> {
  const { parsed, host } = way;
  const { args, given } = parsed;
  const { keepBest: _, patience: __, measureEvery: ___, ...shared } = trainOptions(parsed, host);
  const { poisson, beta, blur, gblur, downsample, ds_max: dsMax } = args;
  const rules = { ...{ poisson, beta, blur, gblur, downsample, dsMax }, sigmas: 'exponential' as const };
  const losses = { per: args.lam_per, seg: args.lam_seg, rec: args.lam_rec };
  const options = {
    ...{ ...shared, losses, optimizer: 'adamw' as const },
    noise: args.noise_type === null ? rules : (args.noise_type as NoiseKind),
    learningRate: given.has('--learning_rate') ? args.learning_rate : 0.001,
    epochs: given.has('--n_epochs') ? args.n_epochs : 2000,
  };
  return losses.per + losses.seg > 0 ? { ...options, segStateDict: await segmenterOf(way) } : options;
}

async function segmenterOf(way: Way): Promise<StateDict> {
  const { args, given } = way.parsed;
  const wanted = { ...args, pretrained_model: args.seg_model_type, model_type: null };
  const named = new Set(given.has('--seg_model_type') ? ['--pretrained_model'] : []);
  const chosen = await underFlag('--pretrained_model', '--seg_model_type', () =>
    startingWeights({ ...way.parsed, args: wanted, given: named }, 2, fetching(way)),
  );
  for (const line of chosen.notes) way.warn(line.replace('--pretrained_model', '--seg_model_type'));
  way.reporter.say(`the losses look through model ${chosen.name}`);
  return chosen.stateDict;
}

/** A network that restores already, or one that has learned nothing yet. */
async function startOf(way: Way): Promise<StateDict> {
  const { args, given } = way.parsed;
  const diamMean = { data: Float32Array.of(args.diam_mean), shape: [1] };
  if (!given.has('--pretrained_model')) {
    const config = { nbase: [1, ...levelsOf(args.nbase)], nout: 1 };
    return initialState(config, seededRandom(args.seed), args.diam_mean);
  }
  const wanted = { ...args, restore_type: args.pretrained_model, chan2_restore: false };
  const choice = await underFlag('--restore_type', '--pretrained_model', () => chooseRestorer(wanted, fetching(way)));
  const weights = await weightsOfFile(choice!.path);
  return new Map([['diam_mean', diamMean], ['diam_labels', diamMean], ...weights]);
}

async function picturesOf(folder: string, way: Way): Promise<TrainingExample[]> {
  const files = await findTrainingFiles(folder, way.parsed.args);
  const write = way.host.writeFile ?? writeWhole;
  return withEnoughCells(await examplesOf(files, { nchan: 1 }, { ...way, write }), way);
}

function nameFor({ args }: Parsed): string {
  const kind = args.noise_type === null ? 'restore' : namesOfKinds[args.noise_type as NoiseKind];
  const nuclei = args.diam_mean === diameterOfNuclei ? '_nuclei' : '';
  return `${kind}${nuclei}_${Date.now() / 1000}`;
}

function fetching({ host, reporter, parsed, signal }: Way): FetchOptions {
  return { host, reporter, verbose: parsed.args.verbose, signal };
}

/** @throws RunErrors with the flag that the user knows in place of the other. */
async function underFlag<T>(flag: string, known: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    throw new RunError(error.message.replace(flag, known), { cause: error });
  }
}
