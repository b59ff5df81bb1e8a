/** Matrix products. */
import { ShapeError } from '../../errors.ts';
import type { Graph, Value } from '../graph.ts';
import { broadcast, type None, needRank, type Operator } from '../operator.ts';
import { sumTo } from './sumTo.ts';

/**
 * y = x Wᵀ + b, PyTorch's Linear: x (B, I), W (O, I), b (O). Written as ONNX Gemm with transB.
 * dx = dy W, dW = dyᵀ x, db = Σ dy.
 */
const Gemm: Operator<None> = {
  shape([x, w, b], _, where) {
    needRank(x, 2, where, 'an input (batch, in)');
    needRank(w, 2, where, 'a matrix (out, in)');
    if (w[1] !== x[1]) throw new ShapeError(where, `a matrix (out, ${x[1]})`, w);
    if (b?.length !== 1 || b[0] !== w[0]) throw new ShapeError(where, `a bias (${w[0]})`, b ?? []);
    return [x[0], w[0]];
  },
  onnx: () => ({ attributes: { transB: 1 } }),
  gradient: ({ g, inputs: [x, w], dy }) => [
    () => g.matrixProduct(dy, w),
    () => g.matrixProduct(g.transpose(dy, [1, 0]), x),
    () => g.sumOver(dy, [0]),
  ],
};

/** y = a b over the last two axes, (…, M, K) and (…, K, N); axes before them broadcast. da = dy bᵀ, db = aᵀ dy. */
const MatMul: Operator<None> = {
  shape([a, b], _, where) {
    if (a.length < 2 || b.length < 2 || a.at(-1) !== b.at(-2))
      throw new ShapeError(where, `a second matrix (…, ${a.at(-1)}, columns)`, b);
    return [...broadcast(a.slice(0, -2), b.slice(0, -2), where), a.at(-2)!, b.at(-1)!];
  },
  gradient: ({ g, inputs: [a, b], dy }) => [
    () => sumTo(g, g.matrixProduct(dy, turned(g, b)), a.shape),
    () => sumTo(g, g.matrixProduct(turned(g, a), dy), b.shape),
  ],
};

/** The last two axes exchanged. */
function turned(g: Graph, x: Value): Value {
  const n = x.shape.length;
  return g.transpose(x, [...x.shape.keys()].slice(0, -2).concat(n - 1, n - 2));
}

export const linear = { Gemm, MatMul };
