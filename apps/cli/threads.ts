/** How many processor threads a run uses. */
import { availableParallelism } from 'node:os';

/**
 * The number of the flag, else that which schedulers and workflows set for numeric programs; never more than the machine has,
 * since more take their time from each other. Undefined: all threads of the machine.
 */
export function threadsOf(
  flag: number | null,
  env: Readonly<Record<string, string | undefined>>,
  machine = availableParallelism(),
): number | undefined {
  const value = flag ?? Number(env['OMP_NUM_THREADS']?.split(',')[0]);
  return Number.isInteger(value) && value >= 1 ? Math.min(value, machine) : undefined;
}
