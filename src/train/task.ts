/** What a network learns: which planes of labels travel with its tiles, and what is made small. */
import type { FloatArray } from '../array/ndarray.ts';
import type { Random } from '../array/random.ts';
import type { Graph, Value } from '../graph/graph.ts';
import type { BatchOptions, Source } from './batches.ts';
import type { Batch } from './trainer.ts';
import type { TrainingExample } from './trainingSet.ts';

export interface Task {
  /** Planes of labels that the losses read. */
  readonly planes: number;
  /** Weight of a batch in the running statistics of batch normalisation. */
  readonly momentum: number;
  /** Whether the network has style, where its weights do not tell. */
  readonly styleOn?: boolean;
  /** Planes (n, ly, lx) of an example, which are turned and scaled with its image; the first is read at the nearest pixel. */
  targetsOf(example: TrainingExample): FloatArray;
  /** What the last two of them are: flows y and x, which turn with the image, or nothing special. */
  readonly lastTargets: 'flows' | 'plain';
  /** From the tiles of targets (batch, n, ly, lx), each enlarged by its `scale`, to labels (batch, planes, ly, lx). */
  labelsOf(targets: FloatArray, scale: Float32Array): FloatArray;
  /** Cuts the tiles of a step, where that is not done as by `makeBatch`; `labelsOf` is then not called. */
  readonly makeBatch?: (sources: readonly Source[], random: Random, options: BatchOptions) => Batch;
  /**
   * Appends the losses to a graph.
   *
   * @param y    output of the network, (batch, nout, ly, lx).
   * @param lbl  labels, (batch, planes, ly, lx).
   * @returns    values of shape (): `loss` is made small, `parts` are what it consists of, for a look at them.
   */
  appendLosses(
    g: Graph,
    y: Value,
    lbl: Value,
  ): { readonly loss: Value; readonly parts: Readonly<Record<string, Value>> };
  /** What a network loses that says the same of every pixel, in the way that costs least. */
  blankLoss(lbl: FloatArray): number;
}
