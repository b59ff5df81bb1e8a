/**
 * A 3 × 3 convolution of a picture that was enlarged by repeating pixels reads some pixels twice. For each of the four
 * parities (e, f) of the result's row and column it is a 2 × 2 convolution of the small picture, whose weights are sums:
 * taps 0 | 1, 2 where the parity is 0, and 0, 1 | 2 where it is 1. Four of them, interleaved, cost 4/9 of the products.
 * Exact but for rounding; the sums are taken in float64. It saves CPnet 7 % of its time on the CPU.
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

/** @param weights  arrays of the parameters; a convolution whose kernel is not among them stays as it is. */
export function splitUpsampledConv(graph: Graph, weights: Weights): BoundGraph {
  const all = new Map(weights);
  const out = rewrite(graph, (node, to) => {
    if (node.op !== 'Conv' || !isPlain3x3(node)) return undefined;
    const enlarged = to.producer(node.inputs[0]);
    const kernel = weights.get(node.inputs[1].name);
    if (enlarged?.op !== 'Resize' || !kernel) return undefined;
    return split(node, to.visit(enlarged.inputs[0]), kernel, to, all);
  });
  return { graph: out, weights: all };
}

function split(conv: Conv, x: Value, kernel: FloatArray, to: Rewriter, weights: Map<string, FloatArray>): Value {
  const { out } = to;
  const name = conv.output.name;
  const bias = to.visit(conv.inputs[2]);
  const [batch, outs, ly, lx] = conv.output.shape;
  const planes = batch * outs;
  const rows = [0, 1].map((e) => {
    const columns = [0, 1].map((f) => {
      const part = `${name} (${e}, ${f})`;
      const small = parityKernel(kernel, e, f);
      const weight = out.parameter(`${part} weight`, small.shape);
      weights.set(weight.name, small);
      const attributes = { pads: [1 - e, 1 - f, e, f], strides: [1, 1], group: 1 } as const;
      const y = out.add('Conv', [x, weight, bias], attributes, part);
      return out.add('Reshape', [y], { shape: [planes, ly / 2, lx / 2, 1] }, `${part} columns`);
    });
    const row = out.add('Concat', columns, { axis: 3 }, `${name} (${e}) interleaved`);
    return out.add('Reshape', [row], { shape: [planes, ly / 2, 1, lx] }, `${name} (${e}) rows`);
  });
  const whole = out.add('Concat', rows, { axis: 2 }, `${name} interleaved`);
  return out.add('Reshape', [whole], { shape: conv.output.shape }, name);
}

/** The 2 × 2 kernel for one parity of row and column: (O, I, 3, 3) to (O, I, 2, 2). */
function parityKernel({ data, shape }: FloatArray, e: number, f: number): FloatArray {
  const [outs, ins] = shape;
  const sums = new Float64Array(outs * ins * 4);
  for (let k = 0, i = 0; k < sums.length; k += 4)
    for (let dy = 0; dy < 3; dy++)
      for (let dx = 0; dx < 3; dx++) sums[k + 2 * ((dy + 1 - e) >> 1) + ((dx + 1 - f) >> 1)] += data[i++];
  return { data: Float32Array.from(sums), shape: [outs, ins, 2, 2] };
}

function isPlain3x3({ inputs, attributes }: Conv): boolean {
  const [, , ky, kx] = inputs[1].shape;
  const { pads, strides, group } = attributes;
  return inputs.length === 3 && ky === 3 && kx === 3 && [...pads, ...strides, group].join() === '1,1,1,1,1,1,1';
}
