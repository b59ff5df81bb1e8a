/** Where each cell of a linked series is, frame by frame: what tables of tracks and measurements begin with. */
import type { Masks } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';
import { frameCells } from './frameCells.ts';
import type { Track } from './tracks.ts';

/** A cell in one frame. */
export interface TrackPoint {
  readonly label: number;
  /** From 0. */
  readonly frame: number;
  /** Centroid in pixels, from the centre of the top left pixel. */
  readonly y: number;
  readonly x: number;
  /** In pixels. */
  readonly area: number;
  /** Label of the cell by whose division it arose; 0 for none. */
  readonly parent: number;
  /** Whether it was missed in the frame before: its track goes on after a gap. */
  readonly isAfterGap: boolean;
}

/**
 * @param linked  labels (lt, ly, lx) that hold over time, and their tracks, as `linkMasks` gives them.
 * @returns       by label, then by frame. Labels without a track have no parent.
 * @throws ShapeError if masks are no series of planes.
 */
export function trackPoints({
  masks,
  tracks,
}: {
  readonly masks: Masks;
  readonly tracks: readonly Track[];
}): TrackPoint[] {
  if (masks.shape.length !== 3) throw new ShapeError('trackPoints', 'masks (lt, ly, lx)', masks.shape);
  const [lt, ly, lx] = masks.shape;
  const size = ly * lx;
  const parents = new Map(tracks.map(({ label, parent }) => [label, parent]));
  const points = new Map<number, TrackPoint[]>();
  for (let frame = 0; frame < lt; frame++) {
    const labels = masks.data.subarray(frame * size, (frame + 1) * size);
    for (const { pixels, y, x } of frameCells(labels, [ly, lx]).cells) {
      const label = labels[pixels[0]];
      const before = points.get(label) ?? [];
      const last = before.at(-1)?.frame ?? frame - 1;
      const isAfterGap = last < frame - 1;
      before.push({ label, frame, y, x, area: pixels.length, parent: parents.get(label) ?? 0, isAfterGap });
      points.set(label, before);
    }
  }
  return [...points].sort(([a], [b]) => a - b).flatMap(([, list]) => list);
}
