/** How well outlines agree, allowing for a distance. Source: cellpose 3.1 `metrics.boundary_scores`. */
import type { Masks } from '../array/ndarray.ts';
import { OptionError, ShapeError } from '../errors.ts';
import { diameters } from '../masks/diameters.ts';
import { squaredDistances } from '../masks/distanceTransform.ts';
import { masksToOutlines } from '../masks/outlines.ts';

/** Of each scale, 0–1; NaN where there is nothing to compare. */
export interface BoundaryScores {
  /** Share of the widened predicted outlines that lies on the widened true ones. */
  readonly precision: Float64Array;
  /** Share of the widened true outlines that lies on the widened predicted ones. */
  readonly recall: Float64Array;
  /** Harmonic mean of the two. */
  readonly fscore: Float64Array;
}

/**
 * Compares outlines that are widened by a disk.
 *
 * @param masksTrue, masksPred  labels of equal shape (ly, lx), 0 is background.
 * @param scales  radii of the disk, in median diameters of the true cells; the radius is at least one pixel.
 * @throws ShapeError if masks are not (ly, lx) or differ in shape; OptionError if a scale is not a number from 0 on.
 *
 * One image; over several, call it for each. Cellpose counts outline pixels under the disk modulo 256, by accident: where
 * 256 of them lie within the radius it takes the place for background.
 */
export function boundaryScores(masksTrue: Masks, masksPred: Masks, scales: readonly number[]): BoundaryScores {
  if (masksTrue.shape.length !== 2) throw new ShapeError('boundaryScores', 'masks (ly, lx)', masksTrue.shape);
  const [ly, lx] = masksTrue.shape;
  if (masksPred.shape.join() !== masksTrue.shape.join())
    throw new ShapeError('boundaryScores', `masks of equal shape, (${ly}, ${lx})`, masksPred.shape);
  for (const scale of scales) {
    const message = `boundaryScores: scales must be numbers from 0 on; got ${scale}`;
    if (!(scale >= 0)) throw new OptionError('scales', scale, message);
  }
  const { median } = diameters(masksTrue);
  const toTrue = squaredDistances(masksToOutlines(masksTrue).data, ly, lx);
  const toPred = squaredDistances(masksToOutlines(masksPred).data, ly, lx);
  const precision = new Float64Array(scales.length);
  const recall = new Float64Array(scales.length);
  scales.forEach((scale, k) => {
    const { both, onlyTrue, onlyPred } = countWithin(toTrue, toPred, Math.max(1, scale * median));
    precision[k] = both / (both + onlyPred);
    recall[k] = both / (both + onlyTrue);
  });
  const fscore = precision.map((p, k) => (2 * p * recall[k]) / (p + recall[k]));
  return { precision, recall, fscore };
}

/** Numbers of pixels within the radius of both outlines, of the true ones only, of the predicted ones only. */
function countWithin(toTrue: Float64Array, toPred: Float64Array, radius: number) {
  let [both, onlyTrue, onlyPred] = [0, 0, 0];
  for (let i = 0; i < toTrue.length; i++) {
    const isTrue = Math.sqrt(toTrue[i]) <= radius;
    const isPred = Math.sqrt(toPred[i]) <= radius;
    if (isTrue && isPred) both++;
    else if (isTrue) onlyTrue++;
    else if (isPred) onlyPred++;
  }
  return { both, onlyTrue, onlyPred };
}
