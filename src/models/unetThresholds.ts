/** Finds the thresholds at which a plain U-net's masks are best. Source: cellpose 2.2.3 `UnetModel.threshold_validation`. */
import type { FloatArray, Masks } from '../array/ndarray.ts';
import { type UnetMasksOptions, unetMasks } from '../dynamics/unetMasks.ts';
import { OptionError } from '../errors.ts';
import { averagePrecision } from '../metrics/averagePrecision.ts';

const cellThresholds = Array.from({ length: 17 }, (_, i) => -4 + i / 2);
const boundaryThresholds = [-2, -1, 0, 1, 2];

/**
 * Tries all pairs of thresholds, cells from −4 to 4 by a half, boundaries from −2 to 2 by one, and takes that of the best
 * average precision: the mean over the images and over intersections over union of 0.5, 0.75 and 0.9.
 *
 * @param logits  of each image, (2 or 3, [lz,] ly, lx), as `UnetModel.eval` gives them. Cellpose takes every eighth image
 *   of the training set, which is then kept out of training.
 * @param labels  of each image, true cells, 1 … n without gaps.
 * @returns       thresholds for `UnetModel.eval`; of equally good pairs the first. With two classes the boundary's is 0.
 * @throws OptionError unless there are as many label images as logits, and at least one; ShapeError where their sizes differ.
 */
export function unetThresholds(logits: readonly FloatArray[], labels: readonly Masks[]): Required<UnetMasksOptions> {
  if (logits.length === 0 || logits.length !== labels.length) {
    const message = `unetThresholds: needs labels for each image; got ${labels.length} for ${logits.length} images`;
    throw new OptionError('labels', labels.length, message);
  }
  const hasBoundaries = logits.some(({ shape }) => shape[0] === 3);
  let best = { cellThreshold: 0, boundaryThreshold: 0 };
  let highest = -1;
  for (const cellThreshold of cellThresholds)
    for (const boundaryThreshold of hasBoundaries ? boundaryThresholds : [0]) {
      const pair = { cellThreshold, boundaryThreshold };
      const score = logits.reduce((sum, one, i) => sum + precision(labels[i], unetMasks(one, pair)), 0);
      if (score <= highest) continue;
      highest = score;
      best = pair;
    }
  return best;
}

/** Sum over the thresholds of overlap; an image without cells in which none was found is right. */
function precision(labels: Masks, masks: Masks): number {
  return averagePrecision(labels, masks).ap.reduce((sum, ap) => sum + (Number.isNaN(ap) ? 1 : ap), 0);
}
