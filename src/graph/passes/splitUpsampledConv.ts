/**
 * A 3 × 3 convolution of a picture that was enlarged by repeating pixels reads some pixels twice. For each of the four
 * parities (e, f) of the result's row and column it is a 2 × 2 convolution of the small picture, whose weights are sums:
 * taps 0 | 1, 2 where the parity is 0, and 0, 1 | 2 where it is 1. Four of them, interleaved, cost 4/9 of the products.
 * Exact but for rounding. It saves CPnet 7 % of its time on the CPU, and more in training, where both gradients save too.
 */
import type { FloatArray } from '../../array/ndarray.ts';
import type { Graph, GraphNode, Value } from '../graph.ts';
import type { Weights } from '../onnx/encode.ts';
import { isUpsampling, type Rewriter, rewrite } from './rewrite.ts';

export interface BoundGraph {
  readonly graph: Graph;
  readonly weights: Weights;
}

type Conv = Extract<GraphNode, { op: 'Conv' }>;

/**
 * The small kernels are made here, their sums taken in float64.
 *
 * @param weights  arrays of the parameters; a convolution whose kernel is not among them stays as it is.
 */
export function splitUpsampledConv(graph: Graph, weights: Weights): BoundGraph {
  const all = new Map(weights);
  const out = rewrite(graph, (node, to) => {
    const conv = ofUpsampled(node, to);
    const kernel = conv && weights.get(conv.inputs[1].name);
    if (!kernel) return undefined;
    return split(conv, to, (e, f, name) => {
      const small = parityKernel(kernel, e, f);
      all.set(name, small);
      return to.out.parameter(name, small.shape);
    });
  });
  return { graph: out, weights: all };
}

/** The same for training: the small kernels are made by the graph, so that gradients reach the weights. */
export function splitUpsampledConvInGraph(graph: Graph): Graph {
  return rewrite(graph, (node, to) => {
    const conv = ofUpsampled(node, to);
    if (!conv) return undefined;
    const { out } = to;
    const kernel = to.visit(conv.inputs[1]);
    const [outs, ins] = kernel.shape;
    const taps = out.reshape(kernel, [outs * ins, 9]);
    return split(conv, to, (e, f) => out.reshape(out.matrixProduct(taps, parityMatrix(out, e, f)), [outs, ins, 2, 2]));
  });
}

/** The node, if it is a plain 3 × 3 convolution of an enlarged picture. */
function ofUpsampled(node: GraphNode, to: Rewriter): Conv | undefined {
  return node.op === 'Conv' && isPlain3x3(node) && isUpsampling(to.producer(node.inputs[0])) ? node : undefined;
}

type MakeKernel = (e: number, f: number, name: string) => Value;

function split(conv: Conv, to: Rewriter, makeKernel: MakeKernel): Value {
  const { out } = to;
  const x = to.visit(to.producer(conv.inputs[0])!.inputs[0]);
  const name = conv.output.name;
  const bias = to.visit(conv.inputs[2]);
  const [batch, outs, ly, lx] = conv.output.shape;
  const planes = batch * outs;
  const rows = [0, 1].map((e) => {
    const columns = [0, 1].map((f) => {
      const part = `${name} (${e}, ${f})`;
      const weight = makeKernel(e, f, `${part} weight`);
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

/** (9, 4): which of the nine taps of a kernel are summed to which of the four of one parity. */
function parityMatrix(g: Graph, e: number, f: number): Value {
  const name = `taps of parity (${e}, ${f})`;
  const unit = { data: Float32Array.from({ length: 81 }, (_, i) => Number(i % 10 === 0)), shape: [9, 1, 3, 3] };
  const known = [...g.constants.keys()].find((constant) => constant.name === name);
  return known ?? g.constant(name, { data: parityKernel(unit, e, f).data, shape: [9, 4] });
}

/** The 2 × 2 kernel for one parity of row and column: (O, I, 3, 3) to (O, I, 2, 2). */
export function parityKernel({ data, shape }: FloatArray, e: number, f: number): FloatArray {
  const [outs, ins] = shape;
  const sums = new Float64Array(outs * ins * 4);
  for (let k = 0, i = 0; k < sums.length; k += 4)
    for (let dy = 0; dy < 3; dy++)
      for (let dx = 0; dx < 3; dx++) sums[k + 2 * ((dy + 1 - e) >> 1) + ((dx + 1 - f) >> 1)] += data[i++];
  return { data: Float32Array.from(sums), shape: [outs, ins, 2, 2] };
}

export function isPlain3x3({ inputs, attributes }: Conv): boolean {
  const [, , ky, kx] = inputs[1].shape;
  const { pads, strides, group } = attributes;
  return inputs.length === 3 && ky === 3 && kx === 3 && [...pads, ...strides, group].join() === '1,1,1,1,1,1,1';
}
