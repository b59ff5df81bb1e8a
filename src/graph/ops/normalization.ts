/** Normalisation with stored statistics. */
import { ShapeError } from '../../errors.ts';
import type { Operator } from '../operator.ts';

export interface BatchNormAttributes {
  readonly epsilon: number;
}

/**
 * y = γ (x − mean) / √(var + ε) + β per channel: x (B, C, …); γ, β, mean and var (C).
 * Source: Ioffe and Szegedy 2015, with running statistics, as at inference.
 */
const BatchNormalization: Operator<BatchNormAttributes> = {
  shape([x, ...statistics], _, where) {
    const channels = x?.[1];
    for (const s of statistics)
      if (s.length !== 1 || s[0] !== channels) throw new ShapeError(where, `γ, β, mean and var (${channels})`, s);
    return x;
  },
  onnx: ({ epsilon }) => ({ attributes: { epsilon: { float: epsilon } } }),
};

export const normalization = { BatchNormalization };
