/** A network with its weights, ready to segment images: Cellpose's `CellposeModel`. */
import { hardwareThreads } from '#platform';
import type { FloatArray, Masks, NdArray, TypedArray } from '../array/ndarray.ts';
import type { StateDict } from '../array/stateDict.ts';
import { dynamics3 } from '../dynamics/rules.ts';
import { createNetwork, type Network } from '../engine/network.ts';
import { type SplitOptions, splitOptions } from './evalOptions.ts';
import { type PreparedImage, prepareImage } from './prepareImage.ts';
import { type PlaneResult, type RunOptions, segmentPlane } from './segmentPlane.ts';
import type { EvalOptions, EvalResult, ImageInput, PerImage } from './types.ts';
import { loadBundled } from './weights.ts';

export interface LoadOptions {
  /** Name of a bundled model; default: the first of `bundledModels()`. */
  readonly model?: string;
  /** Own weights, as read from a checkpoint; wins over `model`. */
  readonly stateDict?: StateDict;
  /** Name under which own weights appear in results. */
  readonly name?: string;
  /** Diameter that the network was trained at, in pixels; default: as stored with the weights. */
  readonly diamMean?: number;
  /** Processor threads for network and dynamics; default: all. Results do not depend on it. */
  readonly threads?: number;
}

export class CellposeModel {
  readonly name: string;
  /** Diameter that images are scaled to before the network sees them, in pixels. */
  readonly diamMean: number;
  /** Mean diameter of the objects that the network was trained on, in pixels. */
  readonly diamLabels: number;
  readonly nchan: number;
  readonly threads: number;
  readonly #network: Network;

  private constructor(name: string, network: Network, diamMean: number, threads: number) {
    this.name = name;
    this.#network = network;
    this.diamMean = diamMean;
    this.diamLabels = network.config.diamLabels;
    this.nchan = network.nchan;
    this.threads = threads;
  }

  /**
   * Reads weights and prepares the network.
   *
   * @throws OptionError for an unknown name; FormatError where the weights are not those of a Cellpose network, naming the
   *   tensors that miss or do not fit; UnsupportedError for a Cellpose-SAM checkpoint.
   */
  static async load(options: LoadOptions = {}): Promise<CellposeModel> {
    const threads = options.threads ?? hardwareThreads();
    const bundled = options.stateDict ? undefined : await loadBundled(options.model);
    const stateDict = options.stateDict ?? bundled!.stateDict;
    const network = await createNetwork(stateDict, { threads });
    const name = bundled?.model.name ?? options.name ?? 'own weights';
    return new CellposeModel(name, network, options.diamMean ?? network.config.diamMean, threads);
  }

  /**
   * Segments one image, or a list of images one after the other.
   *
   * @param image    any shape that `convertImage` takes: (Y, X), (Y, X, C), (C, Y, X) …; a stack is done plane by plane.
   * @param options  Cellpose's names and defaults; for a list, `channels`, `diameter` and `rescale` may be lists as long.
   * @returns        masks, flows, cell probability and style, and how they were made. No cells is a result, not an error.
   * @throws OptionError, ShapeError; the signal's reason after cancellation.
   */
  eval(image: ImageInput, options?: EvalOptions): Promise<EvalResult>;
  eval(images: readonly ImageInput[], options?: PerImage): Promise<EvalResult[]>;
  async eval(
    image: ImageInput | readonly ImageInput[],
    options: EvalOptions | PerImage = {},
  ): Promise<EvalResult | EvalResult[]> {
    if (isList(image)) return evalList(image, options as PerImage, (one, own) => this.eval(one, own));
    const begin = performance.now();
    const split = splitOptions(options as EvalOptions);
    const prepared = this.prepare(image, split);
    return this.evalPrepared(prepared, split, runOptions(options, this.threads), begin);
  }

  /** Settles axes and intensities. For `Cellpose` and `SizeModel`, which run the network several times on one image. */
  prepare(image: ImageInput, split: SplitOptions): PreparedImage {
    return prepareImage(image, split, this.nchan);
  }

  /** Runs network and dynamics on a prepared image. */
  async evalPrepared(
    prepared: PreparedImage,
    split: SplitOptions,
    run: RunOptions,
    begin = performance.now(),
  ): Promise<EvalResult> {
    const rescale = this.#rescale(split);
    const planes: PlaneResult[] = [];
    for (const plane of prepared.planes)
      planes.push(await segmentPlane(this.#network, plane, rescale, { ...split, run }));
    const masks = stack(planes.map((p) => p.masks)) as Masks;
    const sum = (key: 'networkMs' | 'masksMs'): number => planes.reduce((total, p) => total + p[key], 0);
    return {
      masks,
      dP: stackFlows(planes.map((p) => p.dP)),
      cellprob: stack(planes.map((p) => p.cellprob)) as FloatArray,
      style: stack(planes.map((p) => p.style)) as FloatArray,
      count: planes.reduce((total, p) => total + largest(p.masks.data), 0),
      diameter: split.diameter > 0 ? split.diameter : this.diamMean / rescale,
      rescale,
      niter: planes[0]?.niter ?? 0,
      preset: dynamics3.name,
      engine: this.#network.engine,
      axes: prepared.axes,
      notes: prepared.notes,
      timing: { network: sum('networkMs'), masks: sum('masksMs'), total: performance.now() - begin },
    };
  }

  /** Gives the network's memory back. The model cannot be used afterwards. */
  release(): Promise<void> {
    return this.#network.release();
  }

  /** Cellpose divides by a diameter in float64, but the model's own two diameters in float32. */
  #rescale({ diameter, rescale }: SplitOptions): number {
    if (diameter > 0) return this.diamMean / diameter;
    return rescale ?? Math.fround(this.diamMean / this.diamLabels);
  }
}

export function runOptions(options: Pick<EvalOptions, 'signal' | 'onProgress'>, threads: number): RunOptions {
  return {
    threads,
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.onProgress ? { onProgress: options.onProgress } : {}),
  };
}

export function isList(image: ImageInput | readonly ImageInput[]): image is readonly ImageInput[] {
  return Array.isArray(image);
}

/** Runs a list, one image after the other, each with its own channels, diameter and rescale. */
export async function evalList<R>(
  images: readonly ImageInput[],
  options: PerImage,
  evalOne: (image: ImageInput, options: EvalOptions) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < images.length; i++) {
    const own = Object.fromEntries(
      Object.entries(options).map(([key, value]) => [key, isPerImage(key, value, images.length) ? value[i] : value]),
    );
    results.push(await evalOne(images[i]!, own as EvalOptions));
  }
  return results;
}

/** `channels` is a pair for all images unless it holds pairs; the other two are lists or numbers. */
function isPerImage(key: string, value: unknown, n: number): value is readonly unknown[] {
  if (!Array.isArray(value) || value.length !== n) return false;
  return key === 'channels' ? Array.isArray(value[0]) : key === 'diameter' || key === 'rescale';
}

/** Planes of one shape on a new first axis; a single plane stays as it is. */
function stack(planes: readonly NdArray[]): NdArray {
  if (planes.length === 1) return planes[0]!;
  const first = planes[0]!;
  const Type = first.data.constructor as new (n: number) => TypedArray;
  const data = new Type(planes.length * first.data.length);
  planes.forEach((plane, z) => {
    data.set(plane.data, z * first.data.length);
  });
  return { data, shape: [planes.length, ...first.shape] };
}

/** Flows (2, ly, lx) of planes to (2, lz, ly, lx). */
function stackFlows(flows: readonly FloatArray[]): FloatArray {
  if (flows.length === 1) return flows[0]!;
  const [, ly, lx] = flows[0]!.shape as [number, number, number];
  const n = ly * lx;
  const data = new Float32Array(2 * flows.length * n);
  flows.forEach((flow, z) => {
    for (let axis = 0; axis < 2; axis++)
      data.set(flow.data.subarray(axis * n, (axis + 1) * n), (axis * flows.length + z) * n);
  });
  return { data, shape: [2, flows.length, ly, lx] };
}

function largest(labels: Int32Array): number {
  let max = 0;
  for (const label of labels) if (label > max) max = label;
  return max;
}
