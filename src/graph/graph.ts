/**
 * A network as a list of operators in the order of evaluation. The builder is eager in style (each call returns a value
 * that has a shape, and a mistake throws at its line) and static in effect: the list is printed, interpreted, rewritten or
 * encoded as ONNX. Parameters are named places; whether one is a constant or an input is decided when weights are bound.
 */
import type { NdArray } from '../array/ndarray.ts';
import { OptionError } from '../errors.ts';
import type { Operator, Shape } from './operator.ts';
import { type Attributes, type OpName, operators } from './operators.ts';
import type { ConvAttributes } from './ops/convolution.ts';

/** What constants are made of; whole numbers are those of quantised networks. */
export type ConstantArray = NdArray<Float32Array | Int32Array | Uint8Array | Int8Array>;

/** The result of an operator, an input, a parameter or a constant. */
export interface Value {
  /** Unique within the graph. */
  readonly name: string;
  readonly shape: Shape;
}

/** One operator at work. */
export type GraphNode = {
  [K in OpName]: {
    readonly op: K;
    readonly inputs: readonly Value[];
    readonly attributes: Attributes<K>;
    readonly output: Value;
  };
}[OpName];

export class Graph {
  readonly nodes: GraphNode[] = [];
  readonly inputs: Value[] = [];
  /** Places for weights, in the order of declaration. */
  readonly parameters: Value[] = [];
  readonly constants = new Map<Value, ConstantArray>();
  readonly outputs = new Map<string, Value>();
  readonly #names = new Set<string>();
  readonly #scalars = new Map<number, Value>();
  readonly #reserved: ReadonlySet<string>;

  /** @param reserved  names that values get only when they are asked for: those of a graph that is built anew. */
  constructor(reserved: ReadonlySet<string> = new Set()) {
    this.#reserved = reserved;
  }

  input(name: string, shape: Shape): Value {
    const value = this.#value(name, shape);
    this.inputs.push(value);
    return value;
  }

  parameter(name: string, shape: Shape): Value {
    const value = this.#value(name, shape);
    this.parameters.push(value);
    return value;
  }

  constant(name: string, array: ConstantArray): Value {
    const value = this.#value(name, array.shape);
    this.constants.set(value, array);
    return value;
  }

  /** A constant number, () in shape; the same number is one constant. */
  scalar(value: number): Value {
    const known =
      this.#scalars.get(value) ?? this.constant(`scalar ${value}`, { data: Float32Array.of(value), shape: [] });
    this.#scalars.set(value, known);
    return known;
  }

  /** Declares a result of the graph, under a name of its own. */
  output(name: string, value: Value): void {
    this.outputs.set(name, value);
  }

  /**
   * Appends an operator. The methods below say the same in fewer words.
   *
   * @param name  of the result; by default the operator's name and a number.
   * @throws ShapeError if the inputs do not fit.
   */
  add<K extends OpName>(op: K, inputs: readonly Value[], attributes: Attributes<K>, name?: string): Value {
    const fresh = name ?? this.#freshName(op);
    // TypeScript cannot follow K through the table; the type of `operators` guarantees the match.
    const rule = operators[op] as Operator<Attributes<K>>;
    const shape = rule.shape(
      inputs.map((v) => v.shape),
      attributes,
      `${op} '${fresh}'`,
    );
    const output = this.#value(fresh, shape);
    this.nodes.push({ op, inputs, attributes, output } as unknown as GraphNode);
    return output;
  }

  /** Convolution of stride 1 that keeps the size, unless `attributes` say otherwise: x (B, I, Y, X), weight (O, I, k, k), bias (O). */
  conv(x: Value, weight: Value, bias: Value, attributes: Partial<ConvAttributes> = {}): Value {
    const [py, px] = [weight.shape[2] >> 1, weight.shape[3] >> 1];
    return this.add('Conv', [x, weight, bias], { pads: [py, px, py, px], strides: [1, 1], group: 1, ...attributes });
  }

  /** γ (x − mean) / √(var + ε) + β per channel. */
  batchNorm(x: Value, gamma: Value, beta: Value, mean: Value, variance: Value, epsilon = 1e-5): Value {
    return this.add('BatchNormalization', [x, gamma, beta, mean, variance], { epsilon });
  }

  /** scale · x + shift per channel: a convolution of each channel with itself, which is the fastest way to say it. */
  affine(x: Value, scale: Value, shift?: Value): Value {
    const channels = scale.shape[0];
    const weight = this.reshape(scale, [channels, 1, 1, 1]);
    const attributes = { pads: [0, 0, 0, 0], strides: [1, 1], group: channels } as const;
    return this.add('Conv', shift ? [x, weight, shift] : [x, weight], attributes);
  }

  relu(x: Value): Value {
    return this.add('Relu', [x], {});
  }

  sqrt(x: Value): Value {
    return this.add('Sqrt', [x], {});
  }

  sum(a: Value, b: Value): Value {
    return this.add('Add', [a, b], {});
  }

  difference(a: Value, b: Value): Value {
    return this.add('Sub', [a, b], {});
  }

  product(a: Value, b: Value): Value {
    return this.add('Mul', [a, b], {});
  }

  quotient(a: Value, b: Value): Value {
    return this.add('Div', [a, b], {});
  }

  /** 1 where a > b, else 0. */
  isGreater(a: Value, b: Value): Value {
    return this.add('Greater', [a, b], {});
  }

  /** 1 where a = b, else 0. */
  isEqual(a: Value, b: Value): Value {
    return this.add('Equal', [a, b], {});
  }

  /** Largest of each 2 × 2 square. */
  maxPool(x: Value): Value {
    return this.add('MaxPool', [x], {});
  }

  /** Mean of each 2 × 2 square. */
  averagePool(x: Value): Value {
    return this.add('AveragePool', [x], {});
  }

  /** Nearest-neighbour enlargement by 2. */
  upsample(x: Value): Value {
    return this.add('Resize', [x], { scales: [2, 2] });
  }

  /** x Wᵀ + b: x (B, I), weight (O, I), bias (O). */
  linear(x: Value, weight: Value, bias: Value): Value {
    return this.add('Gemm', [x, weight, bias], {});
  }

  /** a b over the last two axes. */
  matrixProduct(a: Value, b: Value): Value {
    return this.add('MatMul', [a, b], {});
  }

  sumOver(x: Value, axes: readonly number[], keepdims = false): Value {
    return this.add('ReduceSum', [x], { axes, keepdims });
  }

  meanOver(x: Value, axes: readonly number[], keepdims = false): Value {
    return this.add('ReduceMean', [x], { axes, keepdims });
  }

  reshape(x: Value, shape: Shape): Value {
    return this.add('Reshape', [x], { shape });
  }

  concat(inputs: readonly Value[], axis: number): Value {
    return this.add('Concat', inputs, { axis });
  }

  /** Axis i of the result is axis perm[i] of x. */
  transpose(x: Value, perm: readonly number[]): Value {
    return this.add('Transpose', [x], { perm });
  }

  /** Elements from `starts` up to but without `ends` along the axes. */
  slice(x: Value, axes: readonly number[], starts: readonly number[], ends: readonly number[]): Value {
    return this.add('Slice', [x], { axes, starts, ends, steps: axes.map(() => 1) });
  }

  /** Turns axes round. */
  flip(x: Value, axes: readonly number[]): Value {
    const ends = axes.map((axis) => -x.shape[axis] - 1);
    return this.add('Slice', [x], { axes, starts: axes.map(() => -1), ends, steps: axes.map(() => -1) });
  }

  /** Zeros before and after each axis. */
  pad(x: Value, before: readonly number[], after: readonly number[]): Value {
    return this.add('Pad', [x], { before, after });
  }

  #freshName(op: OpName): string {
    for (let n = this.nodes.length; ; n++) {
      const name = `${op}_${n}`;
      if (!this.#names.has(name) && !this.#reserved.has(name)) return name;
    }
  }

  #value(name: string, shape: Shape): Value {
    if (this.#names.has(name))
      throw new OptionError('name', name, `Graph: '${name}' is taken; each value needs its own`);
    this.#names.add(name);
    return { name, shape };
  }
}
