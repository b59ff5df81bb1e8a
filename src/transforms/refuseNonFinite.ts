/** The check of images that come from outside: one pass, as NaN would spread from one pixel over all percentiles and sums. */
import { OptionError } from '../errors.ts';

/** @throws OptionError ('image') that names `where` and counts the values that are NaN or infinite, if there are any. */
export function refuseNonFinite(where: string, values: Float32Array): void {
  let trace = 0;
  for (let p = 0; p < values.length; p++) trace += values[p] * 0;
  if (trace === 0) return;
  const count = values.reduce((n, value) => (Number.isFinite(value) ? n : n + 1), 0);
  const remedy = 'replace them first, for example by the smallest value of the image';
  throw new OptionError(
    'image',
    count,
    `${where}: needs finite values; got ${count} that are NaN or infinite, ${remedy}`,
  );
}
