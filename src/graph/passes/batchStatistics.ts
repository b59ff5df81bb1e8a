/**
 * Turns a network for inference into one for training: batch normalisation takes mean and variance from the batch instead
 * of from stored numbers, and the graph gives them out, so that the stored ones can follow.
 * The variance is the mean of squares less the square of the mean: one pass over the pixels; against float64 it cost no
 * accuracy in whole training steps.
 */
import type { Graph, GraphNode, Value } from '../graph.ts';
import { type Rewriter, rewrite } from './rewrite.ts';

/**
 * @returns a graph without the parameters of stored statistics; in their place it has outputs of their names: mean and
 *   biased variance of the batch, per channel.
 */
export function batchStatistics(graph: Graph): Graph {
  return rewrite(graph, (node, to) =>
    node.op === 'BatchNormalization' ? ofInput(node.inputs, node.attributes.epsilon, node.output.name, to) : undefined,
  );
}

function ofInput(inputs: GraphNode['inputs'], epsilon: number, name: string, { out, visit }: Rewriter): Value {
  const [x, gamma, beta] = inputs.slice(0, 3).map(visit);
  const axes = x.shape.flatMap((_, i) => (i === 1 ? [] : [i]));
  const mean = out.meanOver(x, axes);
  const variance = out.difference(out.meanOver(out.product(x, x), axes), out.product(mean, mean));
  out.output(inputs[3].name, mean);
  out.output(inputs[4].name, variance);
  return out.add('BatchNormalization', [x, gamma, beta, mean, variance], { epsilon, ofInput: true }, name);
}
