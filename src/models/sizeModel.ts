/** Finds the diameter of the cells in an image: Cellpose's `SizeModel`. */
import { type FloatArray, sizeOf } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';
import type { SizeParams } from '../io/sizeModelNpy.ts';
import { diameters } from '../masks/diameters.ts';
import { type CellposeModel, runOptions } from './cellposeModel.ts';
import { type SplitOptions, splitOptions } from './evalOptions.ts';
import type { PreparedImage } from './prepareImage.ts';
import type { RunOptions } from './segmentPlane.ts';
import type { EvalOptions, ImageInput } from './types.ts';

/** Smallest diameter that the linear model gives, in pixels. */
const smallestDiameter = 5;

export interface SizeEstimate {
  /** Median diameter of a first segmentation, in pixels. */
  readonly diameter: number;
  /** What the style vector alone gives, in pixels. */
  readonly diameterStyle: number;
}

export class SizeModel {
  readonly params: SizeParams;
  readonly #model: CellposeModel;

  constructor(model: CellposeModel, params: SizeParams) {
    this.#model = model;
    this.params = params;
  }

  /**
   * Estimates the diameter in two steps: a linear model on the style vector, then the median of a quick segmentation at that
   * diameter. Where either finds nothing, the model's mean diameter stands in.
   *
   * The style pass runs at diamMean / diamLabels, as in Cellpose 3.1, although size models are trained on images at their own
   * scale; the first estimate is therefore biased for networks whose two diameters differ, and the second step repairs it.
   */
  async eval(image: ImageInput, options: EvalOptions = {}): Promise<SizeEstimate> {
    const split = splitOptions(options);
    return this.evalPrepared(this.#model.prepare(image, split), split, runOptions(options, this.#model.threads));
  }

  /** As `eval`, on an image whose axes and intensities are settled. */
  async evalPrepared(prepared: PreparedImage, split: SplitOptions, run: RunOptions): Promise<SizeEstimate> {
    const { diamMean } = this.params;
    if (prepared.planes.length !== 1) return { diameter: diamMean, diameterStyle: diamMean };
    // Of the caller's options only those on input, intensities, augmentation and batch size count here.
    const base = splitOptions({ augment: split.tiling.augment, batchSize: split.tiling.batchSize, resample: false });
    const quiet: RunOptions = { threads: run.threads, ...(run.signal ? { signal: run.signal } : {}) };
    run.onProgress?.({ stage: 'size', fraction: 0 });
    const stylePass = { ...base, dynamics: { ...base.dynamics, computeMasks: false } };
    const { style } = await this.#model.evalPrepared(prepared, stylePass, quiet);
    run.onProgress?.({ stage: 'size', fraction: 0.5 });
    const diameterStyle = this.estimate(style) || diamMean;
    const maskPass = { ...base, rescale: diamMean / diameterStyle, dynamics: { ...base.dynamics, interp: false } };
    const { masks } = await this.#model.evalPrepared(prepared, maskPass, quiet);
    run.onProgress?.({ stage: 'size', fraction: 1 });
    return { diameter: diameters(masks).median || diamMean, diameterStyle };
  }

  /**
   * Diameter from a style vector: exp(A · (style − smean) + log diamMean + ymean), at least 5 pixels.
   * Source: `SizeModel._size_estimation`.
   */
  estimate(style: FloatArray): number {
    const { A, smean, diamMean, ymean } = this.params;
    if (sizeOf(style.shape) !== A.length)
      throw new ShapeError('SizeModel.estimate', `a style of ${A.length} values`, style.shape);
    let sum = 0;
    for (let i = 0; i < A.length; i++) sum += A[i]! * (style.data[i]! - smean[i]!);
    return Math.max(smallestDiameter, Math.exp(sum + Math.log(diamMean) + ymean));
  }
}
