/** A table of tracks as CSV: one line for each cell in each frame. */
import { type Masks, type Track, trackPoints } from 'cellpose-ts';

/**
 * @param linked  labels (lt, ly, lx) that hold over time, and their tracks.
 * @returns       CSV with a header: label; frame, from 0; centroid, y then x, in pixels from the centre of the top left pixel;
 *                area in pixels; label of the mother, 0 for none; 1 where the cell was missed in the frame before, else 0.
 */
export function tracksTable(linked: { readonly masks: Masks; readonly tracks: readonly Track[] }): string {
  const rows = trackPoints(linked).map(({ label, frame, y, x, area, parent, isAfterGap }) =>
    [label, frame, Number(y.toFixed(3)), Number(x.toFixed(3)), area, parent, isAfterGap ? 1 : 0].join(','),
  );
  return `${['label,frame,centroid_y,centroid_x,area,parent,after_gap', ...rows].join('\n')}\n`;
}
