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
import { segTask } from './segTask.ts';
import type { Task } from './task.ts';
import { gradientName, lossGraph, partName, type TrainingGraph, trainingGraph } from './trainingGraph.ts';

export interface TrainerOptions {
  readonly optimizer: Optimizer;
  /** Processor threads; default: all. */
  readonly threads?: number;
  /** What shall compute gradients; default 'cpu'. The weights follow on the processor in any case. */
  readonly device?: Device;
  /** What the network learns; default: flows and cell probability. */
  readonly task?: Task;
}

/** Tiles and what the network should say of them. */
export interface Batch {
  /** (batch, nchan, ly, lx), scaled. */
  readonly x: FloatArray;
  /** (batch, planes, ly, lx), as the task wants it: 1 in cells, unit flow y, unit flow x. */
  readonly lbl: FloatArray;
}

/** Losses of one batch. */
export interface Losses {
  readonly loss: number;
  /** What it consists of, where it does. */
  readonly parts: Readonly<Record<string, number>>;
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

/** Shapes of batch that stay compiled: the usual one, and the last one of an epoch, which is smaller. */
const keptSessions = 2;

/**
 * @param stateDict  the weights to start from, not changed.
 * @throws as `readCPnetState`.
 */
export function createTrainer(stateDict: StateDict, { optimizer, ...options }: TrainerOptions): Trainer {
  const { device = 'cpu', task = segTask() } = options;
  const threads = threadCount('createTrainer', options.threads);
  const { config: described, weights: read } = readCPnetState(stateDict);
  const config = task.styleOn === undefined ? described : { ...described, styleOn: task.styleOn };
  const weights = new Map([...read].map(([name, { data, shape }]) => [name, { data: data.slice(), shape }]));
  const graphs = new Map<string, TrainingGraph>();
  const graphOf = ([batch, ly, lx]: readonly number[]): TrainingGraph => {
    const key = [batch, ly, lx].join();
    const graph = graphs.get(key) ?? trainingGraph(config, { batch, ly, lx }, task);
    graphs.set(key, graph);
    return graph;
  };
  const steps = new SessionCache(keptSessions, (shape) =>
    createSession(encodeOnnx(graphOf(shape).graph, new Map()), { threads, device }),
  );
  const evaluations = new SessionCache(keptSessions, ([batch, ly, lx]) =>
    createSession(encodeOnnx(lossGraph(config, { batch, ly, lx }, task), new Map()), { threads, device }),
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
      optimizer.beginStep();
      for (const name of training.trained)
        optimizer.update(name, weights.get(name)!.data, results[gradientName(name)].data, learningRate);
      for (const [name, pixels] of training.statistics)
        follow(name, weights.get(name)!.data, results[name].data, pixels, task.momentum);
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
  const prefix = partName('');
  const parts = Object.entries(results).filter(([name]) => name.startsWith(prefix));
  return {
    loss: results['loss'].data[0],
    parts: Object.fromEntries(parts.map(([name, { data }]) => [name.slice(prefix.length), data[0]])),
  };
}

/** Moves running statistics towards those of the batch, which come from so many pixels. */
function follow(name: string, running: Float32Array, batch: Float32Array, pixels: number, momentum: number): void {
  // The stored variance is the unbiased one.
  const factor = name.endsWith('running_var') ? pixels / (pixels - 1) : 1;
  for (let i = 0; i < running.length; i++) running[i] = (1 - momentum) * running[i] + momentum * factor * batch[i];
}
