/**
 * Objects of a label image as runs of pixels along x: what is measured then goes over the runs of cells, in time linear in their pixels,
 * however many cells there are and however their labels are numbered.
 */
import type { Masks } from '../array/ndarray.ts';

export interface LabelRuns {
  /** Labels that occur, ascending; objects are counted in this order. */
  readonly labels: Int32Array;
  readonly count: number;
  /** Of each run, from the first row to the last: its object, */
  readonly object: Int32Array;
  /** its row, counted over all planes, */
  readonly row: Int32Array;
  /** and its first and last x. */
  readonly from: Int32Array;
  readonly to: Int32Array;
}

/** @param masks  labels ([lz,] ly, lx), 0 and below is background. */
export function labelRuns({ data, shape }: Masks): LabelRuns {
  const lx = shape[shape.length - 1];
  const count = countRuns(data, lx);
  const object = new Int32Array(count);
  const row = new Int32Array(count);
  const from = new Int32Array(count);
  const to = new Int32Array(count);
  const places = new Map<number, number>();
  let k = 0;
  for (let i = 0, y = 0; i < data.length; y++) {
    const end = i + lx;
    const start = i;
    while (i < end) {
      const label = data[i];
      const first = i++;
      while (i < end && data[i] === label) i++;
      if (label <= 0) continue;
      let place = places.get(label);
      if (place === undefined) {
        place = places.size;
        places.set(label, place);
      }
      object[k] = place;
      row[k] = y;
      from[k] = first - start;
      to[k++] = i - 1 - start;
    }
  }
  const labels = Int32Array.from(places.keys()).sort();
  const ranks = new Int32Array(labels.length);
  labels.forEach((label, rank) => {
    ranks[places.get(label)!] = rank;
  });
  for (let r = 0; r < count; r++) object[r] = ranks[object[r]];
  return { labels, count, object, row, from, to };
}

function countRuns(data: Int32Array, lx: number): number {
  let count = 0;
  for (let start = 0; start < data.length; start += lx) {
    let before = 0;
    for (let i = start; i < start + lx; i++) {
      const label = data[i];
      if (label !== before && label > 0) count++;
      before = label;
    }
  }
  return count;
}
