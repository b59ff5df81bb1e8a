/**
 * The precision of several images as one number, in the two ways that papers use. They are not the same: in the mean an image
 * of two cells counts as much as one of two hundred, pooled every cell counts the same.
 */
import { ShapeError } from '../errors.ts';
import type { Precision } from './averagePrecision.ts';

export interface MeanPrecision {
  /** Mean of the images' average precision at each threshold; NaN where there is no image with cells. */
  readonly ap: Float64Array;
  /** Images that count: those with a cell in the true or in the predicted masks. */
  readonly images: number;
}

/**
 * Each image counts the same. Images without cells on either side have no precision and do not count.
 *
 * @param images  one `averagePrecision` for each image, all at the same thresholds.
 * @throws ShapeError where they have different numbers of thresholds.
 */
export function meanPrecision(images: readonly Precision[]): MeanPrecision {
  const thresholds = thresholdsOf('meanPrecision', images);
  const counting = images.filter(({ ap }) => !Number.isNaN(ap[0]!));
  const ap = Float64Array.from({ length: thresholds }, (_, k) => {
    const sum = counting.reduce((total, image) => total + image.ap[k], 0);
    return sum / counting.length;
  });
  return { ap, images: counting.length };
}

/**
 * Each cell counts the same: hits and misses are summed over all images, and the sums divided.
 *
 * @param images  as for `meanPrecision`.
 * @throws ShapeError where they have different numbers of thresholds.
 */
export function pooledPrecision(images: readonly Precision[]): Precision {
  const thresholds = thresholdsOf('pooledPrecision', images);
  const sumOf = (key: 'tp' | 'fp' | 'fn') =>
    Float32Array.from({ length: thresholds }, (_, k) => images.reduce((total, image) => total + image[key][k], 0));
  const [tp, fp, fn] = [sumOf('tp'), sumOf('fp'), sumOf('fn')];
  return { ap: tp.map((n, k) => n / (n + fp[k] + fn[k])), tp, fp, fn };
}

function thresholdsOf(where: string, images: readonly Precision[]): number {
  const [length = 0, ...others] = images.map(({ ap }) => ap.length);
  const other = others.find((n) => n !== length);
  if (other !== undefined) throw new ShapeError(where, `images with ${length} thresholds each`, [other]);
  return length;
}
