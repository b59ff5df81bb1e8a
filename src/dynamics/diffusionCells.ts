/** What the diffusion needs to know of each cell: where it is, which pixel is heated, how many steps. Source: `masks_to_flows` of Cellpose. */
import { type CellBox, cellBoxes, type LabelStack } from './cellBoxes.ts';
import { cellCentres } from './cellCentres.ts';
import type { FlowRules } from './flowRules.ts';

export interface DiffusionCells {
  /**
   * One row of `tableColumns` numbers per cell: label, z0, z1, y0, y1, x0, x1, centre, steps. The centre counts in the box with
   * a border of 1: in a plane around the rectangle, in a solid on all six sides.
   */
  readonly table: Int32Array;
  readonly count: number;
  /** Pixel updates that a cell costs, for sharing out the work. */
  readonly costs: Float64Array;
  /** Whether cells reach over planes. */
  readonly solid: boolean;
}

export const tableColumns = 9;

/**
 * @param solid  whether a label of several planes is one cell.
 * @param niter  replaces the number of steps that the rules give.
 */
export function diffusionCells(labels: LabelStack, rules: FlowRules, solid: boolean, niter?: number): DiffusionCells {
  const boxes = cellBoxes(labels, solid);
  const centres = cellCentres(labels, boxes, rules.centre);
  const steps = niter === undefined ? stepsOf(boxes, rules, solid) : boxes.map(() => niter);
  const table = new Int32Array(tableColumns * boxes.length);
  const costs = new Float64Array(boxes.length);
  boxes.forEach(({ label, z0, z1, y0, y1, x0, x1 }, k) => {
    const z = solid ? centres[3 * k] - z0 + 1 : 0;
    const y = centres[3 * k + 1] - y0 + 1;
    const x = centres[3 * k + 2] - x0 + 1;
    const height = y1 - y0 + 2;
    const width = x1 - x0 + 2;
    const centre = (z * height + y) * width + x;
    table.set([label, z0, z1, y0, y1, x0, x1, centre, steps[k]], tableColumns * k);
    costs[k] = (z1 - z0) * height * width * steps[k];
  });
  return { table, count: boxes.length, costs, solid };
}

function stepsOf(boxes: readonly CellBox[], rules: FlowRules, solid: boolean): readonly number[] {
  const own = boxes.map(({ z0, z1, y0, y1, x0, x1 }) => {
    const sides = y1 - y0 + (x1 - x0) + (solid ? z1 - z0 : 0);
    return rules.stepFactor * (sides + rules.stepMargin);
  });
  if (rules.stepsOf === 'each') return own;
  const largest = new Map<number, number>();
  const groupOf = ({ z0 }: CellBox) => (solid ? 0 : z0);
  boxes.forEach((box, k) => {
    largest.set(groupOf(box), Math.max(own[k], largest.get(groupOf(box)) ?? 0));
  });
  return boxes.map((box) => largest.get(groupOf(box)) ?? 0);
}
