/**
 * `--train` and `--train_size`: from a folder of labelled images to a model file, a size model, or both, that this program and
 * Cellpose read, and a record of how.
 */
import { mkdir, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type EpochReport, type TrainingExample, type TrainSegResult, trainSeg } from 'cellpose-ts';
import { collapseWatch } from './collapseWatch.ts';
import { describeError } from './describeError.ts';
import { RunError } from './errors.ts';
import { readFileList } from './fileList.ts';
import type { Args } from './flags.ts';
import type { Host } from './host.ts';
import type { Parsed } from './parseFlags.ts';
import { createReporter } from './reporter.ts';
import { sha256OfFile, startRecord, writeRecord } from './runRecord.ts';
import { threadsOf } from './threads.ts';
import { findTrainingFiles, withLabels } from './trainData.ts';
import { chancesOf, channelsOfImages, examplesOf, withEnoughCells } from './trainExamples.ts';
import { quoted, report, writeCard } from './trainedFiles.ts';
import { type TrainingFolder, trainingFolder } from './trainFolder.ts';
import { trainOptions } from './trainOptions.ts';
import { trainingProgress } from './trainProgress.ts';
import { trainSizeModel } from './trainSizeModel.ts';
import type { Data, Trained, TrainingRecord, Way } from './trainWay.ts';
import { type StartingWeights, startingWeights } from './trainWeights.ts';
import { writeWhole } from './wholeFile.ts';

export interface TrainRequest {
  /** The command line, for the record. */
  readonly words: readonly string[];
  readonly parsed: Parsed;
  /** What the user should know about the flags. */
  readonly notes: readonly string[];
  readonly host: Host;
}

/** @returns the exit code. @throws RunError where the training cannot begin. */
export async function train({ words, parsed, notes, host }: TrainRequest): Promise<number> {
  const { args } = parsed;
  const reporter = createReporter(host, args.verbose);
  const progress = trainingProgress(host, reporter, args.verbose);
  const record: TrainingRecord = startRecord(words, args, host);
  const controller = new AbortController();
  const warn = (line: string) => {
    progress.clear();
    record.notes.push(line);
    reporter.warn(line);
  };
  let interruptCode: number | undefined;
  const stopListening = host.onInterrupt((code) => {
    interruptCode = code;
    progress.clear();
    reporter.warn('stopping after this step (once more: at once)');
    controller.abort(new Error('interrupted'));
  });
  const write = host.writeFile ?? writeWhole;
  const way: Way = { parsed, host, reporter, progress, record, signal: controller.signal, write, warn };
  let exitCode = 0;
  try {
    for (const line of notes) warn(line);
    await trainOnFolder(way);
  } catch (error) {
    if (interruptCode === undefined) {
      record.errors.push(describeError(error));
      await finishRecord(way, 1);
      throw error;
    }
    exitCode = interruptCode;
  } finally {
    progress.clear();
    stopListening();
  }
  await finishRecord(way, exitCode);
  return exitCode;
}

async function trainOnFolder(way: Way): Promise<void> {
  const { args } = way.parsed;
  const list = args.file_list === null ? undefined : await readFileList(args.file_list);
  const trainFiles = list ? await withLabels(list.trainFiles, args) : await findTrainingFiles(args.dir!, args);
  const testFiles = args.test_dir
    ? await findTrainingFiles(args.test_dir, args)
    : await withLabels(list?.testFiles ?? [], args);
  const fetching = { ...way, verbose: args.verbose };
  const weights = await startingWeights(way.parsed, await channelsOfImages(trainFiles, args), fetching);
  for (const line of weights.notes) way.warn(line);
  const all = await examplesOf([...trainFiles, ...testFiles], weights, way);
  const testExamples = all.slice(trainFiles.length);
  const examples = withEnoughCells(all.slice(0, trainFiles.length), way);
  const data = { weights, examples, testExamples, ...chancesOf(list, examples, args) };
  const trained = args.train ? await trainNetwork(data, way) : undefined;
  if (trained && !args.no_report) await report(trained, data, way);
  if (args.train_size) await trainSizeOf(trained ?? (await untrained(weights, way)), data, way);
  if (trained) tellHowToUse(trained, way);
}

async function trainNetwork(data: Data, way: Way): Promise<Trained> {
  const { weights, examples, testExamples } = data;
  const folder = await folderOf(weights, examples, way);
  const { stateDict, trainLosses, testLosses, precisions, epoch } = await learn(data, folder, way);
  const { modelPath } = folder;
  await folder.finish(stateDict);
  way.record.training = {
    start: weights.name,
    model: modelPath,
    sha256: await sha256OfFile(modelPath),
    trainImages: examples.map(({ name }) => name),
    testImages: testExamples.map(({ name }) => name),
    trainLosses: [...trainLosses],
    testLosses: Array.from(testLosses, numberOrNull),
    precisions: Array.from(precisions, numberOrNull),
    epoch,
  };
  await writeCard({ stateDict, modelPath }, data, way);
  const { n_epochs: planned, patience, keep_best: keepBest } = way.parsed.args;
  if (trainLosses.length < planned)
    way.reporter.say(`stopped after epoch ${trainLosses.length - 1}: precision has not risen for ${patience} epochs`);
  if (keepBest) way.reporter.say(`kept the network of epoch ${epoch}, precision ${precisions[epoch]!.toFixed(3)}`);
  way.reporter.say(`model trained and saved to ${modelPath}`);
  return { stateDict, modelPath };
}

function numberOrNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

/** `--train_size` alone: a network that is there already. The size model of a bundled one goes to the folder of images. */
async function untrained({ stateDict, name, path }: StartingWeights, way: Way): Promise<Trained> {
  if (name === 'scratch')
    throw new RunError('--train_size: needs a trained network; give --pretrained_model, or --train together with it');
  if (path !== undefined) return { stateDict, modelPath: path };
  const models = join(await realpath(way.parsed.args.dir!), 'models');
  await mkdir(models, { recursive: true });
  return { stateDict, modelPath: join(models, name) };
}

async function trainSizeOf({ stateDict, modelPath }: Trained, { examples, testExamples }: Data, way: Way) {
  const { parsed, host, signal, reporter, progress, write } = way;
  const threads = threadsOf(parsed.args.threads, host.env);
  const path = `${modelPath}_size.npy`;
  const { test_dir: testFolder } = parsed.args;
  const predictedPath =
    testFolder === null ? undefined : join(testFolder, `${basename(modelPath)}_predicted_diams.npy`);
  const common = { args: parsed.args, threads, signal, reporter, progress, write };
  way.record.size = await trainSizeModel({ stateDict, path, predictedPath, examples, testExamples, ...common });
}

function tellHowToUse({ stateDict, modelPath }: Trained, { parsed: { args }, reporter }: Way): void {
  const diameter = args.train_size ? '0' : Number(stateDict.get('diam_labels')!.data[0]).toFixed(1);
  const flags = ['--pretrained_model', quoted(modelPath), ...channelFlags(args), '--diameter', diameter];
  reporter.say(`use it with\n  cellpose-ts --dir FOLDER ${flags.join(' ')} --save_tif`);
}

/** The model wants its channels as in training. */
function channelFlags({ all_channels, chan, chan2 }: Args): string[] {
  if (all_channels) return ['--all_channels'];
  return chan || chan2 ? ['--chan', String(chan), '--chan2', String(chan2)] : [];
}

async function folderOf(weights: StartingWeights, examples: readonly TrainingExample[], way: Way) {
  const { args } = way.parsed;
  const withCells = examples.filter(({ cells }) => cells > 0);
  const mean = withCells.reduce((sum, { diameter }) => sum + diameter, 0) / withCells.length;
  const diamLabels = { data: Float32Array.of(mean), shape: [1] };
  const folder = trainingFolder({
    folder: await realpath(args.dir!),
    name: args.model_name_out ?? `cellpose_${Date.now() / 1000}`,
    epochs: args.n_epochs,
    saveEach: args.save_each,
    diameters: new Map([
      ['diam_mean', weights.stateDict.get('diam_mean')!],
      ['diam_labels', diamLabels],
    ]),
    write: way.write,
    onSaved: (path) => {
      way.progress.clear();
      way.reporter.say(`saving network parameters to ${path}`);
    },
  });
  try {
    await folder.prepare();
  } catch (error) {
    throw new RunError(`the model cannot be saved as ${folder.modelPath}: ${describeError(error)}`, { cause: error });
  }
  const kept = await folder.hasCheckpoint();
  if (kept && !args.resume)
    way.warn(
      `a stopped training is in ${folder.modelPath}.training; --resume would go on with it, this one begins anew`,
    );
  if (!kept && !args.resume && (await stat(folder.modelPath).catch(() => undefined)))
    way.warn(`${folder.modelPath} is there and will be replaced; --model_name_out gives another name`);
  if (!kept && args.resume)
    throw new RunError(`--resume: there is no stopped training in ${folder.modelPath}.training`);
  return folder;
}

async function learn(data: Data, folder: TrainingFolder, way: Way): Promise<TrainSegResult> {
  const { examples, testExamples, trainProbs, testProbs } = data;
  const { stateDict, name } = data.weights;
  const { parsed, reporter, progress, signal } = way;
  const chances = { ...(trainProbs && { trainProbs }), ...(testProbs && { testProbs }) };
  const options = { ...trainOptions(parsed, way.host), ...chances };
  reporter.say(name === 'scratch' ? 'training from scratch' : `training from model ${name}`);
  reporter.say(`n_epochs=${options.epochs}, n_train=${examples.length}, n_test=${testExamples.length}`);
  reporter.say(
    `${parsed.args.SGD ? 'SGD' : 'AdamW'}, learning_rate=${options.learningRate!.toFixed(5)}, weight_decay=${options.weightDecay!.toFixed(5)}`,
  );
  reporter.say(`saving model to ${folder.modelPath}`);
  const watch = collapseWatch(way.warn);
  const onEpoch = (report: EpochReport): void => {
    progress.epoch(report);
    watch(report);
  };
  try {
    return await trainSeg(stateDict, examples, { ...options, testExamples, store: folder.store, signal, onEpoch });
  } catch (error) {
    progress.clear();
    await tellHowToGoOn(folder, way);
    throw error;
  }
}

async function tellHowToGoOn({ modelPath, hasCheckpoint }: TrainingFolder, { parsed: { args }, reporter }: Way) {
  const name = quoted(modelPath.slice(Math.max(modelPath.lastIndexOf('/'), modelPath.lastIndexOf('\\')) + 1));
  if (await hasCheckpoint())
    reporter.warn(
      `the last checkpoint stays in ${modelPath}.training; to go on, give the same command with --model_name_out ${name} --resume`,
    );
  else reporter.warn(`nothing was saved yet: that happens every ${args.save_every} epochs (--save_every)`);
}

/** The record is kept if it can be; a training is not called failed because its record has no place. */
async function finishRecord({ record, host, reporter }: Way, exitCode: number): Promise<void> {
  record.finished = new Date().toISOString();
  record.exitCode = exitCode;
  try {
    reporter.detail(`record of this run: ${await writeRecord(record, host)}`);
  } catch (error) {
    reporter.warn(`the record of this run cannot be written: ${describeError(error)}; use --record FILE`);
  }
}

/** As a word of a command line. */
