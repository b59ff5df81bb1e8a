/**
 * A plain U-net that sorts pixels into background, cell and, with three classes, boundary: Cellpose's `UnetModel`, the
 * rival that Cellpose is compared with. Source: cellpose 2.2.3 `core.UnetModel`; Cellpose 3 has dropped it.
 */
import { hardwareThreads } from '#platform';
import type { FloatArray, Masks } from '../array/ndarray.ts';
import type { StateDict } from '../array/stateDict.ts';
import type { UnetMasksOptions } from '../dynamics/unetMasks.ts';
import { createEnsemble } from '../engine/ensemble.ts';
import type { Network } from '../engine/network.ts';
import { OptionError } from '../errors.ts';
import { wholeImage } from '../io/imagePlanes.ts';
import { isList } from './evalList.ts';
import { splitOptions } from './evalOptions.ts';
import { prepareImage } from './prepareImage.ts';
import { runOptions } from './runOptions.ts';
import { segmentUnet } from './segmentUnet.ts';
import type { EvalOptions, ImageInput, Timing } from './types.ts';

export interface UnetLoadOptions {
  /** Weights as read from a checkpoint, or several, whose outputs are averaged. */
  readonly stateDict: StateDict | readonly StateDict[];
  /** Whether the network was trained with style, which the weights do not tell. Default false. */
  readonly styleOn?: boolean;
  /** Processor threads for the network; default: all. Results do not depend on it. */
  readonly threads?: number;
}

type SharedOptions =
  | 'channels'
  | 'channelAxis'
  | 'zAxis'
  | 'tAxis'
  | 'normalizeOver'
  | 'normalize'
  | 'invert'
  | 'rescale'
  | 'batchSize'
  | 'augment'
  | 'tileOverlap'
  | 'bsize'
  | 'minSize'
  | 'do3D'
  | 'computeMasks'
  | 'signal'
  | 'onProgress';

/**
 * As those of `CellposeModel.eval`, but for `rescale`, 1 by default, since the network knows no diameter; and `do3D`: planes run
 * along z only, and the cells are those of the volume of their logits.
 */
export interface UnetEvalOptions extends Pick<EvalOptions, SharedOptions> {
  /** A pixel is inside a cell where its logit of cells exceeds that of background by more. Default 2. */
  readonly cellThreshold?: number;
  /** With three classes: a pixel outside is boundary where that logit is above. Default 0.5. */
  readonly boundaryThreshold?: number;
}

export interface UnetResult {
  /** Labels ([lz,] ly, lx): 0 background, 1…n cells, in a stack anew in each plane unless `do3D`. Empty without `computeMasks`. */
  readonly masks: Masks;
  /** Class logits at network size, ([lz,] nclasses, y, x): background, cell, boundary. With `do3D` (nclasses, lz, ly, lx). */
  readonly logits: FloatArray;
  /** Style vector of unit length, ([lz,] n). */
  readonly style: FloatArray;
  /** Number of cells; in a stack the sum over its planes. */
  readonly count: number;
  readonly rescale: number;
  /** What ran the network. */
  readonly engine: string;
  /** How the axes of the input were read. */
  readonly axes: string;
  /** Guesses made. */
  readonly notes: readonly string[];
  readonly timing: Timing;
}

export class UnetModel {
  /** 2: background and cell; 3: and boundary. */
  readonly nclasses: number;
  /** Channels that the network takes. */
  readonly nchan: number;
  /** Processor threads for the network. */
  readonly threads: number;
  readonly #network: Network;

  private constructor(network: Network, threads: number) {
    this.#network = network;
    this.nclasses = network.nout;
    this.nchan = network.nchan;
    this.threads = threads;
  }

  /**
   * Reads weights and prepares the network.
   *
   * @throws OptionError for a network of other than 2 or 3 classes; otherwise as `createEnsemble`.
   */
  static async load({ stateDict, styleOn = false, ...options }: UnetLoadOptions): Promise<UnetModel> {
    const threads = options.threads ?? hardwareThreads();
    const network = await createEnsemble(stateDict, { threads, styleOn, hasFlows: false });
    if (network.nout === 2 || network.nout === 3) return new UnetModel(network, threads);
    throw new OptionError('stateDict', stateDict, `UnetModel: needs a network of 2 or 3 classes; got ${network.nout}`);
  }

  /**
   * Segments one image, or a list of images one after the other; a stack is done plane by plane, or as a volume with `do3D`.
   *
   * Masks are made, holes filled and small ones removed at the size of the network's output, then brought to the size of
   * the image by the nearest pixel. Of a volume the logits are brought to its size first; Cellpose divides them by three
   * there, a slip that is not repeated: thresholds are a third of what they are here.
   *
   * @param image  any shape that `convertImage` takes.
   * @throws OptionError, ShapeError; the signal's reason after cancellation.
   */
  eval(image: ImageInput, options?: UnetEvalOptions): Promise<UnetResult>;
  eval(images: readonly ImageInput[], options?: UnetEvalOptions): Promise<UnetResult[]>;
  async eval(
    image: ImageInput | readonly ImageInput[],
    options: UnetEvalOptions = {},
  ): Promise<UnetResult | UnetResult[]> {
    if (isList(image)) {
      const results: UnetResult[] = [];
      for (const one of image) results.push(await this.eval(one, options));
      return results;
    }
    const { cellThreshold = 2, boundaryThreshold = 0.5, ...shared } = options;
    const thresholds = { cellThreshold, boundaryThreshold };
    checkThresholds(thresholds);
    const run = runOptions(options, this.threads);
    const split = splitOptions({ rescale: 1, ...shared });
    const { volume, axes, notes } = prepareImage(await wholeImage(image), split, this.nchan);
    const { networkMs, masksMs, ...segmented } = await segmentUnet(this.#network, volume, {
      ...split,
      thresholds,
      run,
    });
    return {
      ...segmented,
      rescale: split.rescale!,
      engine: this.#network.engine,
      axes,
      notes,
      timing: { network: networkMs, masks: masksMs, total: performance.now() - run.begin },
    };
  }

  /** Gives the network's memory back. The model cannot be used afterwards. */
  release(): Promise<void> {
    return this.#network.release();
  }
}

function checkThresholds(thresholds: Required<UnetMasksOptions>): void {
  for (const [option, value] of Object.entries(thresholds))
    if (!(typeof value === 'number' && Number.isFinite(value)))
      throw new OptionError(option, value, `${option}: needs a logit, commonly -4 to 4; got ${String(value)}`);
}
