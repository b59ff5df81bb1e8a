/** To learn cells: flows towards their centres and cell probability. Source: cellpose 3.1 `train.train_seg`. */
import { type FloatArray, sizeOf } from '../array/ndarray.ts';
import { blankLoss } from './blankLoss.ts';
import { segLoss } from './segLoss.ts';
import type { Task } from './task.ts';
import type { TrainingExample } from './trainingSet.ts';

/** @param ignoring  whether examples have pixels that shall not count; costs a plane more. */
export function segTask(ignoring = false): Task {
  return {
    planes: ignoring ? 4 : 3,
    momentum: 0.05,
    targetsOf: ignoring ? withIgnored : withoutNumbers,
    lastTargets: 'flows',
    labelsOf: (targets) => targets,
    appendLosses(g, y, lbl) {
      const { loss, flow, prob } = segLoss(g, y, lbl);
      return { loss, parts: { flow, prob } };
    },
    blankLoss,
  };
}

/** 1 in cells, flow y, flow x: a view of the example's flows. */
function withoutNumbers({ flows: { data, shape } }: TrainingExample): FloatArray {
  const [planes, ly, lx] = shape;
  return { data: data.subarray(sizeOf([ly, lx])), shape: [planes - 1, ly, lx] };
}

/** 1 in cells, 1 where a pixel shall not count, flow y, flow x. */
function withIgnored({ flows: { data, shape }, ignored }: TrainingExample): FloatArray {
  const [, ly, lx] = shape;
  const n = ly * lx;
  const targets = new Float32Array(4 * n);
  targets.set(data.subarray(n, 2 * n));
  if (ignored) targets.set(ignored, n);
  targets.set(data.subarray(2 * n), 2 * n);
  return { data: targets, shape: [4, ly, lx] };
}
