/** Heat of the cells of a stack, on kernels or plain loops: the first half of `masksToFlows` and `flowErrors`. */
import type { KernelJob } from '../kernels/kernelJob.ts';
import type { LabelStack } from './cellBoxes.ts';
import { cellRanges, roomBytes } from './cellRanges.ts';
import { planeHeat, solidHeat } from './diffusion.ts';
import type { DiffusionCells } from './diffusionCells.ts';
import type { FlowRules } from './flowRules.ts';
import type { HeatField } from './heatGradient.ts';

/** The arrays of a job that spreads heat. */
export function heatPlan(labels: LabelStack, cells: DiffusionCells, threads: number) {
  return {
    labels: [Int32Array, labels.data.length],
    heat: [Float64Array, labels.data.length],
    cells: [Int32Array, cells.table.length],
    rooms: [Uint8Array, threads * roomBytes(cells)],
  } as const;
}

type HeatJob = Pick<KernelJob<ReturnType<typeof heatPlan>>, 'arrays' | 'at' | 'run'>;

/**
 * Fills the heat of a job that was opened with `heatPlan`, and perhaps further arrays.
 *
 * @returns the heat with what its gradient needs.
 */
export async function spreadHeat(
  { arrays, at, run }: HeatJob,
  labels: LabelStack,
  cells: DiffusionCells,
  rules: FlowRules,
  signal?: AbortSignal,
): Promise<HeatField> {
  const { shape } = labels;
  const [, ly, lx] = shape;
  const { solid } = cells;
  arrays.labels.set(labels.data);
  arrays.cells.set(cells.table);
  const choices = solid ? [] : [rules.mean === 'divide' ? 1 : 0, ['none', 'shifted', 'everywhere'].indexOf(rules.log)];
  const room = roomBytes(cells);
  const work = {
    kernel: solid ? 'solidHeat' : 'planeHeat',
    args: (from: number, to: number) => [at.labels, ly, lx, at.cells, from, to, ...choices, at.heat, at.rooms, room],
    plain: (from: number, to: number) => {
      const range = { labels: arrays.labels, ly, lx, cells: arrays.cells, from, to };
      if (solid) solidHeat(range, arrays.heat);
      else planeHeat(range, rules, arrays.heat);
    },
  };
  await run(work, cellRanges(cells), signal);
  const own = rules.neighbours === 'own';
  return { labels: arrays.labels, heat: arrays.heat, shape, solid, own, eps: rules.eps };
}
