/**
 * `--train` and `--train_size`: from a folder of labelled images to a model file, a size model, or both, that this program and
 * Cellpose read, and a record of how.
 */
import { mkdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  type EpochReport,
  type StateDict,
  type TrainingExample,
  type TrainingList,
  type TrainSegResult,
  trainSeg,
} from 'cellpose-ts';
import { collapseWatch } from './collapseWatch.ts';
import { describeError } from './describeError.ts';
import { RunError } from './errors.ts';
import { readFileList } from './fileList.ts';
import type { Args } from './flags.ts';
import type { Host } from './host.ts';
import { besideModel } from './modelFile.ts';
import type { Parsed } from './parseFlags.ts';
import { readPicture } from './readPicture.ts';
import { createReporter, type Reporter } from './reporter.ts';
import { reportPage } from './reportPage.ts';
import { type RunRecord, sha256OfFile, startRecord, writeRecord } from './runRecord.ts';
import { threadsOf } from './threads.ts';
import { trainCard } from './trainCard.ts';
import { findTrainingFiles, readExamples, type TrainingFiles, withLabels } from './trainData.ts';
import { type TrainingFolder, trainingFolder } from './trainFolder.ts';
import { trainOptions } from './trainOptions.ts';
import { type TrainingProgress, trainingProgress } from './trainProgress.ts';
import { measureTraining, someOf } from './trainReport.ts';
import { type TrainedSize, trainSizeModel } from './trainSizeModel.ts';
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

/** What a step of the way needs to know. */
interface Way {
  readonly parsed: Parsed;
  readonly host: Host;
  readonly reporter: Reporter;
  readonly progress: TrainingProgress;
  readonly record: TrainingRecord;
  readonly signal: AbortSignal;
  readonly write: (path: string, bytes: Uint8Array) => Promise<void>;
  readonly warn: (line: string) => void;
}

interface TrainingRecord extends RunRecord {
  training?: {
    readonly start: string;
    readonly model: string;
    readonly sha256: string;
    readonly trainImages: readonly string[];
    readonly testImages: readonly string[];
    readonly trainLosses: readonly number[];
    readonly testLosses: readonly (number | null)[];
    /** Mean precision on the test images at an intersection over union of 0.5. */
    readonly precisions: readonly (number | null)[];
    /** That the model comes from. */
    readonly epoch: number;
  };
  size?: TrainedSize;
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

interface Data {
  readonly weights: StartingWeights;
  readonly examples: readonly TrainingExample[];
  readonly testExamples: readonly TrainingExample[];
  /** Relative chances of the images to be drawn. */
  readonly trainProbs?: readonly number[];
  readonly testProbs?: readonly number[];
}

/** Of a list of files; those of images that were left out are, too. */
function chancesOf(list: TrainingList | undefined, examples: readonly TrainingExample[], { test_dir }: Args) {
  if (!list) return {};
  const { trainFiles, trainProbs, testProbs } = list;
  const chances = new Map(trainProbs?.map((chance, i) => [trainFiles[i]!, chance]));
  return {
    ...(trainProbs && { trainProbs: examples.map(({ name }) => chances.get(name)!) }),
    ...(testProbs && test_dir === null && { testProbs }),
  };
}

/** A network and where its file is, or would be. */
interface Trained {
  readonly stateDict: StateDict;
  readonly modelPath: string;
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

/** Beside the model. As with the report, a training does not fail because of it. */
async function writeCard({ stateDict, modelPath }: Trained, data: Data, way: Way): Promise<void> {
  const { weights, examples, testExamples } = data;
  const { precisions, sha256, epoch } = way.record.training!;
  const card = trainCard({
    ...{ modelPath, sha256, start: weights.name, command: way.record.command, args: way.parsed.args },
    trainImages: examples.length,
    testImages: testExamples.length,
    cells: examples.reduce((sum, { cells }) => sum + cells, 0),
    diamMean: Number(stateDict.get('diam_mean')!.data[0]),
    diamLabels: Number(stateDict.get('diam_labels')!.data[0]),
    precision: precisions[epoch] ?? null,
  });
  const path = besideModel(modelPath).cardPath;
  try {
    await way.write(path, new TextEncoder().encode(`${JSON.stringify(card, undefined, 2)}\n`));
  } catch (error) {
    way.warn(`the card cannot be saved as ${path}: ${describeError(error)}`);
  }
}

function numberOrNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

/** A page beside the model. A training is not called failed because its report cannot be made. */
async function report(trained: Trained, data: Data, way: Way): Promise<void> {
  const { modelPath } = trained;
  const path = join(dirname(modelPath), `report_${basename(modelPath)}.html`);
  try {
    await way.write(path, new TextEncoder().encode(await pageOf(trained, data, way)));
    way.reporter.say(`report saved to ${path}`);
  } catch (error) {
    way.signal.throwIfAborted();
    way.warn(`the report cannot be saved as ${path}: ${describeError(error)}`);
  }
}

async function pageOf({ stateDict, modelPath }: Trained, data: Data, way: Way): Promise<string> {
  const { parsed, host, signal, progress, record } = way;
  const { weights, examples, testExamples } = data;
  const held = testExamples.length > 0;
  const measured = someOf(held ? testExamples : examples);
  const kind = held
    ? 'test images, which the network was not trained on'
    : 'training images, which it has seen, as there is no --test_dir';
  const results = await measureTraining({
    before: weights.name === 'scratch' ? undefined : weights.stateDict,
    after: stateDict,
    examples: measured,
    threads: threadsOf(parsed.args.threads, host.env),
    signal,
    onImage: progress.measuring,
  });
  progress.clear();
  return reportPage({
    model: basename(modelPath),
    facts: factsOf(data, way),
    curves: { train: record.training!.trainLosses, test: record.training!.testLosses },
    measuredOn: `On ${measured.length} ${kind}; each has the median diameter of its labels.`,
    ...results,
  });
}

function factsOf({ weights, examples, testExamples }: Data, { parsed: { args }, record }: Way) {
  const cells = (list: readonly TrainingExample[]) => list.reduce((sum, example) => sum + example.cells, 0);
  const facts: [string, string][] = [
    ['started from', weights.name === 'scratch' ? 'nothing' : weights.name],
    ['training images', `${examples.length}, ${cells(examples)} cells`],
    ['test images', testExamples.length > 0 ? `${testExamples.length}, ${cells(testExamples)} cells` : 'none'],
    ['epochs', String(args.n_epochs)],
    ['optimizer', `${args.SGD ? 'SGD' : 'AdamW'}, learning rate ${args.learning_rate}`],
    ['seed', String(args.seed)],
    ['command', record.command.map(quoted).join(' ')],
  ];
  return facts;
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

/** For a network from scratch. With `--all_channels` as many as the first image has. */
async function channelsOfImages([first]: readonly TrainingFiles[], { all_channels }: Args): Promise<number> {
  if (!all_channels) return 2;
  const { shape } = (await readPicture(first!.image)).image;
  return shape.length === 3 ? Math.min(...shape) : 1;
}

async function examplesOf(
  files: readonly TrainingFiles[],
  { nchan }: StartingWeights,
  { parsed, host, signal, write, progress, warn }: Way,
): Promise<readonly TrainingExample[]> {
  const { args } = parsed;
  const threads = threadsOf(args.threads, host.env);
  const onImage = (done: number) => progress.reading(done, files.length);
  const { examples, notes } = await readExamples(files, { args, nchan, threads, signal, write, onImage });
  for (const line of notes) warn(line);
  return examples;
}

function withEnoughCells(examples: readonly TrainingExample[], { parsed, warn }: Way): TrainingExample[] {
  const { min_train_masks: least, negatives } = parsed.args;
  const isKept = ({ cells }: TrainingExample) => cells >= least || (negatives && cells === 0);
  const left = examples.filter((example) => !isKept(example));
  const kept = examples.filter(isKept);
  const remedy = 'label more cells, or lower --min_train_masks';
  if (!kept.some(({ cells }) => cells >= Math.max(1, least)))
    throw new RunError(`training: none of ${examples.length} images has ${least} cells; ${remedy}`);
  for (const { name, cells } of left) warn(`${name}: left out, ${cells} cells are fewer than ${least}; ${remedy}`);
  return kept;
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
function quoted(word: string): string {
  return /^[\w./:\\-]+$/.test(word) ? word : `"${word}"`;
}
