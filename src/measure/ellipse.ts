/** The ellipse, or ellipsoid, that is spread as an object is. Sources: the definitions of scikit-image's `regionprops`. */

export interface Ellipse {
  /** Full lengths of the longest and the shortest axis; 0 for what has no extent. */
  readonly majorAxisLength: number;
  readonly minorAxisLength: number;
}

/**
 * @param covariance  zz, yy, xx, zy, zx, yx.
 * @param ndim        2 or 3.
 */
export function ellipseOf(covariance: ArrayLike<number>, ndim: number): Ellipse {
  const [zz, yy, xx, zy, zx, yx] = Array.from(covariance);
  const spreads = ndim === 2 ? spreadsOf(yy, xx, yx) : spreadsOf3([zz, yy, xx, zy, zx, yx]);
  // of a filled ellipse the variance along an axis is (length / 4)², of an ellipsoid length² / 20
  const factor = ndim === 2 ? 16 : 20;
  const [largest, smallest] = [spreads[0], spreads[spreads.length - 1]];
  return { majorAxisLength: Math.sqrt(factor * largest), minorAxisLength: Math.sqrt(factor * smallest) };
}

/** Distance of the foci over the length of the major axis, 0–1; 0 for a single pixel. */
export function eccentricityOf({ majorAxisLength, minorAxisLength }: Ellipse): number {
  return majorAxisLength === 0 ? 0 : Math.sqrt(1 - (minorAxisLength / majorAxisLength) ** 2);
}

/** Angle between the y axis and the major axis, −π/2 to π/2; ±π/4 where none is longer. */
export function orientationOf(yy: number, xx: number, yx: number): number {
  if (xx === yy) return yx > 0 ? -Math.PI / 4 : Math.PI / 4;
  return 0.5 * Math.atan2(2 * yx, yy - xx);
}

/** Eigenvalues, descending. */
function spreadsOf(yy: number, xx: number, yx: number): number[] {
  const middle = (yy + xx) / 2;
  const half = Math.hypot((yy - xx) / 2, yx);
  return [middle + half, Math.max(middle - half, 0)];
}

/** Eigenvalues of a symmetric matrix, descending. Source: Smith, "Eigenvalues of a symmetric 3 × 3 matrix" (1961). */
function spreadsOf3([zz, yy, xx, zy, zx, yx]: readonly number[]): number[] {
  const mean = (zz + yy + xx) / 3;
  const [a, b, c] = [zz - mean, yy - mean, xx - mean];
  const p = Math.sqrt((a * a + b * b + c * c + 2 * (zy * zy + zx * zx + yx * yx)) / 6);
  if (p === 0) return [mean, mean, mean];
  const determinant = a * (b * c - yx * yx) - zy * (zy * c - yx * zx) + zx * (zy * yx - b * zx);
  const angle = Math.acos(Math.min(Math.max(determinant / (2 * p ** 3), -1), 1)) / 3;
  const largest = mean + 2 * p * Math.cos(angle);
  const smallest = Math.max(mean + 2 * p * Math.cos(angle + (2 * Math.PI) / 3), 0);
  return [largest, 3 * mean - largest - smallest, smallest];
}
