/**
 * The same network in 8-bit numbers, for processors that multiply these faster than floats: about a third of the time and
 * half the memory of CPnet on one core.
 *
 * A value of the graph can be had in three forms: as it was (float32, channels first), as 8 bits with channels last, in
 * which convolutions, sums, pooling and enlargement are computed, and as floats with channels last. In floats stay the
 * convolutions of a few input channels, all that is not a picture (style), and the last convolution with what leads to it.
 * A ReLU costs nothing: the zero point of its result is 0, and what is below is cut off.
 * Fold batch normalisation first (`foldBatchNorm`); for what is left of it there are two ways (`normsInFloats`).
 */
import type { FloatArray } from '../../array/ndarray.ts';
import { OptionError } from '../../errors.ts';
import { type ConstantArray, Graph, type GraphNode, type Value } from '../graph.ts';
import type { Weights } from '../onnx/encode.ts';
import type { ConvAttributes } from '../ops/convolution.ts';
import { affineOf } from './affine.ts';
import { enlarged, interleaved } from './quantizeLayout.ts';
import { QuantizePlan } from './quantizePlan.ts';
import { type Quantization, quantizationOf, quantizeKernel } from './quantizeWeights.ts';
import { type BoundGraph, isPlain3x3, parityKernel } from './splitUpsampledConv.ts';

/** Smallest and largest number of each value, by its name. */
export type Ranges = Readonly<Record<string, readonly [number, number]>>;

export interface QuantizeOptions {
  /** Bits of the weights; 7 where products of 8-bit numbers could overflow the 16 bits that some processors add them in. */
  readonly weightBits: 7 | 8;
  /**
   * Where normalisations are computed: true, in floats between two steps of 8 bits; false (default), as convolutions of each
   * channel with itself in 8 bits, which native code does four times faster and WebAssembly four times slower.
   */
  readonly normsInFloats?: boolean;
}

/**
 * @param graph    for inference; not changed.
 * @param weights  of all parameters.
 * @param ranges   of the values that `valuesToCalibrate` names.
 * @returns        a graph of the same inputs and outputs; weights of what stays in floats.
 * @throws OptionError ('ranges') where a range is missing or is not two finite numbers in order.
 */
export function quantize(graph: Graph, weights: Weights, ranges: Ranges, options: QuantizeOptions): BoundGraph {
  const quantizer = new Quantizer(new QuantizePlan(graph, weights), weights, ranges, options);
  for (const value of graph.inputs) quantizer.plain(value);
  for (const [name, value] of graph.outputs) quantizer.out.output(name, quantizer.plain(value));
  return { graph: quantizer.out, weights };
}

/** The values whose ranges `quantize` asks for. */
export function valuesToCalibrate(graph: Graph, weights: Weights): Value[] {
  const plan = new QuantizePlan(graph, weights);
  return [...graph.inputs, ...graph.nodes.map((node) => node.output)].filter((value) => plan.needsRange(value));
}

type Make = (value: Value) => Value;

class Quantizer {
  readonly out: Graph;
  readonly #plan: QuantizePlan;
  readonly #weights: Weights;
  readonly #ranges: Ranges;
  readonly #largest: number;
  readonly #normsInFloats: boolean;
  readonly #affines = new Map<string, Value>();

  constructor(plan: QuantizePlan, weights: Weights, ranges: Ranges, options: QuantizeOptions) {
    this.out = new Graph(new Set(plan.graph.nodes.map(({ output }) => output.name)));
    this.#plan = plan;
    this.#weights = weights;
    this.#ranges = ranges;
    this.#largest = 2 ** (options.weightBits - 1) - 1;
    this.#normsInFloats = options.normsInFloats ?? false;
  }

  /** As it was: float32, channels first. */
  readonly plain: Make = once((value) => {
    const { out } = this;
    const node = this.#plan.producer(value);
    if (!node) return this.#source(value);
    if (this.#plan.isTail(node)) return out.transpose(this.#last(value), [0, 3, 1, 2]);
    if (this.#plan.isSmall(node))
      return out.add('DequantizeLinear', [out.transpose(this.#small(value), [0, 3, 1, 2]), ...this.#units(value)], {});
    return out.add(node.op, node.inputs.map(this.plain), node.attributes, node.output.name);
  });

  /** Float32, channels last. */
  readonly #last: Make = once((value) => {
    const { out } = this;
    const node = this.#plan.producer(value);
    if (node && this.#plan.isTail(node)) return this.#tail(node);
    if (node && this.#plan.isSmall(node))
      return out.add('DequantizeLinear', [this.#small(value), ...this.#units(value)], {});
    return out.transpose(this.plain(value), [0, 2, 3, 1]);
  });

  /** 8 bits, channels last. */
  readonly #small: Make = once((value) => {
    const { out } = this;
    const node = this.#plan.producer(value);
    if (!node || !this.#plan.isSmall(node)) {
      const bytes = out.add('QuantizeLinear', [this.plain(value), ...this.#units(value)], {});
      return out.transpose(bytes, [0, 2, 3, 1]);
    }
    if (node.op === 'Resize') return enlarged(out, this.#small(node.inputs[0]));
    if (node.op === 'MaxPool') return out.add('NhwcMaxPool', [this.#small(node.inputs[0])], {});
    if (node.op === 'Relu') return this.#compute(this.#plan.producer(node.inputs[0])!, value);
    return this.#compute(node, value);
  });

  /** A convolution, normalisation or sum whose result is held as the value `as`: itself, or the ReLU of it. */
  #compute(node: GraphNode, as: Value): Value {
    if (node.op === 'Conv') return this.#conv(node, as);
    if (node.op === 'BatchNormalization') return this.#norm(node, as);
    const terms = node.inputs.flatMap((term) => [this.#small(term), ...this.#units(term)]);
    return this.out.add('QLinearAdd', [...terms, ...this.#units(as)], {}, `${as.name} (8 bits)`);
  }

  #conv(node: Extract<GraphNode, { op: 'Conv' }>, as: Value): Value {
    const [x, kernel, bias] = [node.inputs[0], this.#array(node.inputs[1]), this.#array(node.inputs[2])];
    const from = this.#plan.producer(x);
    if (from?.op !== 'Resize' || !isPlain3x3(node)) return this.#convOf(x, kernel, bias, node.attributes, as);
    const part = (e: number, f: number): Value => {
      const attributes = { pads: [1 - e, 1 - f, e, f], strides: [1, 1], group: 1 } as const;
      return this.#convOf(from.inputs[0], parityKernel(kernel, e, f), bias, attributes, as, ` (${e}, ${f})`);
    };
    return interleaved(this.out, [part(0, 0), part(0, 1), part(1, 0), part(1, 1)]);
  }

  #norm(node: Extract<GraphNode, { op: 'BatchNormalization' }>, as: Value): Value {
    const { a, b } = this.#affine(node);
    const [x] = node.inputs;
    if (this.#normsInFloats) {
      const floats = this.#scaled(this.#last(x), a, b, `${as.name} (channels last)`);
      return this.out.add('QuantizeLinear', [floats, ...this.#units(as)], {}, `${as.name} (8 bits)`);
    }
    const kernel = { data: a, shape: [a.length, 1, 1, 1] };
    const attributes = { pads: [0, 0, 0, 0], strides: [1, 1], group: a.length } as const;
    return this.#convOf(x, kernel, { data: b, shape: [b.length] }, attributes, as);
  }

  /** a · x + b per channel, in floats, channels last. */
  #scaled(x: Value, a: Float32Array, b: Float32Array, name: string): Value {
    const { out } = this;
    const constant = (what: string, data: Float32Array) =>
      out.constant(`${name} ${what}`, { data, shape: [data.length] });
    return out.sum(out.product(x, constant('factor', a)), constant('shift', b));
  }

  #convOf(x: Value, kernel: FloatArray, bias: FloatArray, attributes: ConvAttributes, as: Value, part = ''): Value {
    // One weight for each channel: it is ±largest whatever its size, and is not summed with others.
    const largest = attributes.group > 1 ? 127 : this.#largest;
    const whole = quantizeKernel(kernel, bias.data, this.#quantization(x).scale, largest);
    const name = `${as.name} (8 bits)${part}`;
    const constant = (what: string, array: ConstantArray) => this.out.constant(`${name} ${what}`, array);
    const zeros = { data: new Int8Array(kernel.shape[0]), shape: [kernel.shape[0]] };
    const weight = [constant('weight', whole.kernel), constant('scales', whole.scales), constant('zeros', zeros)];
    const inputs = [this.#small(x), ...this.#units(x), ...weight, ...this.#units(as), constant('bias', whole.bias)];
    return this.out.add('QLinearConv', inputs, attributes, name);
  }

  /** The end of the network, in floats. */
  #tail(node: GraphNode): Value {
    const { out } = this;
    const [x, ...rest] = node.inputs;
    const name = `${node.output.name} (channels last)`;
    if (node.op === 'Conv') {
      const [outs, ins] = node.inputs[1].shape;
      const kernel = out.transpose(out.reshape(this.plain(rest[0]), [outs, ins]), [1, 0]);
      return out.sum(out.matrixProduct(this.#last(x), kernel), this.plain(rest[1]));
    }
    if (node.op === 'BatchNormalization') {
      const { a, b } = this.#affine(node);
      return this.#scaled(this.#last(x), a, b, name);
    }
    return out.add(node.op, node.inputs.map(this.#last), node.attributes, name);
  }

  #affine(node: Extract<GraphNode, { op: 'BatchNormalization' }>): { a: Float32Array; b: Float32Array } {
    const { a, b } = affineOf(node, this.#weights)!; // `quantize` has the weights of all parameters
    return { a: Float32Array.from(a), b: Float32Array.from(b) };
  }

  /** Pooling and enlargement keep the numbers of what they see. */
  #quantization(value: Value): Quantization {
    const kept = this.#plan.sameNumbers(value);
    const range = this.#ranges[kept.name];
    const [min, max] = range ?? [];
    if (range?.length === 2 && Number.isFinite(min) && Number.isFinite(max) && min! <= max!)
      return quantizationOf(range);
    throw new OptionError(
      'ranges',
      range,
      `quantize: needs a range of two finite numbers for '${kept.name}'; got ${range ? range.join(' to ') : 'none'}: calibrate this network anew`,
    );
  }

  /** Scale and zero point, as constants. */
  #units(value: Value): [Value, Value] {
    const kept = this.#plan.sameNumbers(value);
    const constant = (what: string, data: Float32Array | Uint8Array): Value => {
      const name = `${kept.name} ${what}`;
      const known = this.#affines.get(name) ?? this.out.constant(name, { data, shape: [] });
      this.#affines.set(name, known);
      return known;
    };
    const { scale, zero } = this.#quantization(value);
    return [constant('scale', Float32Array.of(scale)), constant('zero', Uint8Array.of(zero))];
  }

  /** An input, parameter or constant. */
  #source(value: Value): Value {
    const { graph } = this.#plan;
    if (graph.inputs.includes(value)) return this.out.input(value.name, value.shape);
    const array = graph.constants.get(value);
    return array ? this.out.constant(value.name, array) : this.out.parameter(value.name, value.shape);
  }

  #array(value: Value): FloatArray {
    return this.#weights.get(value.name)!;
  }
}

/** Each value is made once. */
function once(make: Make): Make {
  const made = new Map<Value, Value>();
  return (value) => {
    const known = made.get(value) ?? make(value);
    made.set(value, known);
    return known;
  };
}
