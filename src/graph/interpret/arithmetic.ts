/** The interpreter's rules for operators that know no neighbours: element by element, sums, matrices, arrangement. */
import type { Shape } from '../operator.ts';
import type { ReduceAttributes } from '../ops/reduction.ts';
import { type Rules, type Tensor, zeros } from './tensor.ts';

type Names =
  | 'Relu'
  | 'Sqrt'
  | 'Add'
  | 'Sub'
  | 'Mul'
  | 'Div'
  | 'Gemm'
  | 'ReduceSum'
  | 'ReduceMean'
  | 'Reshape'
  | 'Concat';

export const arithmetic: Pick<Rules, Names> = {
  Relu: ([x]) => map(x, (v) => (v < 0 ? 0 : v)),
  Sqrt: ([x]) => map(x, Math.sqrt),
  Add: ([a, b], _, shape) => combine(a, b, shape, (p, q) => p + q),
  Sub: ([a, b], _, shape) => combine(a, b, shape, (p, q) => p - q),
  Mul: ([a, b], _, shape) => combine(a, b, shape, (p, q) => p * q),
  Div: ([a, b], _, shape) => combine(a, b, shape, (p, q) => p / q),
  Gemm: ([x, w, b], _, shape) => linear(x, w, b, shape),
  ReduceSum: ([x], attributes, shape) => reduceSum(x, attributes, shape),
  ReduceMean: ([x], attributes, shape) => {
    const sum = reduceSum(x, attributes, shape);
    return map(sum, (v) => (v * sum.data.length) / x.data.length);
  },
  Reshape: ([x], _, shape) => ({ data: x.data, shape }),
  Concat: (inputs, { axis }, shape) => concat(inputs, axis, shape),
};

function map({ data, shape }: Tensor, f: (v: number) => number): Tensor {
  return { data: data.map(f), shape };
}

/** For each element of `shape` in C order, calls back with its position in arrays that have the given steps per axis. */
function walk(shape: Shape, steps: readonly (readonly number[])[], visit: (at: readonly number[]) => void): void {
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
function stepsOf(shape: Shape, rank: number): number[] {
  const steps = new Array<number>(rank).fill(0);
  for (let i = shape.length - 1, step = 1; i >= 0; step *= shape[i--])
    if (shape[i] !== 1) steps[rank - shape.length + i] = step;
  return steps;
}

function combine(a: Tensor, b: Tensor, shape: Shape, f: (p: number, q: number) => number): Tensor {
  const out = zeros(shape);
  let i = 0;
  walk(shape, [stepsOf(a.shape, shape.length), stepsOf(b.shape, shape.length)], ([p, q]) => {
    out.data[i++] = f(a.data[p], b.data[q]);
  });
  return out;
}

function reduceSum(x: Tensor, { axes }: ReduceAttributes, shape: Shape): Tensor {
  const out = zeros(shape);
  const kept = x.shape.map((n, i) => (axes.includes(i) ? 1 : n));
  let i = 0;
  walk(x.shape, [stepsOf(kept, kept.length)], ([p]) => {
    out.data[p] += x.data[i++];
  });
  return out;
}

function linear(x: Tensor, w: Tensor, b: Tensor, shape: Shape): Tensor {
  const out = zeros(shape);
  const [rows, columns] = w.shape;
  for (let i = 0; i < out.data.length; i++) {
    const o = i % rows;
    const start = Math.floor(i / rows) * columns;
    let sum = b.data[o];
    for (let k = 0; k < columns; k++) sum += x.data[start + k] * w.data[o * columns + k];
    out.data[i] = sum;
  }
  return out;
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
