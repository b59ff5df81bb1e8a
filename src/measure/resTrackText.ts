/** The text of res_track.txt, as the Cell Tracking Challenge names and reads it. Source: its conventions for names and contents of files. */
import type { Track } from './tracks.ts';

/**
 * One line `L B E P` for each track: label, first and last frame from 0, label of the parent or 0. The challenge wants tracks
 * without gaps; see `unbrokenTracks`.
 */
export function resTrackText(tracks: readonly Track[]): string {
  return tracks.map(({ label, begin, end, parent }) => `${label} ${begin} ${end} ${parent}\n`).join('');
}
