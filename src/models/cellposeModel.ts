/** A network with its weights, ready to segment images: Cellpose's `CellposeModel`. */
import { hardwareThreads } from '#platform';
import type { StateDict } from '../array/stateDict.ts';
import { createEnsemble } from '../engine/ensemble.ts';
import { createNetwork, type Network } from '../engine/network.ts';
import { type PrecisionOptions, withRanges } from '../engine/precision.ts';
import { secondsPerTile } from '../engine/secondsPerTile.ts';
import { OptionError } from '../errors.ts';
import type { Device } from '../platform/types.ts';
import { evalList, isList } from './evalList.ts';
import { splitOptions } from './evalOptions.ts';
import { prepare } from './prepare.ts';
import { runOptions } from './runOptions.ts';
import { type Segmenter, segmentImage } from './segmentImage.ts';
import type { EvalOptions, EvalResult, ImageInput, PerImage } from './types.ts';
import { loadBundled } from './weights.ts';

/** A bundled model brings the ranges that `precision: 'int8'` needs; own weights need some (`calibrateOnImages`). */
export interface LoadOptions extends PrecisionOptions {
  /** Name of a bundled model; default: the first of `bundledModels()`. */
  readonly model?: string;
  /** Own weights, as read from a checkpoint, or several, whose networks' outputs are averaged; wins over `model`. */
  readonly stateDict?: StateDict | readonly StateDict[];
  /** False for own weights that were trained without style, which weights do not tell. Default true. */
  readonly styleOn?: boolean;
  /** Name under which own weights appear in results. */
  readonly name?: string;
  /** Name of another bundled model for the planes along z, with `do3D`; default: the same model for all planes. */
  readonly orthoModel?: string;
  /** Own weights for the planes along z; win over `orthoModel`. */
  readonly orthoStateDict?: StateDict;
  /** Diameter that the network was trained at, in pixels; default: as stored with the weights. */
  readonly diamMean?: number;
  /** Processor threads for network and dynamics; default: all. Results do not depend on it. */
  readonly threads?: number;
  /**
   * What runs the network. 'cpu' (default); in a browser also 'webgpu', any adapter, and 'auto', an adapter in hardware or else the
   * processor. Where it cannot be had, results say so in their notes.
   */
  readonly device?: Device;
}

/** The network behind a model. For this folder only: `SizeModel` and `Cellpose` run it several times on one image. */
export let segmenterOf: (model: CellposeModel) => Segmenter;

export class CellposeModel {
  readonly name: string;
  /** Diameter that images are scaled to before the network sees them, in pixels. */
  readonly diamMean: number;
  /** Mean diameter of the objects that the network was trained on, in pixels. */
  readonly diamLabels: number;
  /** Channels that the network takes. */
  readonly nchan: number;
  /** Processor threads for network and dynamics. */
  readonly threads: number;
  readonly #network: Network;
  readonly #networkOrtho: Network | undefined;

  static {
    segmenterOf = (model) => ({
      network: model.#network,
      networkOrtho: model.#networkOrtho,
      diamMean: model.diamMean,
    });
  }

  private constructor(name: string, { network, networkOrtho, diamMean }: Segmenter, threads: number) {
    this.name = name;
    this.#network = network;
    this.#networkOrtho = networkOrtho;
    this.diamMean = diamMean;
    this.diamLabels = network.config.diamLabels;
    this.nchan = network.nchan;
    this.threads = threads;
  }

  /**
   * Reads weights and prepares the network.
   *
   * @throws OptionError for an unknown name, impossible options or a network without flows; FormatError where the weights are not those of a Cellpose network, naming the
   *   tensors that miss or do not fit; UnsupportedError for a Cellpose-SAM checkpoint.
   */
  static async load(options: LoadOptions = {}): Promise<CellposeModel> {
    const threads = options.threads ?? hardwareThreads();
    const bundled = options.stateDict ? undefined : await loadBundled(options.model);
    const stateDict = options.stateDict ?? bundled!.stateDict;
    checkDiamMean(options.diamMean);
    const { styleOn = true, device = 'cpu' } = options;
    const network = await createEnsemble(stateDict, {
      threads,
      device,
      styleOn,
      ...withRanges(options, bundled?.ranges),
    });
    checkOutputs(network);
    const networkOrtho = await loadOrtho(options, network, threads);
    const name = bundled?.model.name ?? options.name ?? 'own weights';
    const diamMean = options.diamMean ?? network.config.diamMean;
    return new CellposeModel(name, { network, networkOrtho, diamMean }, threads);
  }

  /**
   * Segments one image, or a list of images one after the other.
   *
   * @param image    any shape that `convertImage` takes: (Y, X), (Y, X, C), (C, Y, X) …; a stack is done plane by plane,
   *   joined over planes with `stitchThreshold`, or as a volume with `do3D`.
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
    if (isList(image)) return evalList(image, options, (one, own) => this.eval(one, own));
    const run = runOptions(options, this.threads);
    const split = splitOptions(options as EvalOptions);
    const segmenter = segmenterOf(this);
    return segmentImage(segmenter, await prepare(segmenter, image, split, run), split, run);
  }

  /** Seconds that a tile of 224 × 224 pixels takes, measured in a second or two: times `work` of `planRun`, the time of a run. */
  secondsPerTile(): Promise<number> {
    return secondsPerTile(this.#network);
  }

  /** Gives the network's memory back. The model cannot be used afterwards. */
  async release(): Promise<void> {
    await Promise.all([this.#network.release(), this.#networkOrtho?.release()]);
  }
}

/** The network for the planes along z, where one is asked for. */
async function loadOrtho(options: LoadOptions, network: Network, threads: number): Promise<Network | undefined> {
  const { orthoModel, orthoStateDict } = options;
  if (orthoModel === undefined && !orthoStateDict) return undefined;
  const bundled = orthoStateDict ? undefined : await loadBundled(orthoModel);
  const stateDict = orthoStateDict ?? bundled!.stateDict;
  const ortho = await createNetwork(stateDict, {
    threads,
    device: options.device ?? 'cpu',
    ...withRanges(options, bundled?.ranges),
  });
  if (ortho.nchan === network.nchan && ortho.nout === network.nout) return ortho;
  const counts = ({ nchan, nout }: Network): string => `${nchan} channels and ${nout} outputs`;
  throw new OptionError(
    'orthoModel',
    orthoModel,
    `orthoModel: needs a network of ${counts(network)}, like the other; got ${counts(ortho)}`,
  );
}

function checkOutputs({ nout }: Network): void {
  if (nout >= 3) return;
  throw new OptionError(
    'stateDict',
    nout,
    `CellposeModel: needs a network of 3 outputs, two flows and a cell probability; got ${nout}. UnetModel and runNet run others`,
  );
}

function checkDiamMean(diamMean: number | undefined): void {
  if (diamMean === undefined || (diamMean > 0 && Number.isFinite(diamMean))) return;
  throw new OptionError('diamMean', diamMean, `diamMean: needs a size in pixels above 0; got ${diamMean}`);
}
