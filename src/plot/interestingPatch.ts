/** Places in a picture: a disk, and the part with most cells. Source: cellpose 3.1 `plot.interesting_patch`, `disk`. */
import type { Masks } from '../array/ndarray.ts';
import { OptionError } from '../errors.ts';
import { planeShape } from '../masks/objectBoxes.ts';
import { gaussianFilter } from '../transforms/gaussianFilter.ts';

/** A rectangle: rows y0 … y1 − 1, columns x0 … x1 − 1. */
export interface Patch {
  readonly y0: number;
  readonly y1: number;
  readonly x0: number;
  readonly x1: number;
}

/**
 * The square of an image where cells cover most, by a Gaussian of sigma bsize / 2.
 *
 * @param masks  labels, (ly, lx), 0 is background.
 * @param bsize  side in pixels, an odd one is taken one smaller; at most the size of the image.
 * @throws ShapeError if masks is not (ly, lx); OptionError if bsize does not fit into the image.
 *
 * In Cellpose a patch larger than the image reaches beyond it.
 */
export function interestingPatch(masks: Masks, bsize = 130): Patch {
  const [ly, lx] = planeShape('interestingPatch', masks);
  const half = Math.floor(bsize / 2);
  if (!(half >= 1 && 2 * half <= ly && 2 * half <= lx)) {
    const message = `interestingPatch: bsize must be from 2 to the image's ${ly} x ${lx} pixels; got ${bsize}`;
    throw new OptionError('bsize', bsize, message);
  }
  const cover = gaussianFilter(
    { data: Float32Array.from(masks.data, (label) => (label > 0 ? 1 : 0)), shape: [ly, lx] },
    [bsize / 2, bsize / 2],
  ).data;
  let best = 0;
  for (let i = 1; i < cover.length; i++) if (cover[i] > cover[best]) best = i;
  const y = Math.max(half, Math.min(Math.floor(best / lx), ly - half));
  const x = Math.max(half, Math.min(best % lx, lx - half));
  return { y0: y - half, y1: y + half, x0: x - half, x1: x + half };
}

/**
 * The pixels of a disk that lie in an image.
 *
 * @param center  (y, x) in pixels, may lie between them.
 * @param radius  in pixels; pixels at this distance belong to it.
 * @returns       coordinates row by row.
 */
export function disk(
  [cy, cx]: readonly [number, number],
  radius: number,
  [ly, lx]: readonly [number, number],
): { y: Int32Array; x: Int32Array } {
  const ys: number[] = [];
  const xs: number[] = [];
  for (let y = 0; y < ly; y++) {
    for (let x = 0; x < lx; x++) {
      if (Math.sqrt((y - cy) ** 2 + (x - cx) ** 2) > radius) continue;
      ys.push(y);
      xs.push(x);
    }
  }
  return { y: Int32Array.from(ys), x: Int32Array.from(xs) };
}
