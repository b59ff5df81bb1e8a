/** The interpreter's rules for operators that only arrange elements anew. */
import type { Shape } from '../operator.ts';
import type { SliceAttributes } from '../ops/layout.ts';
import { type Rules, type Tensor, zeros } from './tensor.ts';
import { stepsOf, walk } from './walk.ts';

type Names = 'Reshape' | 'Concat' | 'Transpose' | 'Slice' | 'Pad' | 'Expand';

export const arrangement: Pick<Rules, Names> = {
  Reshape: ([x], _, shape) => ({ data: x.data, shape }),
  Concat: (inputs, { axis }, shape) => concat(inputs, axis, shape),
  Transpose: ([x], { perm }, shape) => {
    const steps = stepsIn(x.shape);
    return gather(
      x,
      0,
      perm.map((axis) => steps[axis]),
      shape,
    );
  },
  Slice: ([x], attributes, shape) => slice(x, attributes, shape),
  Pad: ([x], { before }, shape) => {
    const out = zeros(shape);
    const steps = stepsIn(shape);
    const first = before.reduce((sum, n, i) => sum + n * steps[i], 0);
    let i = 0;
    walk(x.shape, [steps], ([p]) => {
      out.data[first + p] = x.data[i++];
    });
    return out;
  },
  Expand: ([x], _, shape) => gather(x, 0, stepsOf(x.shape, shape.length), shape),
};

/** The element `first`, and from there by the given steps along the axes of `shape`. */
function gather(x: Tensor, first: number, steps: readonly number[], shape: Shape): Tensor {
  const out = zeros(shape);
  let i = 0;
  walk(shape, [steps], ([p]) => {
    out.data[i++] = x.data[first + p];
  });
  return out;
}

function slice(x: Tensor, { axes, starts, steps }: SliceAttributes, shape: Shape): Tensor {
  const own = stepsIn(x.shape);
  const taken = [...own];
  let first = 0;
  for (const [k, axis] of axes.entries()) {
    first += own[axis] * (starts[k] < 0 ? starts[k] + x.shape[axis] : starts[k]);
    taken[axis] = own[axis] * steps[k];
  }
  return gather(x, first, taken, shape);
}

/** Steps of a dense array in C order, also along axes of extent 1. */
function stepsIn(shape: Shape): number[] {
  const steps = new Array<number>(shape.length);
  for (let i = shape.length - 1, step = 1; i >= 0; step *= shape[i--]) steps[i] = step;
  return steps;
}

function concat(inputs: readonly Tensor[], axis: number, shape: Shape): Tensor {
  const out = zeros(shape);
  const runOf = (s: Shape) => s.slice(axis).reduce((n, extent) => n * extent, 1);
  const run = runOf(shape);
  let start = 0;
  for (const { data, shape: s } of inputs) {
    const n = runOf(s);
    for (let i = 0; i * n < data.length; i++) out.data.set(data.subarray(i * n, (i + 1) * n), i * run + start);
    start += n;
  }
  return out;
}
