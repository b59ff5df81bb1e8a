/** Puts what a graph computes into another one, its weights as constants: a network that is run, not trained, within a training. */
import { ShapeError } from '../errors.ts';
import type { Graph, Value } from './graph.ts';
import type { Weights } from './onnx/encode.ts';

/** Computes values of the inlined graph for one input; each call computes anew, with the same constants. */
export type Inlined = (x: Value, wanted: readonly Value[]) => Value[];

/**
 * @param to       the graph that grows.
 * @param from     a graph of one input. Not changed.
 * @param weights  arrays of its parameters.
 * @param prefix   of the names of the constants.
 * @returns        what computes values of `from` in `to`; what they do not need is left out.
 * @throws ShapeError if the input is of another shape.
 */
export function inline(to: Graph, from: Graph, weights: Weights, prefix: string): Inlined {
  const [input] = from.inputs;
  const producers = new Map(from.nodes.map((node) => [node.output, node]));
  const constants = new Map<Value, Value>();
  const constantOf = (value: Value): Value => {
    const known = constants.get(value);
    if (known) return known;
    const array = from.constants.get(value) ?? weights.get(value.name)!;
    const made = to.constant(`${prefix}${value.name}`, array);
    constants.set(value, made);
    return made;
  };
  return (x, wanted) => {
    if (x.shape.join() !== input.shape.join()) throw new ShapeError('inline', `(${input.shape.join(', ')})`, x.shape);
    const done = new Map<Value, Value>([[input, x]]);
    const visit = (value: Value): Value => {
      const known = done.get(value);
      if (known) return known;
      const node = producers.get(value);
      const made = node ? to.add(node.op, node.inputs.map(visit), node.attributes) : constantOf(value);
      done.set(value, made);
      return made;
    };
    return wanted.map(visit);
  };
}
