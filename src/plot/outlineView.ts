/** A picture with the inner boundaries of labels in one colour. Source: cellpose 3.1 `plot.outline_view`, mode 'inner'. */
import type { Masks, NdArray } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';

/**
 * Colours the inner boundary of every label: its pixels with a neighbour (up, down, left, right) of another label.
 *
 * @param picture  grey (ly, lx) or RGB (ly, lx, 3), 0–255. Not changed.
 * @param masks    labels, (ly, lx).
 * @param color    of the boundary, RGB, 0–255 each.
 * @returns        RGB, (ly, lx, 3).
 * @throws ShapeError if the sizes differ or the picture is neither grey nor RGB.
 */
export function outlineView(
  picture: NdArray<Uint8Array>,
  masks: Masks,
  color: readonly [number, number, number] = [255, 0, 0],
): NdArray<Uint8Array> {
  const [ly, lx, nchan = 1] = picture.shape;
  if (picture.shape.length > 3 || (nchan !== 1 && nchan !== 3)) {
    throw new ShapeError('outlineView', 'a grey (ly, lx) or RGB (ly, lx, 3) picture', picture.shape);
  }
  if (masks.shape.length !== 2 || masks.shape[0] !== ly || masks.shape[1] !== lx) {
    throw new ShapeError('outlineView', `masks of shape (${ly}, ${lx}) to match the picture`, masks.shape);
  }
  const rgb = new Uint8Array(3 * ly * lx);
  for (let i = 0; i < ly * lx; i++) {
    if (isInnerBoundary(masks.data, i, ly, lx)) rgb.set(color, 3 * i);
    else for (let c = 0; c < 3; c++) rgb[3 * i + c] = picture.data[nchan === 3 ? 3 * i + c : i];
  }
  return { data: rgb, shape: [ly, lx, 3] };
}

function isInnerBoundary(labels: Int32Array, i: number, ly: number, lx: number): boolean {
  const own = labels[i];
  if (own === 0) return false;
  const y = Math.floor(i / lx);
  const x = i - y * lx;
  return (
    (y > 0 && labels[i - lx] !== own) ||
    (y < ly - 1 && labels[i + lx] !== own) ||
    (x > 0 && labels[i - 1] !== own) ||
    (x < lx - 1 && labels[i + 1] !== own)
  );
}
