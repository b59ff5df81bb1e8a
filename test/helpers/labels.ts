/** Compares label images as segmentations: the same cells, whatever their numbers. */
import type { NdArray } from '../../src/array/ndarray.ts';

/**
 * Number of pixels that differ once labels of `b` are renamed to the labels of `a` they overlap most; 0 means the same cells.
 * A label of one image that answers to none or to two of the other counts with all its pixels in between.
 */
export function differingPixels(a: NdArray, b: NdArray): number {
  if (a.shape.join() !== b.shape.join()) throw new Error(`shapes differ: (${a.shape}) and (${b.shape})`);
  const overlaps = new Map<number, Map<number, number>>();
  for (let i = 0; i < a.data.length; i++) {
    const row = overlaps.get(b.data[i]!) ?? overlaps.set(b.data[i]!, new Map()).get(b.data[i]!)!;
    row.set(a.data[i]!, (row.get(a.data[i]!) ?? 0) + 1);
  }
  const rename = new Map<number, number>([[0, 0]]);
  const taken = new Set<number>([0]);
  for (const [label, row] of overlaps) {
    if (label === 0) continue;
    const best = [...row].sort((p, q) => q[1] - p[1])[0]![0];
    rename.set(label, taken.has(best) ? -1 : best);
    taken.add(best);
  }
  let differing = 0;
  for (let i = 0; i < a.data.length; i++) if (rename.get(b.data[i]!) !== a.data[i]) differing++;
  return differing;
}
