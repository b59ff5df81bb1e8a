import { OptionError } from '../errors.ts';

/** A number of steps, cut to a whole one. @throws OptionError if it is negative, or more than a kernel can count. */
export function wholeSteps(where: string, niter: number): number {
  if (niter >= 0 && niter < 2 ** 31) return Math.trunc(niter);
  throw new OptionError('niter', niter, `${where}: niter must be a number of steps, 0 or more; got ${niter}`);
}
