/** What the flags of time series ask for, and which of them cannot go together. */
import { UsageError } from './errors.ts';
import type { Args } from './flags.ts';

/** What is done with the cells of a series after they are found. */
export const trackingFlags: readonly string[] = ['--track', '--track_gap', '--save_tracks', '--save_ctc'];

/** Cells are to keep their numbers over time. */
export function isTracked({ track, save_tracks, save_ctc }: Args): boolean {
  return track || save_tracks || save_ctc;
}

/** @throws UsageError */
export function checkSeries(args: Args): void {
  const { t_axis, z_axis, track_gap, do_3D, stitch_threshold } = args;
  if (track_gap < 0) throw new UsageError(`--track_gap: needs a number of frames, 0 or more; got ${track_gap}`);
  const wanted = t_axis === null ? trackingFlag(args) : '--t_axis';
  if (wanted === undefined) return;
  const joining = do_3D ? '--do_3D' : stitch_threshold > 0 ? '--stitch_threshold' : undefined;
  if (joining) throw new UsageError(`${wanted}: frames are segmented one by one; leave out ${joining}`);
  if (t_axis !== null && z_axis !== null)
    throw new UsageError('--t_axis: an image has planes (--z_axis) or frames, not both; split the file beforehand');
}

function trackingFlag({ track, save_tracks, save_ctc }: Args): string | undefined {
  if (track) return '--track';
  if (save_tracks) return '--save_tracks';
  return save_ctc ? '--save_ctc' : undefined;
}
