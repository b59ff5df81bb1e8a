/** Convolution over (batch, channel, y, x). */
import { ShapeError } from '../../errors.ts';
import { needRank, type Operator } from '../operator.ts';

export interface ConvAttributes {
  /** Zeros added before y, before x, after y, after x. */
  readonly pads: readonly [number, number, number, number];
  readonly strides: readonly [number, number];
  /** Groups of channels that do not mix. */
  readonly group: number;
}

/** y = x ∗ w + b: x (B, I, Y, X), w (O, I / group, ky, kx), b (O), which may be left out. A correlation, as in all networks. */
const Conv: Operator<ConvAttributes> = {
  shape([x, w, b], { pads, strides, group }, where) {
    needRank(x, 4, where, 'an input (batch, channel, y, x)');
    needRank(w, 4, where, 'a kernel (out, in, y, x)');
    if (w[1] * group !== x[1]) throw new ShapeError(where, `a kernel for ${x[1] / group} input channels`, w);
    if (b && (b.length !== 1 || b[0] !== w[0])) throw new ShapeError(where, `a bias (${w[0]})`, b);
    const extent = (axis: 0 | 1) =>
      Math.floor((x[axis + 2] + pads[axis] + pads[axis + 2] - w[axis + 2]) / strides[axis]) + 1;
    const shape = [x[0], w[0], extent(0), extent(1)];
    if (shape[2] < 1 || shape[3] < 1) throw new ShapeError(where, `an input no smaller than its kernel (${w})`, x);
    return shape;
  },
};

export const convolution = { Conv };
