/** The interpreter's rules for operators that know no neighbours: element by element, sums, matrices. */
import type { Shape } from '../operator.ts';
import type { ReduceAttributes } from '../ops/reduction.ts';
import { type Rules, type Tensor, zeros } from './tensor.ts';
import { stepsOf, walk } from './walk.ts';

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
  | 'ReduceMin'
  | 'ReduceMax'
  | 'Exp'
  | 'LogSoftmax'
  | 'Softplus'
  | 'Sigmoid'
  | 'Greater'
  | 'Equal'
  | 'MatMul';

export const arithmetic: Pick<Rules, Names> = {
  Relu: ([x]) => map(x, (v) => (v < 0 ? 0 : v)),
  Sqrt: ([x]) => map(x, Math.sqrt),
  Add: ([a, b], _, shape) => combine(a, b, shape, (p, q) => p + q),
  Sub: ([a, b], _, shape) => combine(a, b, shape, (p, q) => p - q),
  Mul: ([a, b], _, shape) => combine(a, b, shape, (p, q) => p * q),
  Div: ([a, b], _, shape) => combine(a, b, shape, (p, q) => p / q),
  Exp: ([x]) => map(x, Math.exp),
  LogSoftmax: ([x], { axis }) => logSoftmax(x, axis),
  Softplus: ([x]) => map(x, (v) => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)))),
  Sigmoid: ([x]) => map(x, (v) => 1 / (1 + Math.exp(-v))),
  Greater: ([a, b], _, shape) => combine(a, b, shape, (p, q) => Number(p > q)),
  Equal: ([a, b], _, shape) => combine(a, b, shape, (p, q) => Number(p === q)),
  MatMul: ([a, b], _, shape) => matrixProduct(a, b, shape),
  Gemm: ([x, w, b], _, shape) => linear(x, w, b, shape),
  ReduceSum: ([x], attributes, shape) => reduce(x, attributes, shape, (sum, v) => sum + v, 0),
  ReduceMin: ([x], attributes, shape) => reduce(x, attributes, shape, Math.min, Infinity),
  ReduceMax: ([x], attributes, shape) => reduce(x, attributes, shape, Math.max, -Infinity),
  ReduceMean: ([x], attributes, shape) => {
    const sum = reduce(x, attributes, shape, (total, v) => total + v, 0);
    return map(sum, (v) => (v * sum.data.length) / x.data.length);
  },
};

function map({ data, shape }: Tensor, f: (v: number) => number): Tensor {
  return { data: data.map(f), shape };
}

function combine(a: Tensor, b: Tensor, shape: Shape, f: (p: number, q: number) => number): Tensor {
  const out = zeros(shape);
  let i = 0;
  walk(shape, [stepsOf(a.shape, shape.length), stepsOf(b.shape, shape.length)], ([p, q]) => {
    out.data[i++] = f(a.data[p], b.data[q]);
  });
  return out;
}

function reduce(
  x: Tensor,
  { axes }: ReduceAttributes,
  shape: Shape,
  join: (so: number, v: number) => number,
  first: number,
): Tensor {
  const out = zeros(shape);
  out.data.fill(first);
  const kept = x.shape.map((n, i) => (axes.includes(i) ? 1 : n));
  let i = 0;
  walk(x.shape, [stepsOf(kept, kept.length)], ([p]) => {
    out.data[p] = join(out.data[p], x.data[i++]);
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

function logSoftmax(x: Tensor, axis: number): Tensor {
  const inner = x.shape.slice(axis + 1).reduce((n, extent) => n * extent, 1);
  const out = zeros(x.shape);
  for (let start = 0; start < x.data.length; start += inner * x.shape[axis])
    for (let i = start; i < start + inner; i++) {
      const at = Array.from({ length: x.shape[axis] }, (_, k) => i + k * inner);
      const largest = Math.max(...at.map((j) => x.data[j]));
      const sum = at.reduce((total, j) => total + Math.exp(x.data[j] - largest), 0);
      for (const j of at) out.data[j] = x.data[j] - largest - Math.log(sum);
    }
  return out;
}

function matrixProduct(a: Tensor, b: Tensor, shape: Shape): Tensor {
  const out = zeros(shape);
  const [rows, columns] = shape.slice(-2);
  const inner = a.shape.at(-1)!;
  const stretched = shape.slice(0, -2);
  let i = 0;
  const steps = [a, b].map(({ shape: s }) => stepsOf([...s.slice(0, -2), 1, 1], shape.length).map(Number));
  const size = [rows * inner, inner * columns];
  walk(
    stretched,
    steps.map((step, k) => step.slice(0, -2).map((n) => n * size[k])),
    ([p, q]) => {
      for (let r = 0; r < rows; r++)
        for (let c = 0; c < columns; c++) {
          let sum = 0;
          for (let k = 0; k < inner; k++) sum += a.data[p + r * inner + k] * b.data[q + k * columns + c];
          out.data[i++] = sum;
        }
    },
  );
  return out;
}
