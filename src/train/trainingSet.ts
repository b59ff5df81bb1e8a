/**
 * Images and their labels made ready for training: channels picked and scaled, flows computed, diameters measured, and what
 * would spoil a training found before it starts. Source: cellpose 3.1 `train._process_train_test`.
 */
import type { AnyTypedArray, FloatArray, NdArray } from '../array/ndarray.ts';
import { sizeOf } from '../array/ndarray.ts';
import { labelsToFlows } from '../dynamics/labelsToFlows.ts';
import { isCellposeError, OptionError, ShapeError } from '../errors.ts';
import { diameters } from '../masks/diameters.ts';
import { convertImage } from '../transforms/convertImage.ts';
import { type NormalizeParams, normalizeImg } from '../transforms/normalizeImg.ts';

/** One image of a training set. */
export interface TrainingImage {
  /** For messages: a file's name, for example. Default: its number. */
  readonly name?: string;
  /** Any shape that `convertImage` takes as one plane. */
  readonly image: NdArray;
  /**
   * Labels (ly, lx), whole numbers of any type, 0 is background; or what `labelsToFlows` made of them, (4, ly, lx), which saves
   * doing it again.
   */
  readonly labels: NdArray<AnyTypedArray>;
}

export interface TrainingSetOptions {
  /** [to segment, nuclear], as for `eval`. Omitted: the image's channels as they are. */
  readonly channels?: readonly [number, number];
  readonly channelAxis?: number;
  /** Channels that the network takes. @default 2 */
  readonly nchan?: number;
  /** @default true */
  readonly normalize?: boolean | NormalizeParams;
  /** Images with fewer cells are left out. @default 5 */
  readonly minTrainMasks?: number;
  /** Keep images without any cell, from which a network learns what is none. @default false */
  readonly negatives?: boolean;
  /** Label of regions that are not to be judged, for example where cells could not be told apart. @default none */
  readonly ignoreLabel?: number;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

export interface TrainingExample {
  readonly name: string;
  /** (nchan, ly, lx), scaled. */
  readonly image: FloatArray;
  /** (4, ly, lx): label, 1 in cells, unit flow y, unit flow x. */
  readonly flows: FloatArray;
  /** 1 at pixels that are not to be judged, (ly, lx); only where there are such. */
  readonly ignored?: Uint8Array;
  /** Median diameter of the cells in pixels, at least 5; without cells it means nothing. */
  readonly diameter: number;
  readonly cells: number;
}

export interface TrainingSet {
  readonly examples: readonly TrainingExample[];
  /** Images that were left out, and why. */
  readonly leftOut: readonly { readonly name: string; readonly reason: string }[];
  /** What a user should look at, by image. */
  readonly notes: readonly string[];
}

/** Smaller medians count as this many pixels, as in Cellpose. */
const smallestDiameter = 5;

/**
 * Prepares a training set, image after image.
 *
 * @throws OptionError, ShapeError that begin with the image's name: labels that are none (fractions, a colour picture, one
 *   value all over), sizes that differ; OptionError if no image with cells is left; the signal's reason after cancellation.
 */
export async function makeTrainingSet(
  images: readonly TrainingImage[],
  options: TrainingSetOptions = {},
): Promise<TrainingSet> {
  const { minTrainMasks = 5, negatives = false, onProgress, signal } = options;
  const examples: TrainingExample[] = [];
  const leftOut: { name: string; reason: string }[] = [];
  const notes: string[] = [];
  for (const [i, image] of images.entries()) {
    signal?.throwIfAborted();
    const name = image.name ?? `image ${i}`;
    const { example, notes: own } = await named(name, () => makeExample(name, image, options));
    notes.push(...own.map((note) => `${name}: ${note}`));
    if (example.cells >= minTrainMasks || (negatives && example.cells === 0)) examples.push(example);
    else leftOut.push({ name, reason: `${example.cells} cells, fewer than ${minTrainMasks}` });
    onProgress?.({ done: i + 1, total: images.length });
  }
  if (examples.some(({ cells }) => cells >= minTrainMasks)) return { examples, leftOut, notes };
  const why =
    images.length === 0 ? 'there are no images' : `none of ${images.length} images has ${minTrainMasks} cells`;
  throw new OptionError('minTrainMasks', minTrainMasks, `training: ${why}; label more cells, or lower minTrainMasks`);
}

async function makeExample(
  name: string,
  { image, labels }: TrainingImage,
  options: TrainingSetOptions,
): Promise<{ example: TrainingExample; notes: readonly string[] }> {
  const { channels, channelAxis, nchan = 2, normalize = true, ignoreLabel, threads, signal } = options;
  const converted = convertImage(image, { channels, nchan, ...(channelAxis === undefined ? {} : { channelAxis }) });
  const [ly, lx] = converted.image.shape.slice(-3) as [number, number, number];
  if (converted.image.shape.length > 3)
    throw new ShapeError('training', 'one plane; give the planes of a stack one by one', image.shape);
  checkLabels(labels, [ly, lx]);
  const run = { ...(threads === undefined ? {} : { threads }), ...(signal && { signal }) };
  const n = ly * lx;
  const ignored = ignoreLabel === undefined ? undefined : pixelsOf(ignoreLabel, labels.data.subarray(0, n));
  const [flows] = await labelsToFlows([ignored ? without(ignored, labels, [ly, lx]) : labels], run);
  const masks = { data: Int32Array.from(flows.data.subarray(0, n)), shape: [ly, lx] as const };
  const notes = [...converted.notes, ...doubts(masks.data)];
  const { median, rootAreas } = diameters(masks);
  const params = typeof normalize === 'boolean' ? { normalize } : normalize;
  const scaled = params.normalize === false ? converted.image : normalizeImg(converted.image, params);
  const example = {
    name,
    image: channelsFirst(scaled),
    flows,
    ...(ignored && { ignored }),
    diameter: Math.max(smallestDiameter, median),
    cells: rootAreas.length,
  };
  return { example, notes };
}

function checkLabels({ shape }: NdArray<AnyTypedArray>, [ly, lx]: readonly [number, number]): void {
  const [planes] = shape;
  const plane = shape.length === 2 ? shape : shape.slice(1);
  if (shape.length === 3 && shape[2] <= 4 && shape[0] > 4)
    throw new ShapeError('labels', 'one number a pixel, (ly, lx); this is a colour picture', shape);
  if (shape.length > 3 || (shape.length === 3 && planes !== 1 && planes !== 4))
    throw new ShapeError('labels', 'one plane of labels (ly, lx), or flows (4, ly, lx)', shape);
  if (plane[0] !== ly || plane[1] !== lx)
    throw new ShapeError('labels', `the size of their image, ${ly} × ${lx}`, shape);
}

/** 1 where a pixel has this label; undefined if none has. */
function pixelsOf(label: number, labels: AnyTypedArray): Uint8Array | undefined {
  if (!labels.some((value: number | bigint) => Number(value) === label)) return undefined;
  return Uint8Array.from(labels as ArrayLike<number | bigint>, (value) => (Number(value) === label ? 1 : 0));
}

/** Labels (ly, lx) that are 0 where pixels are ignored; flows, if there were some, are made anew. */
function without(
  ignored: Uint8Array,
  { data }: NdArray<AnyTypedArray>,
  shape: readonly [number, number],
): NdArray<Float64Array> {
  return { data: Float64Array.from(ignored, (skip, i) => (skip ? 0 : Number(data[i]))), shape };
}

/** What labels may look like by mistake. */
function doubts(labels: Int32Array): string[] {
  const [first] = labels;
  if (first > 0 && labels.every((label) => label === first)) {
    throw new OptionError(
      'labels',
      first,
      'labels: every pixel is of one cell; background must be 0 and each cell must have a number of its own',
    );
  }
  if (labels.includes(1) && !labels.some((label) => label > 1))
    return ['there is a single label; if it marks all cells at once, give each a number of its own'];
  return [];
}

function channelsFirst({ data, shape }: FloatArray): FloatArray {
  const [ly, lx, nchan] = shape;
  const n = ly * lx;
  const out = new Float32Array(sizeOf(shape));
  for (let c = 0; c < nchan; c++) for (let i = 0; i < n; i++) out[c * n + i] = data[i * nchan + c];
  return { data: out, shape: [nchan, ly, lx] };
}

/** Puts the image's name before the message of what goes wrong with it. */
async function named<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isCellposeError(error)) error.message = `${name}: ${error.message}`;
    throw error;
  }
}
