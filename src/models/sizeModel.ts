/** Finds the diameter of the cells in an image: Cellpose's `SizeModel`. */
import type { FloatArray } from '../array/ndarray.ts';
import { wholeImage } from '../io/imagePlanes.ts';
import type { SizeParams } from '../io/sizeModelNpy.ts';
import { type CellposeModel, segmenterOf } from './cellposeModel.ts';
import { diameterFromStyle, estimateSize, type SizeEstimate } from './estimateSize.ts';
import { splitOptions } from './evalOptions.ts';
import { prepareImage } from './prepareImage.ts';
import { runOptions } from './runOptions.ts';
import type { EvalOptions, ImageInput } from './types.ts';

export class SizeModel {
  readonly params: SizeParams;
  readonly #model: CellposeModel;

  /** @param params  trained with the network of `model`: they read its style vector. */
  constructor(model: CellposeModel, params: SizeParams) {
    this.#model = model;
    this.params = params;
  }

  /**
   * Estimates the diameter in two steps: from the style vector, then from a quick segmentation at that diameter.
   *
   * @param image    as `CellposeModel.eval` takes it. For a stack the answer is the mean diameter of the size model, for
   *   a time series that of its first frame.
   * @param options  those on axes, channels and intensities, `augment`, `batchSize`, `signal` and `onProgress` count.
   * @returns        both estimates, in pixels.
   * @throws as `CellposeModel.eval`.
   */
  async eval(image: ImageInput, options: EvalOptions = {}): Promise<SizeEstimate> {
    const run = runOptions(options, this.#model.threads);
    const split = splitOptions(options);
    const prepared = prepareImage(await wholeImage(image), split, this.#model.nchan);
    return estimateSize(segmenterOf(this.#model), this.params, prepared, split, run);
  }

  /**
   * Diameter in pixels, at least 5, from a style vector alone: exp(A · (style − smean) + log diamMean + ymean).
   *
   * @throws ShapeError if the style is not as long as A.
   * Source: cellpose 3.1 `SizeModel._size_estimation`.
   */
  estimate(style: FloatArray): number {
    return diameterFromStyle(style, this.params);
  }
}
