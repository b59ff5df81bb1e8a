/** Matrix products. */
import { ShapeError } from '../../errors.ts';
import { type None, needRank, type Operator } from '../operator.ts';

/** y = x Wᵀ + b, PyTorch's Linear: x (B, I), W (O, I), b (O). Written as ONNX Gemm with transB. */
const Gemm: Operator<None> = {
  shape([x, w, b], _, where) {
    needRank(x, 2, where, 'an input (batch, in)');
    needRank(w, 2, where, 'a matrix (out, in)');
    if (w[1] !== x[1]) throw new ShapeError(where, `a matrix (out, ${x[1]})`, w);
    if (b?.length !== 1 || b[0] !== w[0]) throw new ShapeError(where, `a bias (${w[0]})`, b ?? []);
    return [x[0], w[0]];
  },
  onnx: () => ({ attributes: { transB: 1 } }),
};

export const linear = { Gemm };
