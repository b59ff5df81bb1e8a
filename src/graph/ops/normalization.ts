/** Batch normalisation. */
import { sizeOf } from '../../array/ndarray.ts';
import { ShapeError } from '../../errors.ts';
import type { Value } from '../graph.ts';
import type { Backward, Operator } from '../operator.ts';

export interface BatchNormAttributes {
  readonly epsilon: number;
  /** Mean and variance are those of x itself, as in training; the gradient then goes through them too. */
  readonly ofInput?: boolean;
}

/**
 * y = γ (x − mean) / √(var + ε) + β per channel: x (B, C, …); γ, β, mean and var (C).
 * With S1 = Σ dy, S2 = Σ dy · x over all but the channels, n their number, i = 1 / √(var + ε) and s = γ i:
 * dβ = S1; dγ = i (S2 − mean S1); dx = s dy, and where the statistics are those of x also + k x + m with k = −s i dγ / n and
 * m = −(s S1 / n + k mean).
 * Source: Ioffe and Szegedy 2015.
 */
const BatchNormalization: Operator<BatchNormAttributes> = {
  shape([x, ...statistics], _, where) {
    const channels = x?.[1];
    for (const s of statistics)
      if (s.length !== 1 || s[0] !== channels) throw new ShapeError(where, `γ, β, mean and var (${channels})`, s);
    return x;
  },
  onnx: ({ epsilon }) => ({ attributes: { epsilon: { float: epsilon } } }),
  gradient(node) {
    const { g, dy, inputs, attributes } = node;
    const [x, gamma, , mean, variance] = inputs;
    const axes = dy.shape.flatMap((_, i) => (i === 1 ? [] : [i]));
    const s1 = once(() => g.sumOver(dy, axes));
    const s2 = once(() => g.sumOver(g.product(dy, x), axes));
    const inverse = once(() => g.quotient(g.scalar(1), g.sqrt(g.sum(variance, g.scalar(attributes.epsilon)))));
    const dGamma = once(() => g.product(inverse(), g.difference(s2(), g.product(mean, s1()))));
    const scale = once(() => g.product(gamma, inverse()));
    return [
      () => (attributes.ofInput ? throughStatistics(node, { s1, inverse, dGamma, scale }) : g.affine(dy, scale())),
      dGamma,
      s1,
    ];
  },
};

type Parts = Record<'s1' | 'inverse' | 'dGamma' | 'scale', () => Value>;

function throughStatistics(
  { g, dy, inputs: [x, , , mean] }: Backward<BatchNormAttributes>,
  { s1, inverse, dGamma, scale }: Parts,
): Value {
  const perPixel = g.scalar(-dy.shape[1] / sizeOf(dy.shape));
  const k = g.product(g.product(scale(), inverse()), g.product(dGamma(), perPixel));
  const m = g.difference(g.product(g.product(scale(), s1()), perPixel), g.product(k, mean));
  return g.sum(g.affine(dy, scale()), g.affine(x, k, m));
}

/** Makes a value at the first call only. */
function once(make: () => Value): () => Value {
  let made: Value | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

export const normalization = { BatchNormalization };
