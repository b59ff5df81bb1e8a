/** Renumbers labels so that none is missing. Source: `fastremap.renumber`, as Cellpose calls it. */
import { checkArray, type Masks } from '../array/ndarray.ts';
import { maxLabel } from './objectBoxes.ts';

/**
 * Renumbers labels to 1 … n.
 *
 * @param masks  labels of any shape, 0 is background. Not changed.
 * @param order  'appearance': the first label met in raster order becomes 1; 'rank': the smallest label becomes 1.
 * @returns      new masks, labels 1 … n without gaps.
 * @throws ShapeError if data and shape do not belong together.
 */
export function renumber<M extends Masks>(masks: M, order: 'appearance' | 'rank' = 'appearance'): M {
  checkArray('renumber', masks);
  return renumberInto(masks, order, new Int32Array(masks.data.length));
}

/** As `renumber`, in the array itself, for volumes that should not be held twice. */
export function renumberInPlace<M extends Masks>(masks: M, order: 'appearance' | 'rank' = 'appearance'): M {
  return renumberInto(masks, order, masks.data);
}

function renumberInto<M extends Masks>(masks: M, order: 'appearance' | 'rank', out: Int32Array): M {
  const { data } = masks;
  const numbers = new Int32Array(maxLabel(masks) + 1);
  if (order === 'rank') {
    for (let i = 0; i < data.length; i++) if (data[i] > 0) numbers[data[i]] = 1;
    for (let label = 1, n = 0; label < numbers.length; label++) if (numbers[label]) numbers[label] = ++n;
  }
  let n = 0;
  for (let i = 0; i < data.length; i++) {
    const label = data[i];
    if (label > 0 && numbers[label] === 0) numbers[label] = ++n;
    out[i] = label > 0 ? numbers[label] : 0;
  }
  return { ...masks, data: out };
}
