/** Links the cells of a series over time, for `--track` and the flags that imply it. */
import { linkMasks, type Masks, type Track } from 'cellpose-ts';
import { isTracked } from './checkSeries.ts';
import type { Args } from './flags.ts';

export interface TrackedCells {
  readonly masks: Masks;
  /** Cells; of a linked series each once. */
  readonly count: number;
  /** Of a linked series. */
  readonly tracks: readonly Track[] | undefined;
  readonly notes: readonly string[];
}

/** @param found  labels ([lt,] ly, lx), each frame numbered by itself, and how many cells there are in all. */
export function trackCells(found: { readonly masks: Masks; readonly count: number }, args: Args): TrackedCells {
  const { masks, count } = found;
  if (!isTracked(args)) return { masks, count, tracks: undefined, notes: [] };
  if (masks.shape.length !== 3) {
    const note = 'there is nothing to track in a single image; a series has its frames in one file (see --t_axis)';
    return { masks, count, tracks: undefined, notes: [note] };
  }
  const linked = linkMasks(masks, { maxGap: args.track_gap });
  const divisions = new Set(linked.tracks.map(({ parent }) => parent).filter((parent) => parent > 0)).size;
  const note = `${masks.shape[0]} frames: ${linked.tracks.length} cells followed, ${divisions} divisions`;
  return { ...linked, count: linked.tracks.length, notes: [note] };
}
