/** Tiles for one step: cut from turned, scaled and mirrored examples. */
import type { FloatArray } from '../array/ndarray.ts';
import type { Random } from '../array/random.ts';
import { drawAugmentation, randomRotateAndResize } from '../transforms/randomRotateAndResize.ts';
import type { Task } from './task.ts';
import type { Batch } from './trainer.ts';

/** An example as a task wants it. */
export interface Source {
  /** (nchan, ly, lx), scaled. */
  readonly image: FloatArray;
  /** Of `Task.targetsOf`. */
  readonly targets: FloatArray;
  /** Of its cells, in pixels. */
  readonly diameter: number;
}

export interface BatchOptions {
  /** Size of tiles in pixels. */
  readonly bsize: number;
  /** Bring cells to `diamMean` first. */
  readonly rescale: boolean;
  readonly scaleRange: number;
  /** Diameter in pixels to which the network wants cells scaled. */
  readonly diamMean: number;
  readonly task: Task;
}

/** One tile of each source, drawn by chance. */
export function makeBatch(sources: readonly Source[], random: Random, options: BatchOptions): Batch {
  const { bsize, rescale, scaleRange, diamMean, task } = options;
  const { images, labels, scale } = randomRotateAndResize(
    sources.map(({ image }) => image),
    {
      labels: sources.map(({ targets }) => targets),
      lastLabels: task.lastTargets,
      draws: sources.map(() => drawAugmentation(random)),
      scaleRange,
      size: [bsize, bsize],
      ...(rescale ? { rescale: sources.map(({ diameter }) => diameter / diamMean) } : {}),
    },
  );
  return { x: images, lbl: task.labelsOf(labels!, scale) };
}
