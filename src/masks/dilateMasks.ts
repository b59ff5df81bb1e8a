/** Lets cells grow at their border. Source: `utils.dilate_masks`. */
import type { Masks2D } from '../array/ndarray.ts';
import { OptionError } from '../errors.ts';
import { countLabels, planeShape } from './objectBoxes.ts';

/**
 * Grows each cell by a pixel to all eight sides, `niter` times. Labels grow in ascending order and also into each other: where
 * two meet, the larger has the last word, but a cell of few pixels may be gone before its turn.
 *
 * @param masks  labels, (ly, lx), 0 is background. Not changed.
 * @param niter  number of times, from 0 on.
 * @returns      labels, (ly, lx).
 * @throws ShapeError if masks is not (ly, lx); OptionError if niter is not a whole number from 0 on.
 *
 * The comments of Cellpose's function say that cells do not grow into others, but its code lets them. We do as the code does.
 */
export function dilateMasks(masks: Masks2D, niter = 5): Masks2D {
  const shape = planeShape('dilateMasks', masks);
  if (!Number.isInteger(niter) || niter < 0)
    throw new OptionError('niter', niter, `dilateMasks: niter must be a whole number from 0 on; got ${niter}`);
  const data = masks.data.slice();
  for (let k = 0; k < niter; k++) growAll(data, shape);
  return { data, shape };
}

function growAll(data: Int32Array, [ly, lx]: readonly [number, number]): void {
  const { pixels, ends } = pixelsByLabel(data, [ly, lx]);
  for (let label = 1, from = 0; label < ends.length; from = ends[label++]) {
    // A smaller label may have taken some of them; those do not grow again.
    const own = pixels.subarray(from, ends[label]).filter((i) => data[i] === label);
    for (const i of own) {
      const y = Math.floor(i / lx);
      const x = i - y * lx;
      for (let ny = Math.max(y - 1, 0); ny <= Math.min(y + 1, ly - 1); ny++) {
        for (let nx = Math.max(x - 1, 0); nx <= Math.min(x + 1, lx - 1); nx++) data[ny * lx + nx] = label;
      }
    }
  }
}

/** Places of the pixels of label 1, of label 2 …; those of label k end before ends[k]. */
function pixelsByLabel(data: Int32Array, shape: readonly [number, number]): { pixels: Int32Array; ends: Int32Array } {
  const counts = countLabels({ data, shape });
  const ends = new Int32Array(counts.length);
  for (let label = 1; label < counts.length; label++) ends[label] = ends[label - 1] + counts[label];
  const next = ends.slice();
  const pixels = new Int32Array(ends[ends.length - 1]);
  for (let i = data.length - 1; i >= 0; i--) if (data[i] > 0) pixels[--next[data[i]]] = i;
  return { pixels, ends };
}
