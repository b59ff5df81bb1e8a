/** Letters for the dimensions of an array: guessed by its shape, kept where dimensions of length 1 go, carried over to another shape. */

export interface Dimensions {
  readonly shape: readonly number[];
  readonly axes: string;
}

/** Drops dimensions of length 1, but keeps Y and X. Same rule as tifffile's series. */
export function squeezeAxes({ shape, axes }: Dimensions): Dimensions {
  const kept = shape.map((n, i) => n > 1 || axes[i] === 'Y' || axes[i] === 'X');
  return { shape: shape.filter((_, i) => kept[i]), axes: [...axes].filter((_, i) => kept[i]).join('') };
}

/**
 * Letters for `shape`, another shape of as many elements as `from`: a dimension keeps its letter if it has the same length and
 * as many elements behind it; any other is Q. For example (I 12, Y 219, X 301) as (3, 4, 219, 301) is 'QQYX'.
 */
export function reshapeAxes(from: Dimensions, shape: readonly number[]): string {
  let axes = '';
  let old = from.shape.length - 1;
  let behind = 1;
  let behindOld = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    while (old > 0 && from.shape[old] === 1 && shape[i] !== 1) old--;
    behind *= shape[i];
    if (old >= 0 && shape[i] === from.shape[old] && behind === behindOld * shape[i]) {
      behindOld *= shape[i];
      axes = from.axes[old--] + axes;
    } else axes = `Q${axes}`;
  }
  return axes;
}

/** Guesses that the last dimension is the colours of a pixel: 3 or 4 long, behind at least two others. */
export function endsInColours(shape: readonly number[]): boolean {
  return shape.length >= 3 && (shape.at(-1) === 3 || shape.at(-1) === 4);
}

/** Letters for an array of two or more dimensions that come without: …QYX, or …QYXS if it ends in colours. */
export function guessAxes(shape: readonly number[]): string {
  return (endsInColours(shape) ? 'YXS' : 'YX').padStart(shape.length, 'Q');
}
