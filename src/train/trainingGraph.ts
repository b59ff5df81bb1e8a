/** A network with its loss as a graph, and with all gradients: one run is one forward and backward pass. */
import { backward } from '../graph/backward.ts';
import type { Graph, Value } from '../graph/graph.ts';
import { batchStatistics } from '../graph/passes/batchStatistics.ts';
import { lateUpsampling } from '../graph/passes/lateUpsampling.ts';
import { splitUpsampledConvInGraph } from '../graph/passes/splitUpsampledConv.ts';
import { type CPnetConfig, cpnet, type TileShape } from '../nets/cpnet.ts';
import { segTask } from './segTask.ts';
import type { Task } from './task.ts';

export interface TrainingGraph {
  /**
   * Inputs 'x' (batch, nchan, ly, lx), 'lbl' (batch, planes, ly, lx) and all weights by name; outputs 'loss' and its parts as
   * `partName` names them, the gradients as `gradientName` does, and mean and biased variance of each batch normalisation
   * by the names of the stored ones.
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

export function partName(part: string): string {
  return `loss_${part}`;
}

/** The network as at inference, with its loss: inputs as above and the stored statistics; outputs of the losses only. */
export function lossGraph(config: CPnetConfig, tiles: TileShape, task: Task = segTask()): Graph {
  const graph = lateUpsampling(cpnet(config, tiles));
  appendLosses(graph, tiles, task);
  return graph;
}

export function trainingGraph(config: CPnetConfig, tiles: TileShape, task: Task = segTask()): TrainingGraph {
  const inference = cpnet(config, tiles);
  const graph = batchStatistics(splitUpsampledConvInGraph(lateUpsampling(inference)));
  const loss = appendLosses(graph, tiles, task);
  const parameters = [...graph.parameters];
  for (const [parameter, gradient] of backward(graph, loss, parameters))
    graph.output(gradientName(parameter.name), gradient);
  const names = new Set(parameters.map(({ name }) => name));
  const trained = inference.parameters.flatMap(({ name }) => (names.has(name) ? [name] : []));
  return { graph, trained, statistics: pixelCounts(inference) };
}

/** Puts the losses in place of what the network gives. */
function appendLosses(graph: Graph, { batch, ly, lx }: TileShape, task: Task): Value {
  const lbl = graph.input('lbl', [batch, task.planes, ly, lx]);
  const { loss, parts } = task.appendLosses(graph, graph.outputs.get('y')!, lbl);
  graph.outputs.delete('y');
  graph.outputs.delete('style');
  graph.output('loss', loss);
  for (const [part, value] of Object.entries(parts)) graph.output(partName(part), value);
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
