/**
 * A folder of images and labels as examples for a training. Flows are computed once and kept beside the images as
 * NAME_flows.tif, as Cellpose does; a later training reads them.
 */
import { stat } from 'node:fs/promises';
import {
  type AnyTypedArray,
  makeTrainingSet,
  type NdArray,
  type TrainingExample,
  type TrainingSetOptions,
  writeTiff,
} from 'cellpose-ts';
import { normPercentile } from './checkFlags.ts';
import { describeError } from './describeError.ts';
import { RunError } from './errors.ts';
import { channelsOf } from './evalOptions.ts';
import type { Args } from './flags.ts';
import { findImages, stemOf } from './imageFiles.ts';
import { imagesInPlaceOfZarrs } from './imagesOf.ts';
import { findLabels } from './labelFiles.ts';
import { readArray, readLabelFile } from './readLabels.ts';
import { readPicture } from './readPicture.ts';

export interface TrainingFiles {
  readonly image: string;
  readonly labels: string | undefined;
  /** Made by an earlier training. */
  readonly flows: string | undefined;
}

export interface ReadOptions {
  readonly args: Args;
  readonly nchan: number;
  readonly threads: number | undefined;
  readonly signal: AbortSignal;
  readonly write: (path: string, bytes: Uint8Array) => Promise<void>;
  readonly onImage: (done: number) => void;
}

export interface ReadExamples {
  readonly examples: readonly TrainingExample[];
  readonly notes: readonly string[];
}

/** Images of a folder with their labels. @throws RunError where there are none; it names the images without labels. */
export async function findTrainingFiles(folder: string, args: Args): Promise<TrainingFiles[]> {
  const { mask_filter: maskFilter, img_filter: imgFilter, look_one_level_down: lookOneLevelDown } = args;
  const images = await findImages(folder, { maskFilter, imgFilter, lookOneLevelDown });
  return withLabels(await imagesInPlaceOfZarrs(images), args);
}

/** Images with their labels. @throws RunError that names those without. */
export async function withLabels(images: readonly string[], args: Args): Promise<TrainingFiles[]> {
  if (images.length === 0) return [];
  const { mask_filter: maskFilter, img_filter: imgFilter } = args;
  const { labels, flows } = await findLabels(images, { maskFilter, imgFilter });
  return images.map((image, i) => ({ image, labels: labels?.[i], flows: flows?.[i] }));
}

/**
 * Reads all, whatever their number of cells.
 *
 * @throws RunError that names every image that cannot be used; the signal's reason.
 */
export async function readExamples(files: readonly TrainingFiles[], options: ReadOptions): Promise<ReadExamples> {
  const examples: TrainingExample[] = [];
  const notes: string[] = [];
  const faults: string[] = [];
  for (const [i, file] of files.entries()) {
    options.signal.throwIfAborted();
    try {
      examples.push(await readExample(file, options, notes));
    } catch (error) {
      options.signal.throwIfAborted();
      const message = describeError(error);
      faults.push(message.startsWith(file.image) ? message : `${file.image}: ${message}`);
    }
    options.onImage(i + 1);
  }
  if (faults.length === 0) return { examples, notes };
  throw new RunError(
    `training: ${faults.length} of ${files.length} images cannot be used; correct or remove them:\n${faults.join('\n')}`,
  );
}

async function readExample(file: TrainingFiles, options: ReadOptions, notes: string[]): Promise<TrainingExample> {
  const { image: name } = file;
  const { args, threads, signal, nchan } = options;
  const { image, axes } = await readPicture(name);
  const labels = await readLabels(file, args, notes);
  const set = await makeTrainingSet([{ name, image, labels }], {
    ...imageOptions(args),
    ...(args.channel_axis === null && axes.channelAxis !== undefined ? { channelAxis: axes.channelAxis } : {}),
    ...(threads === undefined ? {} : { threads }),
    nchan,
    minTrainMasks: 0,
    ...(args.ignore_label === null ? {} : { ignoreLabel: args.ignore_label }),
    signal,
  });
  notes.push(...set.notes);
  const [example] = set.examples as [TrainingExample];
  if (file.flows === undefined && !example.ignored)
    await writeFlows(`${stemOf(name)}_flows.tif`, example, options, notes);
  return example;
}

function imageOptions(args: Args): TrainingSetOptions {
  const channels = channelsOf(args);
  const percentile = normPercentile(args);
  return {
    ...(channels === undefined ? {} : { channels }),
    ...(args.channel_axis === null ? {} : { channelAxis: args.channel_axis }),
    normalize: percentile === undefined ? !args.no_norm : { percentile },
  };
}

/** Flows where there are some, else labels. Flows do not tell which regions are to be ignored. */
async function readLabels(
  { labels, flows }: TrainingFiles,
  { ignore_label: ignoreLabel }: Args,
  notes: string[],
): Promise<NdArray<AnyTypedArray>> {
  if (flows === undefined) return readLabelFile(labels!);
  if (ignoreLabel !== null && labels !== undefined) return readLabelFile(labels);
  const kept = (await readArray(flows)) as NdArray<AnyTypedArray>;
  if (labels === undefined) return kept;
  if (await isNewer(labels, flows))
    notes.push(`${flows} is older than ${labels} and is used all the same; delete it to have it computed again`);
  // Flows of old versions have no plane of labels.
  return kept.shape[0]! < 4 ? readLabelFile(labels) : kept;
}

async function isNewer(path: string, than: string): Promise<boolean> {
  const [a, b] = await Promise.all([stat(path), stat(than)]);
  return a.mtimeMs > b.mtimeMs;
}

/** The cache saves time only: a folder that cannot be written to is no reason to stop. */
async function writeFlows(path: string, { flows }: TrainingExample, options: ReadOptions, notes: string[]) {
  try {
    await options.write(path, writeTiff(flows, { compression: 'none', rgb: false }));
  } catch (error) {
    notes.push(`${path} cannot be kept for later trainings: ${describeError(error)}`);
  }
}
