/** Centres of cells, where the heat of `masksToFlows` starts. Source: `get_centers` of Cellpose 3.1 and 4. */
import type { AnyTypedArray, NdArray } from '../array/ndarray.ts';
import { planeShape } from '../masks/objectBoxes.ts';
import { cellBoxes, type LabelStack } from './cellBoxes.ts';
import { cellCentres } from './cellCentres.ts';
import { type FlowRules, flowRules3 } from './flowRules.ts';
import { wholeLabels } from './wholeLabels.ts';

export interface CellCenter {
  readonly label: number;
  readonly y: number;
  readonly x: number;
  /** Height + width + 2 of the cell's box: half the steps of the diffusion of Cellpose's GPU rules. */
  readonly extent: number;
}

/**
 * Finds the pixel of each cell that is heated.
 *
 * @param masks  labels, (ly, lx), 0 and below is background.
 * @param rules  whose `centre` counts.
 * @returns      one record per label that occurs, labels ascending.
 * @throws ShapeError if masks is not (ly, lx); OptionError if labels are not whole numbers.
 */
export function getCenters(masks: NdArray<AnyTypedArray>, rules: FlowRules = flowRules3): CellCenter[] {
  const whole = wholeLabels('getCenters', masks);
  const labels: LabelStack = { data: whole.data, shape: [1, ...planeShape('getCenters', whole)] };
  const boxes = cellBoxes(labels, false);
  const centres = cellCentres(labels, boxes, rules.centre);
  return boxes.map(({ label, y0, y1, x0, x1 }, k) => {
    return { label, y: centres[3 * k + 1], x: centres[3 * k + 2], extent: y1 - y0 + x1 - x0 + 2 };
  });
}
