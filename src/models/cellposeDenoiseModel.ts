/** Restores images and segments what comes out: Cellpose's `CellposeDenoiseModel`. */
import type { FloatArray } from '../array/ndarray.ts';
import { CellposeModel, type LoadOptions, segmenterOf } from './cellposeModel.ts';
import { type DenoiseLoadOptions, DenoiseModel, restorerOf } from './denoiseModel.ts';
import { evalList, isList } from './evalList.ts';
import { splitOptions } from './evalOptions.ts';
import { scaleVolume } from './prepareImage.ts';
import { restoreImage } from './restoreImage.ts';
import { runOptions } from './runOptions.ts';
import { segmentImage } from './segmentImage.ts';
import type { EvalOptions, EvalResult, ImageInput, PerImage } from './types.ts';

export interface CellposeDenoiseLoadOptions extends LoadOptions {
  /** The network that restores; `threads` and `device` are those of the whole unless given here. */
  readonly restore: DenoiseLoadOptions;
}

export interface RestoredEvalResult extends EvalResult {
  /** What was segmented, ([lz,] ly, lx, n), float32, about 0 to 1. */
  readonly restored: FloatArray;
  /** Size of `restored`, masks and flows relative to the image; 1 but for networks that upsample. */
  readonly ratio: number;
}

export class CellposeDenoiseModel {
  /** The network that restores. */
  readonly dn: DenoiseModel;
  /** The network that segments. */
  readonly cp: CellposeModel;

  private constructor(dn: DenoiseModel, cp: CellposeModel) {
    this.dn = dn;
    this.cp = cp;
  }

  /** @throws as `DenoiseModel.load` and `CellposeModel.load`. */
  static async load({ restore, ...options }: CellposeDenoiseLoadOptions): Promise<CellposeDenoiseModel> {
    const { threads, device } = options;
    const place = { ...(threads === undefined ? {} : { threads }), ...(device === undefined ? {} : { device }) };
    const dn = await DenoiseModel.load({ ...place, ...restore });
    return new CellposeDenoiseModel(dn, await CellposeModel.load(options));
  }

  /**
   * Restores and segments one image, or a list of images one after the other.
   *
   * @param options  as those of `CellposeModel.eval`. `normalize` as a record and `invert` are for the restoration; what it
   *   gives is scaled by its percentiles 1 and 99, or not at all with `normalize: false`.
   * @returns        masks and flows of the restored image; where it was enlarged they are of its size, and `diameter` is
   *   that of the cells in it.
   * @throws OptionError, ShapeError; the signal's reason after cancellation.
   *
   * Unlike in 3.1 `invert` inverts once, not the restored image again, and `flow3DSmooth` and `maxSizeFraction` count.
   */
  eval(image: ImageInput, options?: EvalOptions): Promise<RestoredEvalResult>;
  eval(images: readonly ImageInput[], options?: PerImage): Promise<RestoredEvalResult[]>;
  async eval(
    image: ImageInput | readonly ImageInput[],
    options: EvalOptions | PerImage = {},
  ): Promise<RestoredEvalResult | RestoredEvalResult[]> {
    if (isList(image)) return evalList(image, options, (one, own) => this.eval(one, own));
    const run = runOptions(options, this.cp.threads);
    const split = splitOptions(options as EvalOptions);
    const { volume, isStack, ratio, axes, notes, restoreMs } = await restoreImage(
      restorerOf(this.dn),
      image,
      split,
      run,
    );
    const after = {
      ...split,
      normalize: options.normalize === false ? { normalize: false } : {},
      diameter: ratio > 1 ? this.dn.diamMean : split.diameter,
    };
    const pictures = firstChannels(volume, this.cp.nchan);
    const prepared = { volume: scaleVolume(pictures, after), axes, notes };
    const result = await segmentImage(segmenterOf(this.cp), prepared, after, run);
    return {
      ...result,
      restored: isStack ? volume : { data: volume.data, shape: volume.shape.slice(1) },
      ratio,
      timing: { ...result.timing, restore: restoreMs },
    };
  }

  /** Gives the networks' memory back. The models cannot be used afterwards. */
  async release(): Promise<void> {
    await Promise.all([this.dn.release(), this.cp.release()]);
  }
}

/** A copy with as many channels as the network takes; those that there are not are zeros. */
function firstChannels({ data, shape: [lz, ly, lx, count] }: FloatArray, nchan: number): FloatArray {
  const n = lz * ly * lx;
  const out = new Float32Array(n * nchan);
  for (let c = 0; c < Math.min(count, nchan); c++) for (let i = 0; i < n; i++) out[i * nchan + c] = data[i * count + c];
  return { data: out, shape: [lz, ly, lx, nchan] };
}
