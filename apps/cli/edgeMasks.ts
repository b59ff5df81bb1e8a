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
  const size = isVolume ? masks.shape : masks.shape.slice(-2);
  const n = size.reduce((product, length) => product * length, 1);
  const data = new Int32Array(masks.data.length);
  let count = 0;
  for (let at = 0; at < data.length; at += n) {
    const inner = removeEdgeMasks({ data: masks.data.subarray(at, at + n), shape: size });
    data.set(inner.data, at);
    count += inner.data.reduce((max, label) => Math.max(max, label), 0);
  }
  return { masks: { data, shape: masks.shape }, count };
}
