/** Measures the cells of a label image: place, size, shape, intensity. Source of the definitions: scikit-image's `regionprops`. */
import { checkArray, type FloatArray, type Masks, type NdArray } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';
import { eccentricityOf, ellipseOf, orientationOf } from './ellipse.ts';
import { hullAreas } from './hullAreas.ts';
import { type LabelRuns, labelRuns } from './labelRuns.ts';
import { type Intensities, objectIntensities } from './objectIntensities.ts';
import { type ObjectMoments, objectMoments } from './objectMoments.ts';
import { objectPerimeters } from './objectPerimeters.ts';

export interface MeasureObjectsOptions {
  /** Of the size of the masks, or with an axis more for channels, the last; any number type. */
  readonly image?: NdArray;
  /** Cell probability as a logit, of the size of the masks. */
  readonly cellprob?: FloatArray;
  /** Of label k at k − 1, as `flowErrors` gives them. */
  readonly flowErrors?: ArrayLike<number>;
}

/** Lists go along the axes of the masks, ([z,] y, x). Lengths are in pixels, whatever the distance of planes; see `physicalMeasures`. */
export interface ObjectMeasures {
  readonly label: number;
  /** Pixels, in a volume voxels. */
  readonly area: number;
  /** From the centre of the first pixel. */
  readonly centroid: readonly number[];
  /** First and last place that the object has along each axis. */
  readonly min: readonly number[];
  readonly max: readonly number[];
  /** Diameter of the circle, in a volume the ball, of the same area. */
  readonly diameter: number;
  /** Axes of the ellipse, or ellipsoid, with the same second moments; 0 for a single pixel. */
  readonly majorAxisLength: number;
  readonly minorAxisLength: number;
  /** Central second moments over the area: zz, yy, xx, zy, zx, yx; those with z are 0 in a plane. */
  readonly covariance: readonly number[];
  /** It has a pixel at the first or last place of an axis, so the edge of the image may have cut it. */
  readonly isOnEdge: boolean;
  /** Of a plane only. */
  readonly shape?: PlaneShape;
  readonly intensity?: Intensities;
  /** Mean of the logit. */
  readonly cellprob?: number;
  /** Mean squared difference between its own unit flow and the network's. */
  readonly flowError?: number;
}

export interface PlaneShape {
  /** Line through the centres of border pixels: 0 for one or two pixels, and short for small objects. */
  readonly perimeter: number;
  /** 4π · area / perimeter²: 1 for a large disc, above 1 for small objects; NaN where the perimeter is 0. */
  readonly circularity: number;
  /** Of the ellipse, 0–1. */
  readonly eccentricity: number;
  /** Angle of the major axis with the y axis, −π/2 to π/2, positive towards growing x. */
  readonly orientation: number;
  /** Area over the pixels of the convex hull, 0–1. */
  readonly solidity: number;
}

/**
 * Measures each object of a label image.
 *
 * @param masks  labels ([lz,] ly, lx), 0 and below is background; missing labels have no entry. A label may be in several parts.
 * @returns      an entry for each label that occurs, ascending. O(pixels).
 * @throws ShapeError if masks are neither plane nor volume, or if image or cellprob have another size.
 *
 * As scikit-image 0.19 with these exceptions: a NaN in place of an infinite circularity, and in volumes `solidity`, which it takes from
 * a convex hull in space, is not measured.
 */
export function measureObjects(masks: Masks, options: MeasureObjectsOptions = {}): ObjectMeasures[] {
  const { image, cellprob, flowErrors } = options;
  const nchan = checkSizes(masks, image, cellprob);
  const { shape } = masks;
  const ndim = shape.length;
  const [ly, lx] = shape.slice(-2);
  const runs = labelRuns(masks);
  const moments = objectMoments(runs, ly);
  const shapes = ndim === 2 ? planeShapes(masks, runs, moments) : undefined;
  const intensities = image && objectIntensities(image, { lx, nchan }, runs);
  const probabilities = cellprob && objectIntensities(cellprob, { lx, nchan: 1 }, runs);
  return Array.from(runs.labels, (label, k) => ({
    ...placeOf(moments, k, shape),
    label,
    ...(shapes && { shape: shapes[k] }),
    ...(intensities && { intensity: intensities[k] }),
    ...(probabilities && { cellprob: probabilities[k].mean[0] }),
    ...(flowErrors && { flowError: flowErrors[label - 1] }),
  }));
}

function placeOf({ area, min, max, centroid, covariance }: ObjectMoments, k: number, shape: readonly number[]) {
  const ndim = shape.length;
  const own = <T extends Int32Array | Float64Array>(values: T) =>
    Array.from(values.subarray(3 * (k + 1) - ndim, 3 * (k + 1)));
  const [first, last] = [own(min), own(max)];
  const spread = Array.from(covariance.subarray(6 * k, 6 * k + 6));
  return {
    area: area[k],
    centroid: own(centroid),
    min: first,
    max: last,
    diameter: diameterOf(area[k], ndim),
    ...ellipseOf(spread, ndim),
    covariance: spread,
    isOnEdge: shape.some((size, axis) => first[axis] === 0 || last[axis] === size - 1),
  };
}

/** Of the circle, or ball, of this area. */
export function diameterOf(area: number, ndim: number): number {
  return ndim === 2 ? 2 * Math.sqrt(area / Math.PI) : Math.cbrt((6 * area) / Math.PI);
}

function planeShapes(masks: Masks, runs: LabelRuns, moments: ObjectMoments): PlaneShape[] {
  const perimeters = objectPerimeters(masks, runs);
  const hulls = hullAreas(runs, moments);
  const { area, covariance } = moments;
  return Array.from(runs.labels, (_, k) => {
    const [, yy, xx, , , yx] = covariance.subarray(6 * k, 6 * k + 6);
    const perimeter = perimeters[k];
    return {
      perimeter,
      circularity: perimeter === 0 ? Number.NaN : (4 * Math.PI * area[k]) / perimeter ** 2,
      eccentricity: eccentricityOf(ellipseOf(covariance.subarray(6 * k, 6 * k + 6), 2)),
      orientation: orientationOf(yy, xx, yx),
      solidity: area[k] / hulls[k],
    };
  });
}

/** @returns  the number of channels of the image. */
function checkSizes(masks: Masks, image: NdArray | undefined, cellprob: FloatArray | undefined): number {
  const { shape } = masks;
  if (shape.length !== 2 && shape.length !== 3)
    throw new ShapeError('measureObjects', 'masks (ly, lx) or (lz, ly, lx)', shape);
  checkArray('measureObjects', masks);
  const fits = (other: NdArray) => shape.every((size, axis) => other.shape[axis] === size);
  const size = shape.join(', ');
  if (image) {
    if (image.shape.length > shape.length + 1 || !fits(image))
      throw new ShapeError('measureObjects', `an image (${size}[, channels]) to match the masks`, image.shape);
    checkArray('measureObjects', image);
  }
  if (cellprob) {
    if (cellprob.shape.length !== shape.length || !fits(cellprob))
      throw new ShapeError('measureObjects', `cellprob (${size}) to match the masks`, cellprob.shape);
    checkArray('measureObjects', cellprob);
  }
  return image?.shape[shape.length] ?? 1;
}
