/** A network that restores images before they are segmented, against noise, blur or few pixels: Cellpose's `DenoiseModel`. */
import { hardwareThreads } from '#platform';
import type { FloatArray } from '../array/ndarray.ts';
import type { StateDict } from '../array/stateDict.ts';
import { createNetwork, type Network } from '../engine/network.ts';
import type { PrecisionOptions } from '../engine/precision.ts';
import { secondsPerTile } from '../engine/secondsPerTile.ts';
import { OptionError } from '../errors.ts';
import type { Device } from '../platform/types.ts';
import { evalList, isList } from './evalList.ts';
import { splitOptions } from './evalOptions.ts';
import { type Restorer, restoreImage } from './restoreImage.ts';
import { restoreTraits } from './restoreModels.ts';
import { runOptions } from './runOptions.ts';
import type { EvalOptions, ImageInput, PerImage } from './types.ts';
import { loadBundledRestorer } from './weights.ts';

export interface DenoiseLoadOptions extends PrecisionOptions {
  /** Weights as read from a checkpoint, of one channel in and one out. Default: those of the bundled network `name`. */
  readonly stateDict?: StateDict;
  /** Weights for the channels after the first, as `chan2=True` asks for, which 3.1 loads and does not use; default: the same for all. */
  readonly chan2StateDict?: StateDict;
  /**
   * Name of the network, for example 'upsample_nuclei', which says the next two unless they are given: see `restoreTraits`. Without
   * `stateDict` one of `bundledRestorers()`.
   */
  readonly name?: string;
  /** Enlarge pictures of small cells first. Default: where the name has 'upsample' in it. */
  readonly upsamples?: boolean;
  /** Diameter that the network was trained at, in pixels. Default 17 where the name has 'nuclei' in it, else 30. */
  readonly diamMean?: number;
  /** Processor threads; default: all. Results do not depend on it. */
  readonly threads?: number;
  /** What runs the network; default 'cpu'. */
  readonly device?: Device;
}

type SharedOptions =
  | 'channels'
  | 'channelAxis'
  | 'zAxis'
  | 'tAxis'
  | 'normalizeOver'
  | 'normalize'
  | 'invert'
  | 'diameter'
  | 'rescale'
  | 'batchSize'
  | 'tileOverlap'
  | 'bsize'
  | 'do3D'
  | 'signal'
  | 'onProgress';

/**
 * As those of `CellposeModel.eval`, but: without `channels` all channels of the image are restored; without `diameter` and
 * `rescale` the network sees the image as large as it is; a stack is scaled as a whole unless `normalize` has norm3D false.
 */
export type RestoreOptions = Pick<EvalOptions, SharedOptions>;
/** For a list of images. */
export type RestorePerImage = Pick<PerImage, SharedOptions>;

export interface RestoreResult {
  /** ([lz,] ly, lx, n), float32, about 0 to 1: the channels that were restored, the one to segment first. */
  readonly image: FloatArray;
  /** By how much the picture was enlarged; 1 but for networks that upsample. */
  readonly ratio: number;
  /** Size of the network's input relative to `image`; of the second channel 30 / 17 times as much. */
  readonly rescale: number;
  /** What ran the network. */
  readonly engine: string;
  /** How the axes of the input were read. */
  readonly axes: string;
  /** Guesses made. */
  readonly notes: readonly string[];
  /** Milliseconds. */
  readonly timing: { readonly restore: number };
}

/** The networks behind a model. For this folder only. */
export let restorerOf: (model: DenoiseModel) => Restorer;

export class DenoiseModel {
  readonly name: string;
  /** Diameter that images are scaled to before the network sees them, in pixels. */
  readonly diamMean: number;
  /** Whether pictures of cells smaller than `diamMean` are enlarged. */
  readonly upsamples: boolean;
  /** Processor threads for the network. */
  readonly threads: number;
  readonly #restorer: Restorer;

  static {
    restorerOf = (model) => model.#restorer;
  }

  private constructor(name: string, restorer: Restorer, threads: number) {
    this.name = name;
    this.#restorer = restorer;
    this.diamMean = restorer.diamMean;
    this.upsamples = restorer.upsamples;
    this.threads = threads;
  }

  /**
   * Reads weights and prepares the network.
   *
   * @throws OptionError where there are no weights and none are bundled under the name; for a network of other than one channel and one output, which Cellpose fills with random numbers;
   *   otherwise as `createNetwork`.
   */
  static async load(options: DenoiseLoadOptions): Promise<DenoiseModel> {
    const { chan2StateDict, name = 'own weights', device = 'cpu', precision, ranges, weightBits } = options;
    const threads = options.threads ?? hardwareThreads();
    const traits = restoreTraits(name);
    const { upsamples = traits.upsamples, diamMean = traits.diamMean } = options;
    if (!(diamMean > 0 && Number.isFinite(diamMean)))
      throw new OptionError('diamMean', diamMean, `diamMean: needs a size in pixels above 0; got ${diamMean}`);
    const given = { precision, ranges, weightBits };
    const numbers = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const create = async (option: string, weights: StateDict): Promise<Network> => {
      const network = await createNetwork(weights, { threads, device, ...numbers });
      checkNetwork(option, network);
      return network;
    };
    const network = await create('stateDict', options.stateDict ?? (await loadBundledRestorer(options.name)));
    const networkChan2 = chan2StateDict && (await create('chan2StateDict', chan2StateDict));
    return new DenoiseModel(name, { network, networkChan2, upsamples, diamMean }, threads);
  }

  /**
   * Restores one image, or a list of images one after the other. A stack is restored plane by plane.
   *
   * @param image  any shape that `convertImage` takes.
   * @throws OptionError, ShapeError; the signal's reason after cancellation.
   *
   * A network that upsamples sees the enlarged picture enlarged once more by the same factor, as in 3.1.
   */
  eval(image: ImageInput, options?: RestoreOptions): Promise<RestoreResult>;
  eval(images: readonly ImageInput[], options?: RestorePerImage): Promise<RestoreResult[]>;
  async eval(
    image: ImageInput | readonly ImageInput[],
    options: RestoreOptions | RestorePerImage = {},
  ): Promise<RestoreResult | RestoreResult[]> {
    if (isList(image)) return evalList(image, options, (one, own) => this.eval(one, own));
    const run = runOptions(options, this.threads);
    const restorer = restorerOf(this);
    const split = splitOptions(options as RestoreOptions);
    const { volume, isStack, ratio, rescale, axes, notes, restoreMs } = await restoreImage(restorer, image, split, run);
    return {
      image: isStack ? volume : { data: volume.data, shape: volume.shape.slice(1) },
      ratio,
      rescale,
      engine: restorer.network.engine,
      axes,
      notes,
      timing: { restore: restoreMs },
    };
  }

  /** Seconds that a tile of 224 × 224 pixels takes, measured: times `restoreWork` of `planRestoredRun`, the time of a restoration. */
  secondsPerTile(): Promise<number> {
    return secondsPerTile(this.#restorer.network);
  }

  /** Gives the network's memory back. The model cannot be used afterwards. */
  async release(): Promise<void> {
    await Promise.all([this.#restorer.network.release(), this.#restorer.networkChan2?.release()]);
  }
}

function checkNetwork(option: string, { nchan, nout }: Network): void {
  if (nchan === 1 && nout === 1) return;
  throw new OptionError(
    option,
    [nchan, nout],
    `DenoiseModel: needs a network of 1 channel and 1 output; got ${nchan} and ${nout}. CellposeModel runs those that segment`,
  );
}
