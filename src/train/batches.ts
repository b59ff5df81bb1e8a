/** Tiles for one step: cut from turned, scaled and mirrored examples. */

import { sizeOf } from '../array/ndarray.ts';
import type { Random } from '../array/random.ts';
import { drawAugmentation, randomRotateAndResize } from '../transforms/randomRotateAndResize.ts';
import type { Batch } from './trainer.ts';
import type { TrainingExample } from './trainingSet.ts';

export interface BatchOptions {
  /** Size of tiles in pixels. */
  readonly bsize: number;
  /** Bring cells to `diamMean` first. */
  readonly rescale: boolean;
  readonly scaleRange: number;
  /** Diameter in pixels to which the network wants cells scaled. */
  readonly diamMean: number;
}

/** One tile of each example, drawn by chance. */
export function makeBatch(examples: readonly TrainingExample[], random: Random, options: BatchOptions): Batch {
  const { bsize, rescale, scaleRange, diamMean } = options;
  const { images, labels } = randomRotateAndResize(
    examples.map(({ image }) => image),
    {
      labels: examples.map(withoutNumbers),
      draws: examples.map(() => drawAugmentation(random)),
      scaleRange,
      size: [bsize, bsize],
      ...(rescale ? { rescale: examples.map(({ diameter }) => diameter / diamMean) } : {}),
    },
  );
  return { x: images, lbl: labels! };
}

/** The planes that are learned: 1 in cells, flow y, flow x. */
function withoutNumbers({ flows: { data, shape } }: TrainingExample): TrainingExample['flows'] {
  const [planes, ly, lx] = shape;
  return { data: data.subarray(sizeOf([ly, lx])), shape: [planes - 1, ly, lx] };
}
