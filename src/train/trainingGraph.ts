/** A network with its loss as a graph, and with all gradients: one run is one forward and backward pass. */
import { backward } from '../graph/backward.ts';
import type { Graph, Value } from '../graph/graph.ts';
import { batchStatistics } from '../graph/passes/batchStatistics.ts';
import { lateUpsampling } from '../graph/passes/lateUpsampling.ts';
import { splitUpsampledConvInGraph } from '../graph/passes/splitUpsampledConv.ts';
import { type CPnetConfig, cpnet, type TileShape } from '../nets/cpnet.ts';
import { segLoss } from './segLoss.ts';

export interface TrainingGraph {
  /**
   * Inputs 'x' (batch, nchan, ly, lx), 'lbl' (batch, 3, ly, lx) and all weights by name; outputs 'loss', 'loss_flow',
   * 'loss_prob', the gradients as `gradientName` names them, and mean and biased variance of each batch normalisation by
   * the names of the stored ones.
   */
  readonly graph: Graph;
  /** Names of the weights that are trained, in the order of the state dict. */
  readonly trained: readonly string[];
  /** Numbers of pixels that went into the statistics, by their names. */
  readonly statistics: ReadonlyMap<string, number>;
}

export function gradientName(parameter: string): string {
  return `gradient of ${parameter}`;
}

/** The network as at inference, with its loss: inputs as above and the stored statistics; outputs of the losses only. */
export function lossGraph(config: CPnetConfig, tiles: TileShape): Graph {
  const graph = lateUpsampling(cpnet(config, tiles));
  appendLoss(graph, tiles);
  return graph;
}

export function trainingGraph(config: CPnetConfig, tiles: TileShape): TrainingGraph {
  const inference = cpnet(config, tiles);
  const graph = batchStatistics(splitUpsampledConvInGraph(lateUpsampling(inference)));
  const loss = appendLoss(graph, tiles);
  const parameters = [...graph.parameters];
  for (const [parameter, gradient] of backward(graph, loss, parameters))
    graph.output(gradientName(parameter.name), gradient);
  const names = new Set(parameters.map(({ name }) => name));
  const trained = inference.parameters.flatMap(({ name }) => (names.has(name) ? [name] : []));
  return { graph, trained, statistics: pixelCounts(inference) };
}

/** Puts the losses in place of what the network gives. */
function appendLoss(graph: Graph, { batch, ly, lx }: TileShape): Value {
  const lbl = graph.input('lbl', [batch, 3, ly, lx]);
  const { loss, flow, prob } = segLoss(graph, graph.outputs.get('y')!, lbl);
  graph.outputs.delete('y');
  graph.outputs.delete('style');
  graph.output('loss', loss);
  graph.output('loss_flow', flow);
  graph.output('loss_prob', prob);
  return loss;
}

/**
 * Of the network as it is described: late upsampling leaves the mean and the biased variance as they are, but the number of
 * pixels, which the unbiased variance needs, is that before it.
 */
function pixelCounts({ nodes }: Graph): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { op, inputs } of nodes) {
    if (op !== 'BatchNormalization') continue;
    const [x, , , ...statistics] = inputs;
    const [batch, , ly, lx] = x.shape;
    for (const { name } of statistics) counts.set(name, batch * ly * lx);
  }
  return counts;
}
