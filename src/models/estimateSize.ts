/** The two steps of Cellpose's size estimate. Source: cellpose 3.1 `SizeModel.eval` and `_size_estimation`. */
import { type FloatArray, sizeOf } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';
import type { SizeParams } from '../io/sizeModelNpy.ts';
import { diameters } from '../masks/diameters.ts';
import { type SplitOptions, splitOptions } from './evalOptions.ts';
import { isByPlanes, isInScratch, type Prepared } from './prepare.ts';
import type { PreparedImage } from './prepareImage.ts';
import type { RunOptions } from './runOptions.ts';
import { type Segmenter, segmentImage } from './segmentImage.ts';

/** Smallest diameter that the linear model gives, in pixels. */
const smallestDiameter = 5;
/** Difference of the two estimates, relative to the first, from which own size models look again. */
const farOff = 0.15;

export interface SizeEstimate {
  /** Median diameter of a first segmentation, in pixels. */
  readonly diameter: number;
  /** What the style vector alone gives, in pixels. */
  readonly diameterStyle: number;
}

/**
 * A linear model on the style vector, then the median of a quick segmentation at that diameter. Where either finds nothing,
 * and for stacks, the mean diameter of the size model stands in. Of a time series the first frame is measured.
 *
 * Size models are trained on images at their own scale, and ours have their style taken there (`styleRescale`). Cellpose takes
 * it at diamMean / diamLabels, and for its size models we do so too; the first estimate is then biased for networks whose two
 * diameters differ, and the second step repairs it in part. With ours the second step is done again at the diameter found where
 * that is far from the first.
 *
 * Of several networks averaged the first runs alone: a size model knows the style of one.
 */
export async function estimateSize(
  { network, ...others }: Segmenter,
  params: SizeParams,
  whole: Prepared,
  { tiling: { augment, batchSize }, input }: SplitOptions,
  { onProgress, ...quiet }: RunOptions,
): Promise<SizeEstimate> {
  const { diamMean } = params;
  const segmenter = { ...others, network: network.members?.[0] ?? network };
  const prepared = await onePlane(whole, input.tAxis !== undefined);
  if (!prepared) return { diameter: diamMean, diameterStyle: diamMean };
  // Of the caller's options only those on input, intensities, augmentation and batch size count here.
  const base = splitOptions({ augment, batchSize, resample: false });
  onProgress?.({ stage: 'size', fraction: 0 });
  const stylePass = { ...base, rescale: params.styleRescale, dynamics: { ...base.dynamics, computeMasks: false } };
  const { style } = await segmentImage(segmenter, { ...prepared }, stylePass, quiet);
  onProgress?.({ stage: 'size', fraction: 0.5 });
  const diameterStyle = diameterFromStyle(style, params) || diamMean;
  const medianAt = async (diameter: number): Promise<number> => {
    const maskPass = { ...base, rescale: diamMean / diameter, dynamics: { ...base.dynamics, interp: false } };
    const { masks } = await segmentImage(segmenter, { ...prepared }, maskPass, quiet);
    return diameters(masks).median;
  };
  let diameter = await medianAt(diameterStyle);
  // Cells that are segmented far from their scale are cut up or joined: ours look again where they are not what was expected.
  const isFarOff = diameter > 0 && Math.abs(diameter / diameterStyle - 1) > farOff;
  if (params.styleRescale !== undefined && isFarOff) diameter = (await medianAt(diameter)) || diameter;
  onProgress?.({ stage: 'size', fraction: 1 });
  return { diameter: diameter || diamMean, diameterStyle };
}

/** An image, or the first frame of a series; undefined for stacks. */
async function onePlane(whole: Prepared, isSeries: boolean): Promise<PreparedImage | undefined> {
  if (isInScratch(whole)) return undefined;
  if (isByPlanes(whole)) {
    if (!isSeries) return undefined;
    const { data, shape } = await whole.plane(0);
    return { axes: whole.axes, notes: whole.notes, volume: { data, shape: [1, ...shape] } };
  }
  const { data, shape } = whole.volume;
  if (shape[0] === 1) return whole;
  if (!isSeries) return undefined;
  return { ...whole, volume: { data: data.subarray(0, data.length / shape[0]), shape: [1, ...shape.slice(1)] } };
}

/** exp(A · (style − smean) + log diamMean + ymean), in pixels, at least 5. @throws ShapeError for a style of other length. */
export function diameterFromStyle(style: FloatArray, { A, smean, diamMean, ymean }: SizeParams): number {
  if (sizeOf(style.shape) !== A.length)
    throw new ShapeError('SizeModel.estimate', `a style of ${A.length} values`, style.shape);
  let sum = 0;
  for (let i = 0; i < A.length; i++) sum += A[i] * Math.fround(style.data[i] - smean[i]);
  return Math.max(smallestDiameter, Math.exp(sum + Math.log(diamMean) + ymean));
}
