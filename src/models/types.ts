/** Options and results of the models, with Cellpose's names in camelCase. */
import type { FloatArray, Masks, NdArray } from '../array/ndarray.ts';
import type { Scratch } from '../array/scratch.ts';
import type { CheckedCells } from '../dynamics/checkedCells.ts';
import type { ImagePlanes } from '../io/imagePlanes.ts';
import type { NormalizeParams } from '../transforms/normalizeImg.ts';
import type { PresetName } from './presets.ts';

/** What `onProgress` gets. */
export interface ProgressEvent {
  readonly stage: 'restore' | 'size' | 'network' | 'masks';
  /** Between 0 and 1, within the stage. */
  readonly fraction: number;
  /** With `do3D`, the planes that the network is at: along which axes of the volume they lie. */
  readonly planes?: 'YX' | 'ZX' | 'ZY';
}

export interface EvalOptions {
  /** [to segment, nuclear]: 0 grey (mean), 1 red, 2 green, 3 blue; second: 0 none. Omitted: the image's channels as they are. */
  readonly channels?: readonly [number, number];
  /** Axis of the image that holds the channels, from 0; negative counts from the end. Omitted: guessed, with a note. */
  readonly channelAxis?: number;
  /** Axis that holds the planes of a stack, likewise. */
  readonly zAxis?: number;
  /**
   * Axis that holds the frames of a time series, likewise: each is segmented by itself, and `linkMasks` then links its cells over
   * time. Not together with `zAxis`, `do3D` and `stitchThreshold`.
   */
  readonly tAxis?: number;
  /**
   * With `tAxis`: scale intensities frame by frame (default), as single images, so that bleaching does not matter; or over the whole
   * series, so that frames without cells stay dark.
   */
  readonly normalizeOver?: 'frame' | 'series';
  /** Scale each channel so that its 1st and 99th percentile become 0 and 1 (true, default), or how else. */
  readonly normalize?: boolean | NormalizeParams;
  /** 1 − x after scaling, for dark cells on bright ground; default false. `normalize` as a record has its own. */
  readonly invert?: boolean;
  /** Diameter of the cells in pixels; undefined or 0: `rescale`, else the model's own mean diameter. */
  readonly diameter?: number;
  /** Size of the network's input relative to the image, where no diameter is given. */
  readonly rescale?: number;
  /** Largest number of tiles in one run of the network; default 8. Fewer are used where that is as fast. */
  readonly batchSize?: number;
  /** Overlap tiles by half and flip every other one, for smoother results in about four times the time; default false. */
  readonly augment?: boolean;
  /** Overlap of tiles as a fraction, 0.05–0.5; default 0.1. */
  readonly tileOverlap?: number;
  /** Tile size in pixels; default 224. */
  readonly bsize?: number;
  /** Compute masks at image size (true, default) or at network size, enlarging the masks. */
  readonly resample?: boolean;
  /** Bilinear (true, default) or nearest sampling in the dynamics. */
  readonly interp?: boolean;
  /** Masks whose mean squared flow error is larger are dropped; 0 switches the check off. Default 0.4. */
  readonly flowThreshold?: number;
  /** Pixels with a cell probability (logit) above belong to cells; default 0. */
  readonly cellprobThreshold?: number;
  /** Smaller masks are dropped, in pixels; -1 switches it off. Default 15. */
  readonly minSize?: number;
  /** Masks larger than this share of the image are dropped; default 0.4. */
  readonly maxSizeFraction?: number;
  /** Steps of the dynamics; 0 or undefined: 200, or 200 / rescale with resample. */
  readonly niter?: number;
  /**
   * Segment a stack as one volume: the network sees its planes along all three axes. Default false: each plane by itself.
   * Intensities are then scaled over the whole stack, and there is no flow check.
   */
  readonly do3D?: boolean;
  /** With `do3D`: distance of planes over size of a pixel. Default 1. */
  readonly anisotropy?: number;
  /** With `do3D`: sigma of a Gaussian that smooths the flows, in pixels, for all axes or for z, y and x; default 0. */
  readonly flow3DSmooth?: number | readonly [z: number, y: number, x: number];
  /**
   * Without `do3D`: join the cells of neighbouring planes whose intersection over union is at least this; default 0, off.
   * Intensities are then scaled over the whole stack, unless `normalize` has norm3D false.
   */
  readonly stitchThreshold?: number;
  /** With `stitchThreshold`: planes in which a cell may be missing and still keep its label; default 0. */
  readonly stitchGap?: number;
  /**
   * A label can have several pieces that do not touch; as Cellpose leaves them ('any', default), the largest alone ('largest'), or
   * each piece as a cell of its own ('split'). Pieces hang together over sides of pixels, not corners; `minSize` holds for them.
   */
  readonly pieces?: 'any' | 'largest' | 'split';
  /**
   * Bytes that the run may take, as `planRun` counts them. A volume takes less where that is enough; a stack that needs more is
   * refused before the network starts. Default: no limit.
   */
  readonly maxMemory?: number;
  /**
   * With `do3D`: where a volume that does not fit into `maxMemory` is worked on, with the same labels; its flows are not kept then.
   * Without it such a volume is refused.
   */
  readonly scratch?: Scratch;
  /**
   * False: of planes that are segmented one by one, flows and cell probability are not kept; with several planes they take most of the
   * memory of the result. Default true.
   */
  readonly keepFlows?: boolean;
  /** Generation of Cellpose whose rules turn flows into masks: 'dynamics2020', 'dynamics3' (default) or 'dynamics4'. */
  readonly preset?: PresetName;
  /** False: stop after the network; `masks` is then of shape (0, 0). Default true. */
  readonly computeMasks?: boolean;
  /** Ends the work within one or two tiles with the signal's reason. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (event: ProgressEvent) => void;
}

/** Milliseconds that each stage took. */
export interface Timing {
  readonly restore?: number;
  readonly size?: number;
  readonly network: number;
  readonly masks: number;
  readonly total: number;
}

export interface EvalResult {
  /**
   * Labels ([lz,] ly, lx): 0 background, 1…n cells; in a stack that is neither segmented in 3D nor stitched, and in a time
   * series, anew in each plane. Empty without `computeMasks`.
   */
  readonly masks: Masks;
  /**
   * Flow, (2, [lz,] ly, lx): first y, then x; in network units (5 × unit flow). At network size without `resample`.
   * With `do3D` (3, lz, ly, lx): z, y, x, each the sum of two passes; (3, 0, 0, 0) of a volume that went through `scratch`. Without `keepFlows` of a stack (2, 0, 0, 0).
   */
  readonly dP: FloatArray;
  /** Cell probability as a logit, ([lz,] ly, lx), of the size of `dP`; with `do3D` the sum of three passes, or empty like it. */
  readonly cellprob: FloatArray;
  /** Style vector of unit length, ([lz,] n); with `do3D` (lx, n), of the planes (z, y). */
  readonly style: FloatArray;
  /**
   * Of each plane, what the flow check measured: given to `flowErrors` as `known`, only cells that changed since are measured. A plane
   * where nothing was to be checked has none, nor has a volume (`do3D`).
   */
  readonly flowChecks?: readonly (CheckedCells | undefined)[];
  /** Number of cells; in a stack of planes that are not joined the sum over the planes. */
  readonly count: number;
  /** Diameter in pixels that set the scale. */
  readonly diameter: number;
  /** First estimate of a size model, where one ran. */
  readonly diameterStyle?: number;
  /** Network input size relative to the image; along z times `anisotropy`. */
  readonly rescale: number;
  /** Steps of the dynamics. */
  readonly niter: number;
  /** Name of the rules that made the masks, for example 'dynamics3'. */
  readonly preset: string;
  /** What ran the network. */
  readonly engine: string;
  /** How the axes of the input were read, for example 'YX', 'YXC' or 'TYX'. */
  readonly axes: string;
  /** Notes that a user should see: fallbacks taken, guesses made. */
  readonly notes: readonly string[];
  readonly timing: Timing;
}

/** For a list of images: these options may be lists of the same length. */
export interface PerImage extends Omit<EvalOptions, 'channels' | 'diameter' | 'rescale'> {
  readonly channels?: EvalOptions['channels'] | readonly (readonly [number, number])[];
  readonly diameter?: number | readonly number[];
  readonly rescale?: number | readonly number[];
  /**
   * Images that are computed side by side. Small ones, of a single tile, are done sooner by twos, each on a part of the threads; the
   * results are the same, and progress events of images come mixed. @default 1
   */
  readonly imagesAtOnce?: number;
}

/**
 * An image: any number type, any rank that `convertImage` accepts. One by its planes, such as `toCellposePlanes` makes of a file, is
 * read as it is needed where its planes are segmented one by one, or go through `scratch`; else at once.
 */
export type ImageInput = NdArray | ImagePlanes;
