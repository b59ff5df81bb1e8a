/** Batch normalisation at inference is a · x + b per channel. */
import type { GraphNode } from '../graph.ts';
import type { Weights } from '../onnx/encode.ts';

/** a · x + b per channel. */
export interface Affine {
  readonly a: Float64Array;
  readonly b: Float64Array;
}

/** γ / √(var + ε) and β − mean · a; undefined where a parameter has no array, or statistics are taken from the batch. */
export function affineOf(
  { inputs, attributes }: Extract<GraphNode, { op: 'BatchNormalization' }>,
  weights: Weights,
): Affine | undefined {
  const [gamma, beta, mean, variance] = inputs.slice(1).map((value) => weights.get(value.name)?.data);
  if (!gamma || !beta || !mean || !variance) return undefined;
  const a = Float64Array.from(gamma, (g, c) => g / Math.sqrt(variance[c] + attributes.epsilon));
  return { a, b: Float64Array.from(beta, (v, c) => v - mean[c] * a[c]) };
}
