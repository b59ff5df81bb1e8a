/** Tracks without gaps, as the Cell Tracking Challenge wants them: each label is in every frame from its first to its last. */
import { ShapeError } from '../errors.ts';
import type { LinkedMasks } from './linkMasks.ts';
import type { Track } from './tracks.ts';

type Part = { -readonly [K in keyof Track]: Track[K] };

/**
 * Cuts tracks at their gaps: what follows a gap gets a label and a track of its own, whose parent is the track before. Daughters
 * have the last part of their mother as parent.
 *
 * @param linked  labels (lt, ly, lx) that hold over time, and their tracks, as `linkMasks` gives them. Not changed.
 * @returns       the same cells; labels of first parts are as they were, further ones are numbered on. Tracks are ordered by label.
 * @throws ShapeError if masks are no series of planes.
 *
 * Source: the challenge's conventions for names and contents of files, and for annotation (celltrackingchallenge.net).
 */
export function unbrokenTracks({ masks, tracks }: LinkedMasks): LinkedMasks {
  if (masks.shape.length !== 3) throw new ShapeError('unbrokenTracks', 'masks (lt, ly, lx)', masks.shape);
  const [lt, ly, lx] = masks.shape;
  const size = ly * lx;
  const data = new Int32Array(masks.data.length);
  // a track has ended before it begins until it is met
  const parts: Part[] = tracks.map((track) => ({ ...track, end: track.begin - 1 }));
  /** By label: its part that was seen last. */
  const latest: Part[] = [];
  for (const part of parts) latest[part.label] = part;
  let highest = latest.length - 1;
  for (let t = 0; t < lt; t++) {
    for (let i = t * size; i < (t + 1) * size; i++) {
      const label = masks.data[i];
      if (label <= 0) continue;
      if (latest[label].end < t - 1) {
        const part = { label: ++highest, begin: t, end: t, parent: latest[label].label };
        parts.push(part);
        latest[label] = part;
      }
      latest[label].end = t;
      data[i] = latest[label].label;
    }
  }
  for (const part of parts.slice(0, tracks.length)) part.parent = latest[part.parent]?.label ?? 0;
  return { masks: { data, shape: masks.shape }, tracks: parts };
}
