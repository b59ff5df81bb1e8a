/** A graph in words, one operator a line: for reading, and for comparing two graphs in a test. */
import type { Graph, Value } from './graph.ts';

/**
 * Lists inputs, operators and outputs; parameters and constants appear where they are used.
 *
 * @example
 * input x (1, 2, 224, 224)
 * Conv_0 (1, 32, 224, 224) = Conv(x, conv.weight, conv.bias) pads [1, 1, 1, 1] strides [1, 1] group 1
 * output y = Conv_0
 */
export function printGraph(graph: Graph): string {
  const lines = graph.inputs.map((v) => `input ${signature(v)}`);
  for (const { op, inputs, attributes, output } of graph.nodes) {
    const words = Object.entries(attributes).map(
      ([key, value]) => ` ${key} ${JSON.stringify(value)?.replaceAll(',', ', ')}`,
    );
    lines.push(`${signature(output)} = ${op}(${inputs.map((v) => v.name).join(', ')})${words.join('')}`);
  }
  for (const [name, value] of graph.outputs) lines.push(`output ${name} = ${value.name}`);
  return `${lines.join('\n')}\n`;
}

function signature({ name, shape }: Value): string {
  return `${name} (${shape.join(', ')})`;
}
