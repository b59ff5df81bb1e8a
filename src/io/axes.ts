/** Letters for the dimensions of an array: dropping dimensions of length 1, and carrying letters over to another shape. */

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
  const letters = new Map<string, string>();
  let behind = 1;
  for (let i = from.shape.length - 1; i >= 0; i--) {
    // Where lengths of 1 make a place ambiguous, the last of the old dimensions is met first and counts.
    const key = `${from.shape[i]} before ${behind}`;
    if (!letters.has(key)) letters.set(key, from.axes[i]!);
    behind *= from.shape[i]!;
  }
  let axes = '';
  behind = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const key = `${shape[i]} before ${behind}`;
    axes = (letters.get(key) ?? 'Q') + axes;
    letters.delete(key);
    behind *= shape[i]!;
  }
  return axes;
}
