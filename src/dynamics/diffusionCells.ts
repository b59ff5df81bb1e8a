/** What the diffusion needs to know of each cell: where it is, which pixel is heated, how many steps. Source: cellpose 3.1 `masks_to_flows_cpu`. */
import type { Masks2D } from '../array/ndarray.ts';
import { type ObjectBox, objectBoxes } from '../masks/objectBoxes.ts';
import type { FlowRules } from './flowRules.ts';

export interface DiffusionCells {
  /** One row of `tableColumns` numbers per cell: label, y0, y1, x0, x1, centre, steps, 0. The centre counts in the box with a border of 1. */
  readonly table: Int32Array;
  readonly count: number;
  /** Pixel updates that a cell costs, for sharing out the work. */
  readonly costs: Float64Array;
}

export const tableColumns = 8;

/** @param niter  replaces the number of steps that the rules give. */
export function diffusionCells(masks: Masks2D, rules: FlowRules, niter?: number): DiffusionCells {
  const boxes = objectBoxes(masks);
  const centres = centresOf(masks, boxes);
  const table = new Int32Array(tableColumns * boxes.length);
  const costs = new Float64Array(boxes.length);
  boxes.forEach(({ label, y0, y1, x0, x1 }, k) => {
    const steps = niter ?? 2 * (y1 - y0 + (x1 - x0) + rules.stepMargin);
    table.set([label, y0, y1, x0, x1, centres[k], steps], tableColumns * k);
    costs[k] = (y1 - y0 + 2) * (x1 - x0 + 2) * steps;
  });
  return { table, count: boxes.length, costs };
}

/** Per box the pixel nearest to the mean of the cell's coordinates, as its place in the box with a border of 1. */
function centresOf(masks: Masks2D, boxes: readonly ObjectBox[]): Int32Array {
  const { data, shape } = masks;
  const lx = shape[1];
  const centres = new Int32Array(boxes.length);
  boxes.forEach(({ label, y0, y1, x0, x1 }, k) => {
    let n = 0;
    let sumY = 0;
    let sumX = 0;
    for (let y = y0; y < y1; y++) {
      for (let x = x0; x < x1; x++) {
        if (data[y * lx + x] !== label) continue;
        n++;
        sumY += y - y0 + 1;
        sumX += x - x0 + 1;
      }
    }
    // Means of coordinates in the bordered box: in those of the image they would round differently.
    const meanY = sumY / n;
    const meanX = sumX / n;
    let nearest = Number.POSITIVE_INFINITY;
    for (let y = y0; y < y1; y++) {
      for (let x = x0; x < x1; x++) {
        if (data[y * lx + x] !== label) continue;
        const dy = y - y0 + 1 - meanY;
        const dx = x - x0 + 1 - meanX;
        const squared = dx * dx + dy * dy;
        if (squared >= nearest) continue;
        nearest = squared;
        centres[k] = (y - y0 + 1) * (x1 - x0 + 2) + (x - x0 + 1);
      }
    }
  });
  return centres;
}
