/**
 * Builds a graph anew from its outputs backwards; what no output needs is left behind. A rule may put something else in
 * the place of a node.
 */
import { Graph, type GraphNode, type Value } from '../graph.ts';

export interface Rewriter {
  /** The new graph. */
  readonly out: Graph;
  /** The value of the new graph that stands for one of the old. */
  visit(value: Value): Value;
  /** The node of the old graph that makes a value; undefined for inputs, parameters and constants. */
  producer(value: Value): GraphNode | undefined;
}

/** Returns the value that stands for the node's result, or undefined to keep the node as it is. */
export type Rule = (node: GraphNode, rewriter: Rewriter) => Value | undefined;

export function rewrite(graph: Graph, rule: Rule): Graph {
  const out = new Graph(new Set(graph.nodes.map(({ output }) => output.name)));
  const producers = new Map(graph.nodes.map((node) => [node.output, node]));
  const done = new Map<Value, Value>(graph.inputs.map((value) => [value, out.input(value.name, value.shape)]));
  const make = (value: Value): Value => {
    const node = producers.get(value);
    if (node)
      return rule(node, rewriter) ?? out.add(node.op, node.inputs.map(rewriter.visit), node.attributes, value.name);
    const array = graph.constants.get(value);
    return array ? out.constant(value.name, array) : out.parameter(value.name, value.shape);
  };
  const rewriter: Rewriter = {
    out,
    visit(value) {
      const known = done.get(value) ?? make(value);
      done.set(value, known);
      return known;
    },
    producer: (value) => producers.get(value),
  };
  for (const [name, value] of graph.outputs) out.output(name, rewriter.visit(value));
  return out;
}

/** Tells of a value whether exactly one operator, and no output of the graph, sees it. */
export function seenOnce(graph: Graph): (value: Value) => boolean {
  const uses = new Map<Value, number>();
  for (const value of [...graph.nodes.flatMap((node) => node.inputs), ...graph.outputs.values()])
    uses.set(value, (uses.get(value) ?? 0) + 1);
  return (value) => uses.get(value) === 1;
}

/** Whether the node is the network's upsampling: each pixel becomes 2 × 2. */
export function isUpsampling(node: GraphNode | undefined): boolean {
  return node?.op === 'Resize' && node.attributes.scales.every((scale) => scale === 2);
}
