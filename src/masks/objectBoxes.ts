/** Bounding boxes of labelled objects: with them the work per object stays within its box. Same role as scipy's `find_objects`. */
import { checkArray, type Masks } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';

/** The label of an object and the smallest rectangle around it: rows y0 … y1 − 1, columns x0 … x1 − 1. */
export interface ObjectBox {
  readonly label: number;
  readonly y0: number;
  readonly y1: number;
  readonly x0: number;
  readonly x1: number;
}

/**
 * Finds the box of each label that occurs.
 *
 * @param masks  labels, (ly, lx); 0 and below is background.
 * @returns      one box per label, labels ascending; missing labels have none.
 * @throws ShapeError if masks is not (ly, lx).
 */
export function objectBoxes(masks: Masks): ObjectBox[] {
  const [ly, lx] = planeShape('objectBoxes', masks);
  const { data } = masks;
  const n = maxLabel(masks) + 1;
  const y0 = new Int32Array(n).fill(-1);
  const y1 = new Int32Array(n);
  const x0 = new Int32Array(n);
  const x1 = new Int32Array(n);
  for (let y = 0, i = 0; y < ly; y++) {
    for (let x = 0; x < lx; x++, i++) {
      const label = data[i];
      if (label <= 0) continue;
      if (y0[label] < 0) {
        y0[label] = y;
        x0[label] = x;
        x1[label] = x;
      }
      y1[label] = y;
      if (x < x0[label]) x0[label] = x;
      else if (x > x1[label]) x1[label] = x;
    }
  }
  const boxes: ObjectBox[] = [];
  for (let label = 1; label < n; label++) {
    if (y0[label] < 0) continue;
    boxes.push({ label, y0: y0[label], y1: y1[label] + 1, x0: x0[label], x1: x1[label] + 1 });
  }
  return boxes;
}

/** The largest label, 0 where there is none. */
export function maxLabel(masks: Masks): number {
  const { data } = masks;
  let largest = 0;
  for (let i = 0; i < data.length; i++) if (data[i] > largest) largest = data[i];
  return largest;
}

/** Number of pixels of each label, indexed by label: 0 … largest label. Negative labels are left out. */
export function countLabels(masks: Masks): Int32Array {
  const { data } = masks;
  const counts = new Int32Array(maxLabel(masks) + 1);
  for (let i = 0; i < data.length; i++) if (data[i] >= 0) counts[data[i]]++;
  return counts;
}

/** The two sizes of a plane of labels. @throws ShapeError that names `where` for any other rank. */
export function planeShape(where: string, masks: Masks): readonly [number, number] {
  const { shape } = masks;
  if (shape.length !== 2) throw new ShapeError(where, 'masks (ly, lx)', shape);
  checkArray(where, masks);
  return [shape[0], shape[1]];
}
