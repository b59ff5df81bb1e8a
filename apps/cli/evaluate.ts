/**
 * `cellpose-ts evaluate`: how well a model, or masks that are there already, agree with labelled images. One table with each
 * image, the mean over images and the precision of all cells together, which are two things.
 */
import { join, relative } from 'node:path';
import {
  averagePrecision,
  diameters,
  type EvalOptions,
  type Masks,
  type NdArray,
  type Precision,
  renumber,
  resizeImage,
} from 'cellpose-ts';
import { describeError } from './describeError.ts';
import { withoutEdgeMasks } from './edgeMasks.ts';
import { RunError, UsageError } from './errors.ts';
import { evalOptions, joinsPlanes } from './evalOptions.ts';
import { type Evaluated, type Evaluation, evaluationJson, evaluationTable } from './evaluationTable.ts';
import { exists } from './exists.ts';
import type { Args } from './flags.ts';
import { forecastStack, type StackForecast } from './forecastStack.ts';
import type { Host } from './host.ts';
import { findImages, stemOf } from './imageFiles.ts';
import { imagesInPlaceOfZarrs } from './imagesOf.ts';
import { checkJsonPlace, hostForPeople, writeJson } from './jsonOutput.ts';
import { findLabels } from './labelFiles.ts';
import type { Parsed } from './parseFlags.ts';
import { prepareModel } from './prepareModel.ts';
import { readLabelFile } from './readLabels.ts';
import { readPicture } from './readPicture.ts';
import { createReporter, type Reporter } from './reporter.ts';
import type { Segmenter } from './segmenter.ts';
import { overall } from './segmentFiles.ts';
import { shortName } from './zarrFolder.ts';

/** Of the intersection over union. */
const thresholds = [0.5, 0.75, 0.9];
const extensionsOfMasks = ['.png', '.tif', '.tiff', '.npy'];

export interface EvaluateRequest {
  readonly parsed: Parsed;
  readonly notes: readonly string[];
  readonly host: Host;
}

interface Labelled {
  readonly image: string;
  readonly labels: string;
}

/** What gives the masks of an image. */
interface Predictor {
  /** Of the table's title. */
  readonly name: string;
  predict(image: string, truth: Masks): Promise<{ readonly masks: Masks; readonly diameter?: number }>;
  release(): Promise<void>;
}

/** @returns the exit code. @throws RunError, UsageError */
export async function evaluate({ parsed, notes, host }: EvaluateRequest): Promise<number> {
  const { args, given } = parsed;
  if (args.dir === null) throw new UsageError('evaluate: needs --dir FOLDER, a folder of images with their labels');
  if (args.true_diameter && given.has('--diameter'))
    throw new UsageError('--true_diameter: leave out --diameter; each image has the diameter of its labels');
  await checkJsonPlace(args.json);
  const files = await labelledImages(args);
  const people = hostForPeople(host, args.json);
  const reporter = createReporter(people, args.verbose);
  const controller = new AbortController();
  let interruptCode: number | undefined;
  let predictor: Predictor | undefined;
  const stopListening = host.onInterrupt((code) => {
    interruptCode = code;
    controller.abort(new Error('interrupted'));
  });
  try {
    for (const line of notes) reporter.warn(line);
    predictor =
      args.pred_dir === null
        ? await modelPredictor(parsed, host, files, controller.signal, reporter)
        : await folderPredictor(args.pred_dir, args, files);
    const evaluation = await compare(files, predictor, args, reporter, controller.signal);
    people.stdout.write(evaluationTable(evaluation));
    if (args.json !== null) {
      const line = await writeJson(args.json, evaluationJson(evaluation), host);
      if (line !== undefined) people.stdout.write(`${line}\n`);
    }
    return evaluation.failed.length > 0 ? 1 : 0;
  } catch (error) {
    if (interruptCode === undefined) throw error;
    reporter.warn('stopped: nothing is compared');
    return interruptCode;
  } finally {
    reporter.stop();
    stopListening();
    await predictor?.release();
  }
}

async function labelledImages(args: Args): Promise<Labelled[]> {
  const { mask_filter: maskFilter, img_filter: imgFilter, look_one_level_down: lookOneLevelDown } = args;
  const found = await findImages(args.dir!, { maskFilter, imgFilter, lookOneLevelDown });
  const images = await imagesInPlaceOfZarrs(found);
  const { labels } = await findLabels(images, { maskFilter, imgFilter });
  if (!labels) throw new RunError(`--dir ${args.dir}: there are flows but no labels (${maskFilter}) beside the images`);
  return images.map((image, i) => ({ image, labels: labels[i]! }));
}

async function modelPredictor(
  parsed: Parsed,
  host: Host,
  files: readonly Labelled[],
  signal: AbortSignal,
  reporter: Reporter,
): Promise<Predictor> {
  const images = files.map(({ image }) => image);
  const tell = (line: string) => reporter.warn(line);
  const { model } = await prepareModel({ parsed, host, images, signal, reporter, tell });
  const { args } = parsed;
  return {
    name: `model ${model.name}`,
    predict: (image, truth) => segment(image, truth, model, args, signal, reporter),
    release: () => model.release(),
  };
}

async function segment(
  path: string,
  truth: Masks,
  model: Segmenter,
  args: Args,
  signal: AbortSignal,
  reporter: Reporter,
) {
  const picture = await readPicture(path);
  const own = args.true_diameter ? trueDiameter(truth, path) : {};
  const forecast = joinsPlanes(args) ? await forecastStack(picture, { ...args, ...own }, model) : undefined;
  if (forecast) reporter.detail(`${shortName(path)}: ${forecast.line}`);
  const options = { ...evalOptions(args, model, picture.axes), ...own, ...forecast?.options };
  const onProgress: EvalOptions['onProgress'] = ({ stage, fraction }) => reporter.progress(overall(stage, fraction));
  const result = await evalAndClose(picture.image, model, { ...options, signal, onProgress }, forecast);
  const { masks } = args.exclude_on_edges ? withoutEdgeMasks(result.masks, joinsPlanes(args)) : result;
  // A network that upsamples gives labels of the enlarged image.
  const isEnlarged = 'ratio' in result && result.ratio !== 1;
  return { masks: isEnlarged ? atSizeOf(truth, masks) : masks, diameter: result.diameter };
}

async function evalAndClose(image: NdArray, model: Segmenter, options: EvalOptions, forecast?: StackForecast) {
  try {
    return await model.eval(image, options);
  } finally {
    await forecast?.scratch?.close();
  }
}

function atSizeOf({ shape }: Masks, masks: Masks): Masks {
  const [my, mx] = masks.shape.slice(-2) as [number, number];
  const [ly, lx] = shape.slice(-2) as [number, number];
  const planes = { data: masks.data, shape: [masks.data.length / (my * mx), my, mx, 1] };
  return { data: resizeImage(planes, ly, lx, 'nearest').data, shape };
}

function trueDiameter(truth: Masks, path: string): { diameter: number } {
  const { median } = diameters(truth);
  if (!(median > 0))
    throw new RunError(`${path}: its labels have no cells, so they have no diameter; give --diameter instead`);
  return { diameter: median };
}

/** Masks of each image: NAME and the ending, in a folder; NAME is that of the image with or without `--img_filter`. */
async function folderPredictor(folder: string, args: Args, files: readonly Labelled[]): Promise<Predictor> {
  const found = new Map<string, string>();
  const lost: string[] = [];
  for (const { image } of files) {
    const path = await masksOf(image, folder, args);
    if (path === undefined) lost.push(shortName(image));
    else found.set(image, path);
  }
  if (lost.length > 0)
    throw new RunError(
      `--pred_dir ${folder}: ${lost.length} of ${files.length} images have no masks there: ${lost.slice(0, 3).join(', ')}` +
        `${lost.length > 3 ? ', …' : ''} (masks are named like their image with ${args.pred_filter} behind; --pred_filter says otherwise)`,
    );
  return {
    name: `masks of ${folder}`,
    predict: async (image) => ({ masks: await labelsOf(found.get(image)!) }),
    release: async () => {},
  };
}

async function masksOf(image: string, folder: string, args: Args): Promise<string | undefined> {
  const inside = stemOf(relative(args.dir!, image));
  const names = args.img_filter ? [inside, inside.slice(0, -args.img_filter.length)] : [inside];
  for (const name of names)
    for (const extension of extensionsOfMasks) {
      const path = join(folder, `${name}${args.pred_filter}${extension}`);
      if (await exists(path)) return path;
    }
  return undefined;
}

/** Labels 1 … n. @throws RunError that names the file where they are no labels. */
async function labelsOf(path: string): Promise<Masks> {
  const { data, shape } = await readLabelFile(path);
  const values = Int32Array.from(data as ArrayLike<number>);
  const wrong = values.findIndex((label, i) => label !== Number(data[i]) || label < 0);
  if (wrong >= 0)
    throw new RunError(`${path}: labels are whole numbers from 0 on; at place ${wrong} there is ${data[wrong]}`);
  return renumber({ data: values, shape });
}

async function compare(
  files: readonly Labelled[],
  predictor: Predictor,
  args: Args,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<Evaluation> {
  const images: Evaluated[] = [];
  const failed: { image: string; error: string }[] = [];
  await reporter.start(files.length);
  for (const { image, labels } of files) {
    signal.throwIfAborted();
    const name = relative(args.dir!, image);
    reporter.imageBegins(image);
    try {
      const truth = await labelsOf(labels);
      const { masks, diameter } = await predictor.predict(image, truth);
      const precision = precisionOf(truth, renumber(masks), labels);
      images.push({ name, precision, cells: cellsOf(precision), trueDiameter: diameters(truth).median, diameter });
      reporter.imageDone(image, `AP ${format(precision.ap[0]!)} at 0.5`);
    } catch (error) {
      signal.throwIfAborted();
      failed.push({ image: name, error: describeError(error) });
      reporter.imageDone(image, `failed: ${describeError(error)}`);
    }
  }
  reporter.stop();
  return { what: predictor.name, folder: args.dir!, thresholds, images, failed };
}

function precisionOf(truth: Masks, masks: Masks, labels: string): Precision {
  if (truth.shape.join() !== masks.shape.join())
    throw new RunError(
      `${labels}: the labels are ${truth.shape.join(' × ')}, the masks to compare ${masks.shape.join(' × ')}; they must be of one size`,
    );
  return averagePrecision(truth, masks, thresholds);
}

function cellsOf({ tp, fp, fn }: Precision): { true: number; found: number } {
  return { true: tp[0]! + fn[0]!, found: tp[0]! + fp[0]! };
}

function format(ap: number): string {
  return Number.isNaN(ap) ? '– (no cells)' : ap.toFixed(3);
}
