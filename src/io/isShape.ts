/** Checks lengths of axes that come from a file. */

/** NumPy allows 64 axes; more are damage or malice. */
const maxAxes = 64;

/**
 * Whether a value is a list of lengths, whole numbers from 0, that can be multiplied exactly: otherwise a length of 0 among
 * huge ones would make the number of elements NaN, which passes every comparison.
 */
export function isShape(value: unknown): value is number[] {
  if (!Array.isArray(value) || value.length > maxAxes) return false;
  let size = 1;
  for (const n of value) {
    if (!Number.isSafeInteger(n) || n < 0) return false;
    size *= Math.max(1, n);
  }
  return Number.isSafeInteger(size);
}
