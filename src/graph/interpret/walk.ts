/** Walking through several arrays at once, each with its own steps. */
import type { Shape } from '../operator.ts';

/** For each element of `shape` in C order, calls back with its position in arrays that have the given steps per axis. */
export function walk(
  shape: Shape,
  steps: readonly (readonly number[])[],
  visit: (at: readonly number[]) => void,
): void {
  const at = steps.map(() => 0);
  const descend = (axis: number): void => {
    if (axis === shape.length) {
      visit(at);
      return;
    }
    for (let i = 0; i < shape[axis]; i++) {
      descend(axis + 1);
      for (let k = 0; k < at.length; k++) at[k] += steps[k][axis];
    }
    for (let k = 0; k < at.length; k++) at[k] -= steps[k][axis] * shape[axis];
  };
  descend(0);
}

/** Steps to walk through `shape` as if it were stretched to `rank` axes: 0 along the axes that are stretched. */
export function stepsOf(shape: Shape, rank: number): number[] {
  const steps = new Array<number>(rank).fill(0);
  for (let i = shape.length - 1, step = 1; i >= 0; step *= shape[i--])
    if (shape[i] !== 1) steps[rank - shape.length + i] = step;
  return steps;
}
