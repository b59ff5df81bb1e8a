/** Which operators of a graph are computed in 8-bit numbers, and which values therefore need a range. */
import type { Graph, GraphNode, Value } from '../graph.ts';
import type { Weights } from '../onnx/encode.ts';
import { isUpsampling } from './rewrite.ts';

/** A convolution of fewer input channels stays in floats: it costs little, and the picture itself comes in here. */
const leastChannels = 8;

export class QuantizePlan {
  readonly graph: Graph;
  readonly #weights: Weights;
  readonly #producers: ReadonlyMap<Value, GraphNode>;
  readonly #uses = new Map<Value, number>();
  readonly #tail: ReadonlySet<GraphNode>;
  readonly #small = new Map<GraphNode, boolean>();

  constructor(graph: Graph, weights: Weights) {
    this.graph = graph;
    this.#weights = weights;
    this.#producers = new Map(graph.nodes.map((node) => [node.output, node]));
    for (const value of [...graph.nodes.flatMap((node) => node.inputs), ...graph.outputs.values()])
      this.#uses.set(value, (this.#uses.get(value) ?? 0) + 1);
    this.#tail = new Set([...graph.outputs.values()].flatMap((value) => this.#tailOf(value)));
  }

  producer(value: Value): GraphNode | undefined {
    return this.#producers.get(value);
  }

  /** The last convolution and what leads to it, in floats with channels last: its result is not rounded. */
  isTail(node: GraphNode): boolean {
    return this.#tail.has(node);
  }

  /** Computed in 8-bit numbers, channels last. */
  isSmall(node: GraphNode): boolean {
    const known = this.#small.get(node) ?? (!this.isTail(node) && this.#canBeSmall(node));
    this.#small.set(node, known);
    return known;
  }

  /** The value whose range holds for this one: pooling and enlargement keep numbers. */
  sameNumbers(value: Value): Value {
    const node = this.producer(value);
    const keeps = node?.op === 'MaxPool' || node?.op === 'Resize';
    return keeps && this.isSmall(node) ? this.sameNumbers(node.inputs[0]) : value;
  }

  /** Whether 8-bit numbers stand for the value somewhere. */
  needsRange(value: Value): boolean {
    if (this.sameNumbers(value) !== value) return false;
    const node = this.producer(value);
    const [user, ...others] = this.graph.nodes.filter(({ inputs }) => inputs.includes(value));
    const intoRelu = user?.op === 'Relu' && others.length === 0 && this.isSmall(user);
    if (node && this.isSmall(node)) return !intoRelu;
    return [user, ...others].some(
      (n) => n && this.isSmall(n) && n.inputs.slice(0, 2).includes(value) && value.shape.length === 4,
    );
  }

  #canBeSmall(node: GraphNode): boolean {
    const { inputs, output } = node;
    if (output.shape.length !== 4) return false;
    const isSmallInput = (value: Value): boolean => {
      const made = this.producer(value);
      return made !== undefined && this.isSmall(made);
    };
    switch (node.op) {
      case 'Conv':
        return (
          inputs[0].shape[1] >= leastChannels && node.attributes.group === 1 && this.#hasArrays(inputs.slice(1), 2)
        );
      case 'BatchNormalization':
        return !node.attributes.ofInput && this.#hasArrays(inputs.slice(1), 4) && isSmallInput(inputs[0]);
      case 'Relu':
        return isSmallInput(inputs[0]) && this.#uses.get(inputs[0]) === 1 && this.#rounds(inputs[0]);
      case 'Add':
        return inputs.every(({ shape }) => shape.length === 4) && inputs.some(isSmallInput);
      case 'MaxPool':
        return isSmallInput(inputs[0]);
      case 'Resize':
        return isUpsampling(node) && isSmallInput(inputs[0]);
      default:
        return false;
    }
  }

  /** What makes the value rounds its result, so that it can cut off what is below 0 as well. */
  #rounds(value: Value): boolean {
    return ['Conv', 'BatchNormalization', 'Add'].includes(this.producer(value)!.op);
  }

  #tailOf(output: Value): GraphNode[] {
    const last = this.producer(output);
    if (last?.op !== 'Conv' || !this.#hasArrays(last.inputs.slice(1), 2)) return [];
    const { pads, strides, group } = last.attributes;
    const [, , ky, kx] = last.inputs[1].shape;
    if ([...pads, ...strides, group, ky, kx].join() !== '0,0,0,0,1,1,1,1,1') return [];
    const tail: GraphNode[] = [last];
    let node = this.producer(last.inputs[0]);
    while (node && this.#uses.get(node.output) === 1 && this.#isPointwise(node)) {
      tail.push(node);
      node = node.op === 'Add' ? undefined : this.producer(node.inputs[0]);
    }
    return tail;
  }

  #isPointwise(node: GraphNode): boolean {
    if (node.op === 'BatchNormalization') return this.#hasArrays(node.inputs.slice(1), 4);
    return node.op === 'Relu' || (node.op === 'Add' && node.inputs.every(({ shape }) => shape.length === 4));
  }

  #hasArrays(values: readonly Value[], count: number): boolean {
    return values.length === count && values.every(({ name }) => this.#weights.has(name));
  }
}
