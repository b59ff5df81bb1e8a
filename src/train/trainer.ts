/** Weights that learn: one step runs the training graph on a batch and lets weights and running statistics follow. */
import { createSession } from '#platform';
import type { FloatArray, NdArray } from '../array/ndarray.ts';
import type { StateDict } from '../array/stateDict.ts';
import { SessionCache } from '../engine/sessionCache.ts';
import { encodeOnnx } from '../graph/onnx/encode.ts';
import { threadCount } from '../kernels/threadCount.ts';
import { type CPnetDescription, readCPnetState } from '../nets/cpnetState.ts';
import type { Optimizer } from './optimizers.ts';
import { gradientName, type TrainingGraph, trainingGraph } from './trainingGraph.ts';

export interface TrainerOptions {
  readonly optimizer: Optimizer;
  /** Processor threads; default: all. */
  readonly threads?: number;
}

/** Losses of one batch. */
export interface StepResult {
  readonly loss: number;
  readonly lossFlow: number;
  readonly lossProb: number;
}

export interface Trainer {
  readonly config: CPnetDescription;
  /** All tensors of the network as they are now; they change with each step. */
  readonly weights: ReadonlyMap<string, FloatArray>;
  /**
   * One step.
   *
   * @param x    batch of tiles, (batch, nchan, ly, lx), scaled.
   * @param lbl  what the network should say, (batch, 3, ly, lx): cell, unit flow y, unit flow x.
   * @param learningRate  0 moves the running statistics only.
   * @returns    the losses before the step.
   */
  step(x: NdArray<Float32Array>, lbl: NdArray<Float32Array>, learningRate: number): Promise<StepResult>;
  release(): Promise<void>;
}

/** Weight of a batch in the running statistics of batch normalisation, as in Cellpose's networks. */
const momentum = 0.05;
/** Shapes of batch that stay compiled: the usual one, and the last one of an epoch, which is smaller. */
const keptSessions = 2;

/**
 * @param stateDict  the weights to start from, not changed.
 * @throws as `readCPnetState`.
 */
export function createTrainer(stateDict: StateDict, options: TrainerOptions): Trainer {
  const { optimizer } = options;
  const threads = threadCount('createTrainer', options.threads);
  const { config, weights: read } = readCPnetState(stateDict);
  const weights = new Map([...read].map(([name, { data, shape }]) => [name, { data: data.slice(), shape }]));
  const graphs = new Map<string, TrainingGraph>();
  const sessions = new SessionCache(keptSessions, (shape) =>
    createSession(encodeOnnx(graphs.get(shape.join())!.graph, new Map()), { threads }),
  );
  return {
    config,
    weights,
    async step(x, lbl, learningRate) {
      const [batch, , ly, lx] = x.shape;
      const key = [batch, ly, lx].join();
      const training = graphs.get(key) ?? trainingGraph(config, { batch, ly, lx });
      graphs.set(key, training);
      const named = training.trained.map((name) => [name, weights.get(name)!]);
      const feeds = { x, lbl, ...Object.fromEntries(named) };
      const results = await sessions.use([batch, ly, lx], (session) => session.run(feeds));
      follow(weights, results, training, optimizer, learningRate);
      const number = (name: string) => results[name].data[0];
      return { loss: number('loss'), lossFlow: number('loss_flow'), lossProb: number('loss_prob') };
    },
    release: () => sessions.release(),
  };
}

function follow(
  weights: ReadonlyMap<string, NdArray<Float32Array>>,
  results: Readonly<Record<string, NdArray<Float32Array>>>,
  { trained, statistics }: TrainingGraph,
  optimizer: Optimizer,
  learningRate: number,
): void {
  optimizer.beginStep();
  for (const name of trained)
    optimizer.update(name, weights.get(name)!.data, results[gradientName(name)].data, learningRate);
  for (const [name, pixels] of statistics) {
    const running = weights.get(name)!.data;
    // The stored variance is the unbiased one.
    const factor = name.endsWith('running_var') ? pixels / (pixels - 1) : 1;
    const { data } = results[name];
    for (let i = 0; i < running.length; i++) running[i] = (1 - momentum) * running[i] + momentum * factor * data[i];
  }
}
