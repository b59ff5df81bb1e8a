/** Labelled cells as boxes in a stack: an image is a stack of one plane, a volume is a stack of planes or one solid. */
import type { NdArray } from '../array/ndarray.ts';
import { objectBoxes } from '../masks/objectBoxes.ts';

/** Labels of planes, (lz, ly, lx). */
export type LabelStack = NdArray<Int32Array, readonly [number, number, number]>;

/** A label and the smallest box around it: planes z0 … z1 − 1, rows y0 … y1 − 1, columns x0 … x1 − 1. */
export interface CellBox {
  readonly label: number;
  readonly z0: number;
  readonly z1: number;
  readonly y0: number;
  readonly y1: number;
  readonly x0: number;
  readonly x1: number;
}

/** @param solid  whether planes hang together: then a label is one cell, else one in each plane where it occurs. */
export function cellBoxes({ data, shape }: LabelStack, solid: boolean): CellBox[] {
  const [lz, ly, lx] = shape;
  const boxes: CellBox[] = [];
  for (let z = 0; z < lz; z++) {
    const plane = data.subarray(z * ly * lx, (z + 1) * ly * lx);
    for (const box of objectBoxes({ data: plane, shape: [ly, lx] })) boxes.push({ ...box, z0: z, z1: z + 1 });
  }
  return solid ? joinPlanes(boxes) : boxes;
}

function joinPlanes(boxes: readonly CellBox[]): CellBox[] {
  const joined = new Map<number, CellBox>();
  for (const box of boxes) {
    const a = joined.get(box.label) ?? box;
    joined.set(box.label, {
      label: box.label,
      z0: a.z0,
      z1: box.z1,
      y0: Math.min(a.y0, box.y0),
      y1: Math.max(a.y1, box.y1),
      x0: Math.min(a.x0, box.x0),
      x1: Math.max(a.x1, box.x1),
    });
  }
  return [...joined.values()].sort((a, b) => a.label - b.label);
}
