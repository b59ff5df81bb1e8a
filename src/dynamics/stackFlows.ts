import { openKernelJob } from '../kernels/kernelJob.ts';
import type { LabelStack } from './cellBoxes.ts';
import { rowRanges, threadsForCells } from './cellRanges.ts';
import { diffusionCells } from './diffusionCells.ts';
import type { FlowRules } from './flowRules.ts';
import { heatFlows } from './heatGradient.ts';
import { heatPlan, spreadHeat } from './spreadHeat.ts';

export interface StackFlowsOptions {
  readonly rules: FlowRules;
  /** Whether the planes hang together; then there is a flow in z. */
  readonly solid: boolean;
  readonly niter: number | undefined;
  readonly threads: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Flows of labels, (lz, ly, lx): y and x in each plane, (2, lz, ly, lx), or of a solid z, y and x, (3, lz, ly, lx).
 *
 * @param read  takes from them what is needed; after it they are gone.
 * @returns     what `read` returned.
 */
export async function stackFlows<T>(
  labels: LabelStack,
  { rules, solid, niter, threads, signal }: StackFlowsOptions,
  read: (mu: Float64Array) => T,
): Promise<T> {
  const [lz, ly, lx] = labels.shape;
  const cells = diffusionCells(labels, rules, solid, niter);
  const used = threadsForCells(cells, threads);
  const plan = { ...heatPlan(labels, cells, used), mu: [Float64Array, (solid ? 3 : 2) * lz * ly * lx] } as const;
  const job = await openKernelJob(plan, used);
  try {
    const { arrays, at } = job;
    const field = await spreadHeat(job, labels, cells, rules, signal);
    const own = field.own ? 1 : 0;
    const work = {
      kernel: 'heatFlows',
      args: (from: number, to: number) => [
        ...[at.labels, at.heat, lz, ly, lx, solid ? 1 : 0, own, rules.eps],
        ...[from, to, at.mu],
      ],
      plain: (from: number, to: number) => heatFlows(field, [from, to], arrays.mu),
    };
    await job.run(work, rowRanges(lz * ly, lx), signal);
    return read(arrays.mu);
  } finally {
    job.close();
  }
}
