/**
 * Operators on 8-bit numbers, which stand for scale · (q − zero). Pictures are (batch, y, x, channel) here, uint8; kernels
 * are int8 with zero point 0 and a scale for each output channel. Scales and zero points are constants of the graph. None
 * has a gradient.
 * Source: ONNX operators QuantizeLinear, DequantizeLinear; ONNX Runtime's contributed QLinearConv, QLinearAdd, NhwcMaxPool.
 */
import { ShapeError } from '../../errors.ts';
import { broadcast, type None, needRank, type OnnxForm, type Operator } from '../operator.ts';
import type { ConvAttributes } from './convolution.ts';

/** q = round(x / scale) + zero, ties to even, limited to 0…255. */
const QuantizeLinear: Operator<None> = { shape: ([x]) => x };

/** x = scale · (q − zero). */
const DequantizeLinear: Operator<None> = { shape: ([x]) => x };

/**
 * Convolution: x (B, Y, X, I) with scale and zero point, kernel (O, I / group, ky, kx) with scales (O) and zero point, scale and
 * zero point of the result, bias (O) in units of x's scale times the kernel's. The result is (B, Y', X', O).
 */
const QLinearConv: Operator<ConvAttributes> = {
  shape([x, , , w, scales, , , , bias], { pads, strides, group }, where) {
    needRank(x, 4, where, 'an input (batch, y, x, channel)');
    needRank(w, 4, where, 'a kernel (out, in, y, x)');
    if (w[1] * group !== x[3]) throw new ShapeError(where, `a kernel for ${x[3] / group} input channels`, w);
    for (const s of [scales, bias])
      if (s?.length !== 1 || s[0] !== w[0]) throw new ShapeError(where, `scales and bias (${w[0]})`, s ?? []);
    const extent = (axis: 0 | 1) =>
      Math.floor((x[axis + 1] + pads[axis] + pads[axis + 2] - w[axis + 2]) / strides[axis]) + 1;
    return [x[0], extent(0), extent(1), w[0]];
  },
  onnx: ({ pads, strides, group }) => ({
    domain: 'com.microsoft',
    attributes: { channels_last: 1, pads, strides, group },
  }),
};

/** Sum: a, its scale and zero point, b, its scale and zero point, scale and zero point of the result. */
const QLinearAdd: Operator<None> = {
  shape: ([a, , , b], _, where) => broadcast(a, b, where),
  onnx: (): OnnxForm => ({ domain: 'com.microsoft', attributes: {} }),
};

/** The largest of each square of 2 × 2: (B, Y, X, C) to (B, Y / 2, X / 2, C). */
const NhwcMaxPool: Operator<None> = {
  shape([x], _, where) {
    needRank(x, 4, where, 'an input (batch, y, x, channel)');
    return [x[0], x[1] >> 1, x[2] >> 1, x[3]];
  },
  onnx: (): OnnxForm => ({ domain: 'com.microsoft', attributes: { kernel_shape: [2, 2], strides: [2, 2] } }),
};

export const quantization = { QuantizeLinear, DequantizeLinear, QLinearConv, QLinearAdd, NhwcMaxPool };
