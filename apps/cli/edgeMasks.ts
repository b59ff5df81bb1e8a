/** Drops cells that touch the border of an image: for `--exclude_on_edges`. Source: cellpose 3.1 `utils.remove_edge_masks`. */
import { type Masks, removeEdgeMasks } from 'cellpose-ts';

export interface InnerMasks {
  readonly masks: Masks;
  /** Cells that are left. */
  readonly count: number;
}

/**
 * @param masks     labels ([lz,] ly, lx).
 * @param isVolume  cells go through planes: then the first and the last plane are borders too. Else each plane is by itself.
 * @returns         labels 1 … n in the order of the old ones.
 */
export function withoutEdgeMasks(masks: Masks, isVolume: boolean): InnerMasks {
  return isVolume && masks.shape.length === 3 ? innerOfVolume(masks) : innerOfPlanes(masks);
}

function innerOfPlanes(masks: Masks): InnerMasks {
  const [ly, lx] = masks.shape.slice(-2) as [number, number];
  const data = new Int32Array(masks.data.length);
  let count = 0;
  for (let at = 0; at < data.length; at += ly * lx) {
    const plane = removeEdgeMasks({ data: masks.data.subarray(at, at + ly * lx), shape: [ly, lx] });
    data.set(plane.data, at);
    count += plane.data.reduce((max, label) => Math.max(max, label), 0);
  }
  return { masks: { data, shape: masks.shape }, count };
}

function innerOfVolume({ data, shape }: Masks): InnerMasks {
  const [lz, ly, lx] = shape as [number, number, number];
  const isOuter = (place: number, size: number) => place === 0 || place === size - 1;
  const atBorder = new Set<number>([0]);
  const labels = new Set<number>();
  for (let z = 0, i = 0; z < lz; z++) {
    for (let y = 0; y < ly; y++) {
      const isBorder = isOuter(z, lz) || isOuter(y, ly);
      for (let x = 0; x < lx; x++, i++) {
        labels.add(data[i]!);
        if (isBorder || isOuter(x, lx)) atBorder.add(data[i]!);
      }
    }
  }
  const inner = [...labels].filter((label) => !atBorder.has(label)).sort((a, b) => a - b);
  const ranks = new Map(inner.map((label, rank) => [label, rank + 1]));
  return { masks: { data: data.map((label) => ranks.get(label) ?? 0), shape }, count: inner.length };
}
