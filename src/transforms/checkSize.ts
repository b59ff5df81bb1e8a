/** The check of sizes that all functions here share which take one. */
import { OptionError } from '../errors.ts';

/** @throws OptionError ('size') that names `where` unless ly and lx are whole numbers of pixels from 1. */
export function checkSize(where: string, ly: number, lx: number): void {
  if (ly >= 1 && lx >= 1 && Number.isInteger(ly) && Number.isInteger(lx)) return;
  throw new OptionError('size', [ly, lx], `${where}: the size must be at least 1 × 1 pixels; got ${ly} × ${lx}`);
}
