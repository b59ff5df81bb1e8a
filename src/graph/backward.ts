/**
 * Gradients as a graph: appends to a graph what computes the gradient of one number, the loss, by any of its values. One
 * run then gives both, on whatever runs graphs. Reverse accumulation: nodes are visited from the last to the first, each
 * turns the gradient of its result into those of its inputs by the rule beside its operator, and gradients of a value that
 * is used several times are added.
 */
import { sizeOf } from '../array/ndarray.ts';
import { OptionError, ShapeError, UnsupportedError } from '../errors.ts';
import type { Graph, GraphNode, Value } from './graph.ts';
import type { Operator } from './operator.ts';
import { operators } from './operators.ts';

/**
 * @param loss  a value of one element.
 * @param by    values of the graph: parameters, inputs, or any between.
 * @returns     for each of `by` the gradient of the loss by it, of its shape.
 * @throws ShapeError if the loss has several elements; OptionError if it does not depend on a value of `by`;
 *         UnsupportedError if an operator between has no gradient.
 */
export function backward(graph: Graph, loss: Value, by: readonly Value[]): Map<Value, Value> {
  if (sizeOf(loss.shape) !== 1) throw new ShapeError('backward', 'a loss of one element', loss.shape);
  const nodes = [...graph.nodes];
  const wanted = reachedFrom(by, nodes);
  const gradients = new Map<Value, Value>([[loss, graph.reshape(graph.scalar(1), loss.shape)]]);
  for (const node of nodes.toReversed()) {
    const dy = gradients.get(node.output);
    if (!dy || !wanted.has(node.output)) continue;
    for (const [input, gradient] of gradientsOf(graph, node, dy, wanted)) {
      const known = gradients.get(input);
      gradients.set(input, known ? graph.sum(known, gradient) : gradient);
    }
  }
  return new Map(by.map((value) => [value, gradientOf(value, gradients)]));
}

/** All values that depend on one of `by`: only these need gradients. */
function reachedFrom(by: readonly Value[], nodes: readonly GraphNode[]): Set<Value> {
  const reached = new Set(by);
  for (const { inputs, output } of nodes) if (inputs.some((input) => reached.has(input))) reached.add(output);
  return reached;
}

function* gradientsOf(
  g: Graph,
  { op, inputs, output, attributes }: GraphNode,
  dy: Value,
  wanted: ReadonlySet<Value>,
): Generator<readonly [Value, Value]> {
  const rule = operators[op] as Operator<unknown>;
  if (!rule.gradient) throw new UnsupportedError('gradient', `backward: ${op} '${output.name}' has no gradient`);
  const makers = rule.gradient({ g, inputs, output, attributes, dy });
  for (const [i, input] of inputs.entries()) {
    const make = makers[i];
    if (make && wanted.has(input)) yield [input, make()];
  }
}

function gradientOf(value: Value, gradients: ReadonlyMap<Value, Value>): Value {
  const gradient = gradients.get(value);
  if (gradient) return gradient;
  throw new OptionError('by', value.name, `backward: the loss does not depend on '${value.name}'`);
}
