/** What a plain U-net is trained to say, from labels. Source: cellpose 2.2.3 `UnetModel.train` and `UnetModel.loss_fn`. */
import { type FloatArray, type Masks, type NdArray, sizeOf } from '../array/ndarray.ts';
import { OptionError, ShapeError } from '../errors.ts';
import { distanceToBoundary } from '../masks/distanceToBoundary.ts';

/** Squared distance to the outline, in pixels², up to which a pixel of a cell is boundary. */
const boundaryWidth = 4;

/**
 * The planes that augmentation moves and scales before classes are made of them.
 *
 * @param masks     labels, ([lz,] ly, lx), 0 is background.
 * @param nclasses  2: background, cell; 3: also boundary.
 * @returns         (2 or 3, [lz,] ly, lx): label; 1 in cells, 0 outside; for three classes the squared distance to the
 *                  outline of the cell, in pixels², 0 outside.
 * @throws OptionError for another number of classes; ShapeError if masks is neither plane nor volume.
 */
export function unetTargets(masks: Masks, nclasses: 2 | 3 = 3): FloatArray {
  if (nclasses !== 2 && nclasses !== 3)
    throw new OptionError('nclasses', nclasses, `unetTargets: nclasses must be 2 or 3; got ${String(nclasses)}`);
  const { data, shape } = masks;
  const distance = distanceToBoundary(masks); // first, since it looks at the shape
  const targets = new Float32Array(nclasses * data.length);
  targets.set(data);
  targets.set(
    data.map((label) => (label > 0 ? 1 : 0)),
    data.length,
  );
  if (nclasses === 3) targets.set(distance.data, 2 * data.length);
  return { data: targets, shape: [nclasses, ...shape] };
}

/**
 * The class of each pixel: 0 background, 1 cell, 2 boundary.
 *
 * @param targets  planes of `unetTargets` without the first, as training moved and scaled them: 1 in cells and 0 outside, and
 *   for three classes the squared distance to the outline, (1 or 2, …).
 * @returns        of the shape of one plane. A cell's pixels are boundary up to 2 pixels from the outline.
 * @throws ShapeError for another number of planes.
 */
export function unetClasses({ data, shape }: FloatArray): NdArray<Uint8Array> {
  const [planes, ...rest] = shape;
  if (planes !== 1 && planes !== 2) throw new ShapeError('unetClasses', '(1 or 2, …)', shape);
  const n = sizeOf(rest);
  const isBoundary = (i: number): boolean => planes === 2 && data[n + i] <= boundaryWidth;
  return { data: Uint8Array.from({ length: n }, (_, i) => data[i] * (isBoundary(i) ? 2 : 1)), shape: rest };
}
