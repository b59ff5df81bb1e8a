/** Halving and doubling of resolution, over (batch, channel, y, x). */
import { ShapeError, UnsupportedError } from '../../errors.ts';
import type { Value } from '../graph.ts';
import { type Backward, type None, needRank, type OnnxForm, type Operator } from '../operator.ts';

type Rule = (node: Backward<None>) => Value;

/** Of each square of 2 × 2 pixels one; an odd last row or column is left out, as in PyTorch. */
function pool2(gradient: Rule): Operator<None> {
  return {
    shape([x], _, where) {
      needRank(x, 4, where, 'an input (batch, channel, y, x)');
      if (x[2] < 2 || x[3] < 2) throw new ShapeError(where, 'at least 2 × 2 pixels', x);
      return [x[0], x[1], x[2] >> 1, x[3] >> 1];
    },
    onnx: (): OnnxForm => ({ attributes: { kernel_shape: [2, 2], strides: [2, 2] } }),
    gradient(node) {
      const [, , ly, lx] = node.inputs[0].shape;
      if (ly % 2 || lx % 2)
        throw new UnsupportedError('gradient', `pooling: a gradient needs even sizes; got ${ly} × ${lx}`);
      return [() => gradient(node)];
    },
  };
}

/**
 * The largest of each square. dx = dy where x is the largest. Where several are equally large, in constant regions, they share
 * dy, where PyTorch gives it to the first: either way the square passes on dy once, which is what the weights before it see.
 */
const MaxPool: Operator<None> = pool2(({ g, inputs: [x], output, dy }) => {
  const isLargest = g.isEqual(x, g.upsample(output));
  const share = g.quotient(dy, g.product(g.averagePool(isLargest), g.scalar(4)));
  return g.product(g.upsample(share), isLargest);
});

/** The mean of each square. dx = dy / 4 for each of the four. */
const AveragePool: Operator<None> = pool2(({ g, dy }) => g.upsample(g.product(dy, g.scalar(1 / 4))));

/** Each pixel becomes a square of 2 × 2 equal ones. dx = Σ dy over the square. */
const Resize: Operator<{ readonly scales: readonly [number, number] }> = {
  shape([x], { scales: [sy, sx] }, where) {
    needRank(x, 4, where, 'an input (batch, channel, y, x)');
    return [x[0], x[1], x[2] * sy, x[3] * sx];
  },
  onnx: ({ scales }) => ({
    attributes: { mode: 'nearest', nearest_mode: 'floor', coordinate_transformation_mode: 'asymmetric' },
    constants: [undefined, { float32: [1, 1, ...scales] }],
  }),
  /** The sum over the copies of each pixel; of 2 × 2 it is four times their mean, which is the faster way to say it. */
  gradient({ g, inputs: [{ shape }], attributes: { scales }, dy }) {
    const [batch, channels, ly, lx] = shape;
    const [sy, sx] = scales;
    if (sy === 2 && sx === 2) return [() => g.product(g.averagePool(dy), g.scalar(4))];
    const copies = [batch * channels, ly, sy, lx, sx];
    return [() => g.reshape(g.sumOver(g.reshape(dy, copies), [2, 4]), shape)];
  },
};

export const pooling = { MaxPool, AveragePool, Resize };
