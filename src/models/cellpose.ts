/** A size model and a segmentation model together: Cellpose's `Cellpose`. */
import { withRanges } from '../engine/precision.ts';
import { OptionError } from '../errors.ts';
import type { SizeParams } from '../io/sizeModelNpy.ts';
import { CellposeModel, type LoadOptions, segmenterOf } from './cellposeModel.ts';
import { defaultDiameter } from './defaults.ts';
import { estimateSize } from './estimateSize.ts';
import { evalList, isList } from './evalList.ts';
import { splitOptions } from './evalOptions.ts';
import { prepare, stackSize } from './prepare.ts';
import { runOptions } from './runOptions.ts';
import { segmentImage } from './segmentImage.ts';
import { SizeModel } from './sizeModel.ts';
import type { EvalOptions, EvalResult, ImageInput, PerImage } from './types.ts';
import { loadBundled } from './weights.ts';

export interface CellposeLoadOptions extends LoadOptions {
  /** Size model to go with own weights. */
  readonly size?: SizeParams;
}

export class Cellpose {
  /** The segmentation model. */
  readonly cp: CellposeModel;
  /** The size model. */
  readonly sz: SizeModel;

  private constructor(cp: CellposeModel, size: SizeParams) {
    this.cp = cp;
    this.sz = new SizeModel(cp, size);
  }

  /**
   * Reads weights and size model, of a bundled model or the caller's own.
   *
   * @throws OptionError if there is no size model for the network; otherwise as `CellposeModel.load`.
   */
  static async load(options: CellposeLoadOptions = {}): Promise<Cellpose> {
    if (options.stateDict) return new Cellpose(await CellposeModel.load(options), required(options.size, options.name));
    const { model, stateDict, size, ranges } = await loadBundled(options.model);
    return new Cellpose(
      await CellposeModel.load({ ...options, ...withRanges(options, ranges), stateDict, name: model.name }),
      required(options.size ?? size, model.name),
    );
  }

  /**
   * Segments one image or a list, as `CellposeModel.eval`, with a diameter of 30 pixels unless told otherwise.
   *
   * @param options  `diameter` 0 finds the diameter by the size model; the result then carries both estimates.
   */
  eval(image: ImageInput, options?: EvalOptions): Promise<EvalResult>;
  eval(images: readonly ImageInput[], options?: PerImage): Promise<EvalResult[]>;
  async eval(
    image: ImageInput | readonly ImageInput[],
    options: EvalOptions | PerImage = {},
  ): Promise<EvalResult | EvalResult[]> {
    if (isList(image)) return evalList(image, options, (one, own) => this.eval(one, own));
    const run = runOptions(options, this.cp.threads);
    const split = splitOptions({
      ...(options as EvalOptions),
      diameter: (options as EvalOptions).diameter ?? defaultDiameter,
    });
    const segmenter = segmenterOf(this.cp);
    // What a volume is planned for is what it gets below.
    const planned = { ...split, diameter: split.diameter || this.sz.params.diamMean };
    const prepared = await prepare(segmenter, image, planned, run);
    const [lz] = stackSize(prepared);
    if (split.diameter > 0) return segmentImage(segmenter, prepared, split, run);
    const size = await estimateSize(segmenter, this.sz.params, prepared, split, run);
    const sizeMs = performance.now() - run.begin;
    const result = await segmentImage(segmenter, prepared, { ...split, diameter: size.diameter }, run);
    const timing = { ...result.timing, size: sizeMs };
    const found = { ...result, diameterStyle: size.diameterStyle, timing };
    if (lz === 1) return found;
    if (split.input.tAxis !== undefined)
      return { ...found, notes: [...result.notes, 'the diameter of the series was estimated on its first frame'] };
    const note = `the diameter of a stack cannot be estimated: the size model’s mean of ${size.diameter} pixels was used`;
    return { ...result, notes: [...result.notes, note], timing };
  }

  /** Gives the network's memory back. The models cannot be used afterwards. */
  release(): Promise<void> {
    return this.cp.release();
  }
}

function required(size: SizeParams | undefined, name = 'own weights'): SizeParams {
  if (size) return size;
  throw new OptionError(
    'size',
    undefined,
    `Cellpose: ${name} comes without a size model; give one as \`size\`, or use CellposeModel with a diameter`,
  );
}
