/** The files of a series as the Cell Tracking Challenge names them: mask000.tif, mask001.tif, … and res_track.txt. */
import { type Masks, narrowLabels, resTrackText, type Track, unbrokenTracks, writeTiff } from 'cellpose-ts';
import { RunError } from './errors.ts';

export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * @param linked  labels (lt, ly, lx) that hold over time, and their tracks. What follows a gap becomes a track of its own.
 * @returns       masks of 16 bits, one file a frame, and the tracks last: where they are, the folder is complete.
 * @throws RunError for more labels than 16 bits hold.
 */
export function* ctcFiles(linked: { readonly masks: Masks; readonly tracks: readonly Track[] }): Generator<NamedBytes> {
  const { masks, tracks } = unbrokenTracks(linked);
  if (tracks.length > 65535) throw new RunError(`${tracks.length} tracks are more than 16-bit masks can hold, 65535`);
  const [lt, ly, lx] = masks.shape as [number, number, number];
  const digits = Math.max(3, String(lt - 1).length);
  for (let t = 0; t < lt; t++) {
    const frame = { data: masks.data.subarray(t * ly * lx, (t + 1) * ly * lx), shape: [ly, lx] };
    yield { name: `mask${String(t).padStart(digits, '0')}.tif`, bytes: writeTiff(narrowLabels(frame), { level: 2 }) };
  }
  yield { name: 'res_track.txt', bytes: new TextEncoder().encode(resTrackText(tracks)) };
}
