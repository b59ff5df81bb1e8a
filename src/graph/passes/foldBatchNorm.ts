/**
 * Batch normalisation at inference is a · x + b per channel. Where it looks at the result of a convolution, or of a sum of
 * a convolution and a linear map, that nobody else sees, a and b go into their weights; where a convolution without pads
 * looks at it alone, into that one's. Exact but for rounding; new weights are computed in float64. Of CPnet's
 * normalisations 3 of 5 on each level down and 2 of 5 up are such; all others look at something that others see too.
 * For exported and for quantised networks: in float32 it saves CPnet 2 % at run time, less than it takes to rewrite the weights
 * for a picture of a few tiles.
 */
import type { FloatArray } from '../../array/ndarray.ts';
import type { Graph, GraphNode, Value } from '../graph.ts';
import type { Weights } from '../onnx/encode.ts';
import { type Affine, affineOf } from './affine.ts';
import { type Rewriter, rewrite, seenOnce } from './rewrite.ts';
import type { BoundGraph } from './splitUpsampledConv.ts';

type Node<K extends GraphNode['op']> = Extract<GraphNode, { op: K }>;

/** @param weights  arrays of the parameters; operators whose weights are not among them stay as they are. */
export function foldBatchNorm(graph: Graph, weights: Weights): BoundGraph {
  const all = new Map(weights);
  const isSeenOnce = seenOnce(graph);
  const out = rewrite(graph, (node, to) => {
    const fold = new Fold(to, weights, all, isSeenOnce);
    if (node.op === 'BatchNormalization') return fold.intoInput(node);
    if (node.op === 'Conv') return fold.intoConv(node);
    return undefined;
  });
  return { graph: out, weights: all };
}

class Fold {
  readonly #to: Rewriter;
  readonly #weights: Weights;
  readonly #all: Map<string, FloatArray>;
  readonly #isSeenOnce: (value: Value) => boolean;

  constructor(to: Rewriter, weights: Weights, all: Map<string, FloatArray>, isSeenOnce: (value: Value) => boolean) {
    this.#to = to;
    this.#weights = weights;
    this.#all = all;
    this.#isSeenOnce = isSeenOnce;
  }

  /** A normalisation goes into what makes its input. */
  intoInput(norm: Node<'BatchNormalization'>): Value | undefined {
    const affine = affineOf(norm, this.#weights);
    const [x] = norm.inputs;
    return affine && this.#takes(x) ? this.#scaled(x, affine, norm.output.name) : undefined;
  }

  /** A convolution takes the normalisation before it. With pads it cannot: b would have to surround the picture. */
  intoConv(conv: Node<'Conv'>): Value | undefined {
    const norm = this.#to.producer(conv.inputs[0]);
    const kernel = this.#array(conv.inputs[1]);
    const bias = this.#array(conv.inputs[2]);
    if (norm?.op !== 'BatchNormalization' || !this.#isSeenOnce(norm.output) || this.#takes(norm.inputs[0])) return;
    const affine = affineOf(norm, this.#weights);
    if (!affine || !kernel || !bias || conv.attributes.group !== 1 || conv.attributes.pads.some((p) => p > 0)) return;
    const { name } = conv.output;
    const [outs, ins] = kernel.shape;
    const taps = kernel.data.length / (outs * ins);
    const newKernel = kernel.data.map((w, i) => w * affine.a[Math.floor(i / taps) % ins]);
    const newBias = Float64Array.from(bias.data);
    kernel.data.forEach((w, i) => {
      newBias[Math.floor(i / (ins * taps))] += w * affine.b[Math.floor(i / taps) % ins];
    });
    const parts = [
      this.#parameter(`${name} weight`, newKernel, kernel.shape),
      this.#parameter(`${name} bias`, newBias, bias.shape),
    ];
    return this.#to.out.add('Conv', [this.#to.visit(norm.inputs[0]), ...parts], conv.attributes, name);
  }

  /** Whether a · x + b can go into the weights of what makes x. */
  #takes(x: Value): boolean {
    const node = this.#to.producer(x);
    if (!node || !this.#isSeenOnce(x)) return false;
    if (node.op === 'Add') return node.inputs.every((term) => isPerChannel(term, x) && this.#takes(term));
    if (node.op === 'Reshape') {
      const made = this.#to.producer(node.inputs[0]);
      return made?.op === 'Gemm' && this.#takes(node.inputs[0]) && isPerChannel(x, node.inputs[0]);
    }
    if (node.op !== 'Conv' && node.op !== 'Gemm') return false;
    return this.#array(node.inputs[1]) !== undefined && this.#array(node.inputs[2]) !== undefined;
  }

  /** Builds what makes x with a and b in its weights. */
  #scaled(x: Value, affine: Affine, name: string): Value {
    const node = this.#to.producer(x)!;
    const { out, visit } = this.#to;
    if (node.op === 'Add') {
      const zero = { a: affine.a, b: new Float64Array(affine.b.length) };
      const terms = node.inputs.map((term, i) => this.#scaled(term, i === 0 ? affine : zero, `${name}: ${term.name}`));
      return out.add('Add', terms, {}, name);
    }
    if (node.op === 'Reshape')
      return out.add('Reshape', [this.#scaled(node.inputs[0], affine, `${name} (flat)`)], node.attributes, name);
    const [weight, bias] = [this.#array(node.inputs[1])!, this.#array(node.inputs[2])!];
    const perOut = weight.data.length / weight.shape[0];
    const parts = [
      this.#parameter(
        `${name} weight`,
        weight.data.map((w, i) => w * affine.a[Math.floor(i / perOut)]),
        weight.shape,
      ),
      this.#parameter(
        `${name} bias`,
        bias.data.map((v, i) => v * affine.a[i] + affine.b[i]),
        bias.shape,
      ),
    ];
    return out.add(node.op, [visit(node.inputs[0]), ...parts], node.attributes, name);
  }

  #array(value: Value | undefined): FloatArray | undefined {
    return value && this.#weights.get(value.name);
  }

  #parameter(name: string, data: ArrayLike<number>, shape: readonly number[]): Value {
    this.#all.set(name, { data: Float32Array.from(data), shape });
    return this.#to.out.parameter(name, shape);
  }
}

/** Whether channels, axis 1, are the same in both. */
function isPerChannel(a: Value, b: Value): boolean {
  return a.shape[0] === b.shape[0] && a.shape[1] === b.shape[1];
}
