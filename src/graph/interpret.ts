/**
 * Evaluates a graph in float64, one operator after the other, as its formulas say. Slow and plain on purpose: it is what
 * runtimes and rewritten graphs are compared with, and it needs no runtime itself.
 */
import type { NdArray } from '../array/ndarray.ts';
import { OptionError } from '../errors.ts';
import type { Graph, Value } from './graph.ts';
import { arithmetic } from './interpret/arithmetic.ts';
import { arrangement } from './interpret/arrangement.ts';
import { quantized } from './interpret/quantized.ts';
import { spatial } from './interpret/spatial.ts';
import type { Evaluate, Rules, Tensor } from './interpret/tensor.ts';
import type { OpName } from './operators.ts';

// Typed over all operators: one without a rule is a type error here.
const rules: Rules = { ...arithmetic, ...arrangement, ...spatial, ...quantized };

/**
 * @param feeds  arrays of the inputs and parameters, by name.
 * @returns      every value of the graph by its name, and the outputs by theirs; float64.
 * @throws OptionError if an input or parameter that is used has no array.
 */
export function interpret(graph: Graph, feeds: ReadonlyMap<string, NdArray>): Map<string, Tensor> {
  const values = new Map<string, Tensor>();
  for (const [value, array] of graph.constants) values.set(value.name, toFloat64(array));
  const arrayOf = ({ name }: Value): Tensor => {
    const known = values.get(name);
    if (known) return known;
    const array = feeds.get(name);
    if (!array) throw new OptionError('feeds', name, `interpret: needs an array for '${name}'; there is none`);
    const tensor = toFloat64(array);
    values.set(name, tensor);
    return tensor;
  };
  for (const node of graph.nodes) {
    const rule = rules[node.op] as Evaluate<OpName>;
    values.set(node.output.name, rule(node.inputs.map(arrayOf), node.attributes, node.output.shape));
  }
  for (const [name, value] of graph.outputs) values.set(name, arrayOf(value));
  return values;
}

function toFloat64({ data, shape }: NdArray): Tensor {
  return { data: Float64Array.from(data), shape };
}
