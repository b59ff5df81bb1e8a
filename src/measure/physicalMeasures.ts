/** Measures of an object in a unit of length, from those in pixels and the size of a pixel. */
import { ShapeError } from '../errors.ts';
import { ellipseOf } from './ellipse.ts';
import { diameterOf, type ObjectMeasures } from './measureObjects.ts';

/** In the unit that the pixel size is in; area in its square, in a volume its cube. */
export interface PhysicalMeasures {
  readonly area: number;
  readonly centroid: readonly number[];
  readonly diameter: number;
  readonly majorAxisLength: number;
  readonly minorAxisLength: number;
  /** Of a plane with square pixels: of other ones it cannot be told from the number of border pixels. */
  readonly perimeter?: number;
}

/**
 * @param object     as `measureObjects` gives it.
 * @param pixelSize  distance of neighbouring pixels along each axis, ([z,] y, x).
 * @throws ShapeError if there are not as many as the object has axes.
 *
 * The axes of the ellipse are found anew, since in pixels they are not to scale where planes are further apart than pixels.
 */
export function physicalMeasures(object: ObjectMeasures, pixelSize: readonly number[]): PhysicalMeasures {
  const { centroid, covariance, shape } = object;
  const ndim = centroid.length;
  if (pixelSize.length !== ndim)
    throw new ShapeError('physicalMeasures', `a pixel size for ${ndim} axes`, [pixelSize.length]);
  const area = object.area * pixelSize.reduce((product, size) => product * size, 1);
  const [z, y, x] = ndim === 2 ? [1, ...pixelSize] : pixelSize;
  const scaled = [z * z, y * y, x * x, z * y, z * x, y * x].map((scale, i) => scale * covariance[i]);
  return {
    area,
    centroid: centroid.map((place, axis) => place * pixelSize[axis]),
    diameter: diameterOf(area, ndim),
    ...ellipseOf(scaled, ndim),
    ...(shape && isSquare(y, x) && { perimeter: shape.perimeter * x }),
  };
}

/** Up to the rounding of files that keep pixels per unit. */
function isSquare(y: number, x: number): boolean {
  return Math.abs(y - x) <= 1e-4 * x;
}
