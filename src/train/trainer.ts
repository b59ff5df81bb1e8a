/** Weights that learn: one step runs the training graph on a batch and lets weights and running statistics follow. */
import { createSession } from '#platform';
import type { FloatArray, NdArray } from '../array/ndarray.ts';
import type { StateDict } from '../array/stateDict.ts';
import { SessionCache } from '../engine/sessionCache.ts';
import { encodeOnnx } from '../graph/onnx/encode.ts';
import { threadCount } from '../kernels/threadCount.ts';
import { type CPnetDescription, readCPnetState } from '../nets/cpnetState.ts';
import type { Device } from '../platform/types.ts';
import type { Optimizer } from './optimizers.ts';
import { gradientName, lossGraph, type TrainingGraph, trainingGraph } from './trainingGraph.ts';

export interface TrainerOptions {
  readonly optimizer: Optimizer;
  /** Processor threads; default: all. */
  readonly threads?: number;
  /** What shall compute gradients; default 'cpu'. The weights follow on the processor in any case. */
  readonly device?: Device;
}

/** Tiles and what the network should say of them. */
export interface Batch {
  /** (batch, nchan, ly, lx), scaled. */
  readonly x: FloatArray;
  /** (batch, 3, ly, lx): 1 in cells, unit flow y, unit flow x. */
  readonly lbl: FloatArray;
}

/** Losses of one batch. */
export interface Losses {
  readonly loss: number;
  readonly lossFlow: number;
  readonly lossProb: number;
}

export interface Trainer {
  readonly config: CPnetDescription;
  /** All tensors of the network as they are now; they change with each step. */
  readonly weights: ReadonlyMap<string, FloatArray>;
  readonly optimizer: Optimizer;
  /** What computes, known from the first step on. */
  readonly engine: string;
  /** What was asked for and could not be had, likewise. */
  readonly notes: readonly string[];
  /**
   * One step. The batch must stay as it is until the promise is settled.
   *
   * @param learningRate  0 moves the running statistics only.
   * @returns             the losses before the step.
   */
  step(batch: Batch, learningRate: number): Promise<Losses>;
  /** Losses of the network as it is at inference; nothing changes. */
  evaluate(batch: Batch): Promise<Losses>;
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
export function createTrainer(stateDict: StateDict, { optimizer, ...options }: TrainerOptions): Trainer {
  const { device = 'cpu' } = options;
  const threads = threadCount('createTrainer', options.threads);
  const { config, weights: read } = readCPnetState(stateDict);
  const weights = new Map([...read].map(([name, { data, shape }]) => [name, { data: data.slice(), shape }]));
  const graphs = new Map<string, TrainingGraph>();
  const graphOf = ([batch, ly, lx]: readonly number[]): TrainingGraph => {
    const key = [batch, ly, lx].join();
    const graph = graphs.get(key) ?? trainingGraph(config, { batch, ly, lx });
    graphs.set(key, graph);
    return graph;
  };
  const steps = new SessionCache(keptSessions, (shape) =>
    createSession(encodeOnnx(graphOf(shape).graph, new Map()), { threads, device }),
  );
  const evaluations = new SessionCache(keptSessions, ([batch, ly, lx]) =>
    createSession(encodeOnnx(lossGraph(config, { batch, ly, lx }), new Map()), { threads, device }),
  );
  return {
    config,
    weights,
    optimizer,
    get engine() {
      return steps.engine;
    },
    get notes() {
      return steps.notes;
    },
    async step({ x, lbl }, learningRate) {
      const shape = sizeOfBatch(x);
      const training = graphOf(shape);
      const named = training.trained.map((name) => [name, weights.get(name)!]);
      const results = await steps.use(shape, (session) => session.run({ x, lbl, ...Object.fromEntries(named) }));
      follow(weights, results, training, optimizer, learningRate);
      return lossesOf(results);
    },
    async evaluate({ x, lbl }) {
      const feeds = { x, lbl, ...Object.fromEntries(weights) };
      return lossesOf(await evaluations.use(sizeOfBatch(x), (session) => session.run(feeds)));
    },
    async release() {
      await steps.release();
      await evaluations.release();
    },
  };
}

type Results = Readonly<Record<string, NdArray<Float32Array>>>;

function sizeOfBatch({ shape: [batch, , ly, lx] }: FloatArray): readonly [number, number, number] {
  return [batch, ly, lx];
}

function lossesOf(results: Results): Losses {
  const number = (name: string) => results[name].data[0];
  return { loss: number('loss'), lossFlow: number('loss_flow'), lossProb: number('loss_prob') };
}

function follow(
  weights: ReadonlyMap<string, NdArray<Float32Array>>,
  results: Results,
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
