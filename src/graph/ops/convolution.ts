/** Convolution over (batch, channel, y, x). */
import { ShapeError, UnsupportedError } from '../../errors.ts';
import type { Graph, Value } from '../graph.ts';
import { type Backward, needRank, type Operator } from '../operator.ts';

export interface ConvAttributes {
  /** Zeros added before y, before x, after y, after x. */
  readonly pads: readonly [number, number, number, number];
  readonly strides: readonly [number, number];
  /** Groups of channels that do not mix. */
  readonly group: number;
}

/**
 * y = x ∗ w + b: x (B, I, Y, X), w (O, I / group, ky, kx), b (O), which may be left out. A correlation, as in all networks.
 * For stride 1 and one group: dx = dy ∗ flip(wᵀ); dw[·, ·, i, j] = Σ over the batch of dy · xᵀ moved by (i, j); db = Σ dy.
 */
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
  gradient(node) {
    const { strides, group } = node.attributes;
    if (strides[0] !== 1 || strides[1] !== 1 || group !== 1)
      throw new UnsupportedError(
        'gradient',
        `Conv: a gradient of strides ${strides} and ${group} groups; it knows 1, 1 and 1`,
      );
    const { g, dy } = node;
    return [() => inputGradient(node), () => kernelGradient(node), () => g.sumOver(dy, [0, 2, 3])];
  },
};

/** The kernel turned by 180°, its input and output channels exchanged. */
function inputGradient({ g, inputs: [, w], attributes, dy }: Backward<ConvAttributes>): Value {
  const [, , ky, kx] = w.shape;
  const swapped = g.transpose(w, [1, 0, 2, 3]);
  const turned = ky === 1 && kx === 1 ? swapped : g.flip(swapped, [2, 3]);
  const [top, left, bottom, right] = attributes.pads;
  const pads = [ky - 1 - top, kx - 1 - left, ky - 1 - bottom, kx - 1 - right] as const;
  return g.add('Conv', [dy, turned], { pads, strides: [1, 1], group: 1 });
}

/**
 * One matrix product for each place in the kernel, over pixels. Of the formulations that were measured the fastest for
 * equal numbers of channels.
 */
function kernelGradient({ g, inputs: [x, w], attributes, dy }: Backward<ConvAttributes>): Value {
  const [outs, ins, ky, kx] = w.shape;
  const [batch, , ly, lx] = dy.shape;
  const errors = g.reshape(dy, [batch, outs, ly * lx]);
  const pixels = padded(g, g.transpose(x, [0, 2, 3, 1]), attributes.pads);
  const parts: Value[] = [];
  for (let i = 0; i < ky; i++)
    for (let j = 0; j < kx; j++) {
      const moved = ky === 1 && kx === 1 ? pixels : g.slice(pixels, [1, 2], [i, j], [i + ly, j + lx]);
      const perImage = g.matrixProduct(errors, g.reshape(moved, [batch, ly * lx, ins]));
      parts.push(g.reshape(g.sumOver(perImage, [0]), [outs, ins, 1]));
    }
  const all = parts.length === 1 ? parts[0] : g.concat(parts, 2);
  return g.reshape(all, w.shape);
}

function padded(g: Graph, x: Value, [top, left, bottom, right]: ConvAttributes['pads']): Value {
  return top + left + bottom + right === 0 ? x : g.pad(x, [0, top, left, 0], [0, bottom, right, 0]);
}

export const convolution = { Conv };
