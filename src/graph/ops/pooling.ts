/** Halving and doubling of resolution, over (batch, channel, y, x). */
import { ShapeError } from '../../errors.ts';
import { type None, needRank, type OnnxForm, type Operator } from '../operator.ts';

/** The largest, or the mean, of each square of 2 × 2 pixels; an odd last row or column is left out, as in PyTorch. */
function pool2(): Operator<None> {
  return {
    shape([x], _, where) {
      needRank(x, 4, where, 'an input (batch, channel, y, x)');
      if (x[2] < 2 || x[3] < 2) throw new ShapeError(where, 'at least 2 × 2 pixels', x);
      return [x[0], x[1], x[2] >> 1, x[3] >> 1];
    },
    onnx: (): OnnxForm => ({ attributes: { kernel_shape: [2, 2], strides: [2, 2] } }),
  };
}

/** Each pixel becomes a square of 2 × 2 equal ones. */
const Resize: Operator<None> = {
  shape([x], _, where) {
    needRank(x, 4, where, 'an input (batch, channel, y, x)');
    return [x[0], x[1], x[2] * 2, x[3] * 2];
  },
  onnx: () => ({
    attributes: { mode: 'nearest', nearest_mode: 'floor', coordinate_transformation_mode: 'asymmetric' },
    constants: [undefined, { float32: [1, 1, 2, 2] }],
  }),
};

export const pooling = { MaxPool: pool2(), AveragePool: pool2(), Resize };
