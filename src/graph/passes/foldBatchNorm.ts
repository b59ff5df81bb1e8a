/**
 * Takes batch normalisation with fixed statistics into the convolution beside it. With s = γ / √(var + ε), t = β − mean·s:
 *   1 × 1 convolution after it:    W (s·x + t) + b          = (W diag(s)) x + (b + W t)
 *   convolution before it:         s (W x + b) + t          = (diag(s) W) x + (s b + t)
 *   and a linear term between:     s (W x + b + (V z + c)) + t, where V and c take the factor s as well
 * Exact but for rounding. The convolution must have no other use. New weights are computed in float64.
 */
import type { FloatArray } from '../../array/ndarray.ts';
import type { Graph, GraphNode, Value } from '../graph.ts';
import type { Weights } from '../onnx/encode.ts';
import { type Rewriter, rewrite } from './rewrite.ts';

export interface BoundGraph {
  readonly graph: Graph;
  readonly weights: Weights;
}

type Conv = Extract<GraphNode, { op: 'Conv' }>;
type Linear = Extract<GraphNode, { op: 'Conv' | 'Gemm' }>;
type Norm = Extract<GraphNode, { op: 'BatchNormalization' }>;

/** @param weights  arrays of all parameters. The result's weights are those that are still used, and the new ones. */
export function foldBatchNorm(graph: Graph, weights: Weights): BoundGraph {
  const all = new Map(weights);
  const out = rewrite(graph, (node, to) => {
    if (node.op === 'Conv') return foldForward(node, to, all);
    if (node.op === 'BatchNormalization') return foldBackward(node, to, all);
    return undefined;
  });
  return { graph: out, weights: new Map(out.parameters.map(({ name }) => [name, all.get(name)!])) };
}

type AllWeights = Map<string, FloatArray>;

/** Batch normalisation, then 1 × 1 convolution. */
function foldForward(conv: Conv, to: Rewriter, weights: AllWeights): Value | undefined {
  const [x, w, b] = conv.inputs as readonly [Value, Value, Value];
  const norm = to.producer(x);
  if (norm?.op !== 'BatchNormalization' || to.uses(x) > 1 || !isPlain1x1(conv)) return undefined;
  const { s, t } = affine(norm, weights);
  const weight = weights.get(w.name)!;
  const bias = weights.get(b.name)!;
  const newBias = Float64Array.from(bias.data);
  const newWeight = weight.data.map((v, i) => {
    newBias[Math.floor(i / s.length)]! += v * t[i % s.length]!;
    return v * s[i % s.length]!;
  });
  const inputs = [
    to.visit(norm.inputs[0]!),
    replace(w, newWeight, to, weights),
    replace(b, Float32Array.from(newBias), to, weights),
  ];
  return to.out.add('Conv', inputs, conv.attributes, conv.output.name);
}

/** Convolution, perhaps a sum with a linear map of something else, then batch normalisation. */
function foldBackward(norm: Norm, to: Rewriter, weights: AllWeights): Value | undefined {
  const sum = to.producer(norm.inputs[0]!);
  if (!sum || to.uses(sum.output) > 1) return undefined;
  const { s, t } = affine(norm, weights);
  if (sum.op === 'Conv') return scaled(sum, s, t, to, weights);
  if (sum.op !== 'Add') return undefined;
  const [conv, reshape] = sum.inputs.map(to.producer);
  const linear = reshape?.op === 'Reshape' ? to.producer(reshape.inputs[0]!) : undefined;
  if (conv?.op !== 'Conv' || reshape?.op !== 'Reshape' || linear?.op !== 'Gemm') return undefined;
  if ([conv, reshape, linear].some((node) => to.uses(node.output) > 1)) return undefined;
  const z = scaled(linear, s, new Float64Array(s.length), to, weights);
  const inputs = [scaled(conv, s, t, to, weights), to.out.add('Reshape', [z], reshape.attributes, reshape.output.name)];
  return to.out.add('Add', inputs, {}, sum.output.name);
}

/** The same convolution or linear map, its results times s plus t. */
function scaled(node: Linear, s: Float64Array, t: Float64Array, to: Rewriter, weights: AllWeights): Value {
  const [x, w, b] = node.inputs as readonly [Value, Value, Value];
  const { data } = weights.get(w.name)!;
  const run = data.length / s.length;
  const newWeight = data.map((v, i) => v * s[Math.floor(i / run)]!);
  const newBias = weights.get(b.name)!.data.map((v, i) => v * s[i]! + t[i]!);
  const inputs = [to.visit(x), replace(w, newWeight, to, weights), replace(b, newBias, to, weights)];
  return to.out.add(node.op, inputs, node.attributes, node.output.name);
}

/** y = s x + t, in float64. */
function affine({ inputs, attributes }: Norm, weights: AllWeights): { s: Float64Array; t: Float64Array } {
  const [gamma, beta, mean, variance] = inputs
    .slice(1)
    .map((v) => weights.get(v.name)!.data) as unknown as FourOf<Float32Array>;
  const s = Float64Array.from(gamma, (g, i) => g / Math.sqrt(variance[i]! + attributes.epsilon));
  return { s, t: s.map((factor, i) => beta[i]! - mean[i]! * factor) };
}

type FourOf<T> = readonly [T, T, T, T];

function replace(old: Value, data: Float32Array, to: Rewriter, weights: AllWeights): Value {
  const value = to.out.parameter(`${old.name} (folded)`, old.shape);
  weights.set(value.name, { data, shape: old.shape });
  return value;
}

function isPlain1x1({ inputs, attributes }: Conv): boolean {
  const [, , ky, kx] = inputs[1]!.shape;
  return ky === 1 && kx === 1 && attributes.group === 1 && attributes.pads.every((p) => p === 0) && inputs.length === 3;
}
