/** How many processor threads a run uses where no flag says it. */

/** The number that schedulers and workflows set for numeric programs, or undefined: all threads of the machine. */
export function threadsOf(env: Readonly<Record<string, string | undefined>>): number | undefined {
  const value = Number(env['OMP_NUM_THREADS']?.split(',')[0]);
  return Number.isInteger(value) && value >= 1 ? value : undefined;
}
