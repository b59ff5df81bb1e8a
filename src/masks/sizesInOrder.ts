/** Sizes and holes as up to Cellpose 3.0. Source: cellpose 0.6 `utils.fill_holes_and_remove_small_masks`. */
import { checkArray, type Masks, sizeOf } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';
import { fillInto } from './fillInto.ts';
import { type ObjectBox, objectBoxes } from './objectBoxes.ts';

/**
 * Label after label, ascending, is removed if it is small, else it gets the next number and its holes are filled, of a volume
 * plane by plane; what it swallows is lost to later labels.
 *
 * @param masks    labels, (ly, lx) or (lz, ly, lx). Not changed.
 * @param minSize  in pixels; 0 or below keeps all sizes.
 */
export function fillOrRemoveInOrder(masks: Masks, minSize: number): Masks {
  const { shape } = masks;
  if (shape.length !== 2 && shape.length !== 3)
    throw new ShapeError('fillHolesAndRemoveSmallMasks', '([lz,] ly, lx)', shape);
  checkArray('fillHolesAndRemoveSmallMasks', masks);
  const data = masks.data.slice();
  const plane = shape.slice(-2);
  const size = sizeOf(plane);
  const planes: Masks[] = [];
  for (let at = 0; at < data.length; at += size) planes.push({ data: data.subarray(at, at + size), shape: plane });
  let number = 0;
  for (const parts of partsByLabel(planes)) {
    const here = parts.map(({ z, box }) => ({ pixels: pixelsOf(planes[z], box), z, box }));
    const count = here.reduce((sum, { pixels }) => sum + pixels.length, 0);
    if (minSize > 0 && count < minSize) for (const { pixels, z } of here) for (const i of pixels) planes[z].data[i] = 0;
    else {
      number++;
      for (const { z, box } of parts) fillInto(planes[z], box, number);
    }
  }
  return { data, shape };
}

interface Part {
  readonly z: number;
  readonly box: ObjectBox;
}

/** For each label that occurs, ascending, its box in each plane that has it. */
function partsByLabel(planes: readonly Masks[]): Part[][] {
  const parts = new Map<number, Part[]>();
  for (const [z, plane] of planes.entries())
    for (const box of objectBoxes(plane)) {
      const known = parts.get(box.label) ?? [];
      known.push({ z, box });
      parts.set(box.label, known);
    }
  return [...parts].sort(([a], [b]) => a - b).map(([, own]) => own);
}

function pixelsOf({ data, shape }: Masks, { label, y0, y1, x0, x1 }: ObjectBox): number[] {
  const pixels: number[] = [];
  for (let y = y0; y < y1; y++)
    for (let i = y * shape[1] + x0; i < y * shape[1] + x1; i++) if (data[i] === label) pixels.push(i);
  return pixels;
}
