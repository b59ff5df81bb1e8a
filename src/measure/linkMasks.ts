/** Gives the cells of a time series numbers that they keep over time. */
import { checkArray, type Masks } from '../array/ndarray.ts';
import { OptionError, ShapeError } from '../errors.ts';
import { type Frame, type FrameCell, frameCells } from './frameCells.ts';
import { type FrameLinks, linkFrame } from './linkFrame.ts';
import type { Shift } from './shiftedOverlaps.ts';
import type { Track } from './tracks.ts';

export interface LinkOptions {
  /** A cell missed in up to so many frames on end keeps its number. @default 1 */
  readonly maxGap?: number;
  /** Whether cells divide: the two daughters then get new numbers and their mother as parent. @default true */
  readonly divisions?: boolean;
  /** Least intersection over union of a cell with itself a frame later, its motion taken off; above 0, up to 1. @default 0.1 */
  readonly minIou?: number;
  /**
   * How far a cell that overlaps with none may have gone, in diameters, to be linked to the nearest free one of like area; 0:
   * overlap alone. @default 1
   */
  readonly maxDistance?: number;
}

export interface LinkedMasks {
  /** Labels (lt, ly, lx): a cell keeps its number over time. */
  readonly masks: Masks;
  /** Ordered by label, 1 … n. Between `begin` and `end` a cell may be missed in up to `maxGap` frames on end. */
  readonly tracks: readonly Track[];
}

/** A cell over time while it may still be met. */
interface OpenTrack {
  readonly label: number;
  readonly begin: number;
  readonly parent: number;
  end: number;
  cell: FrameCell;
  velocity: Shift;
  drift: Shift;
}

/**
 * Links masks over time: by overlap, in the best one-to-one assignment of each frame to those before.
 *
 * @param masks  labels (lt, ly, lx), 0 and below is background, each frame numbered by itself. Not changed.
 * @returns      labels that hold over time, numbered in the order of appearance, and the life of each cell.
 * @throws ShapeError if masks are no series of planes; OptionError for options out of range.
 *
 * Cells are looked for where they were and where their own motion leads, and motion common to all, as when the stage drifts, is
 * taken off; two cells that together fit an earlier one better than either alone are its daughters. A frame is linked to those
 * before and never changed afterwards, so memory beside the result is that of a few frames. The numbers of the input do not
 * matter at all.
 *
 * Masks that merge for a frame and part again cost a number only if this lasts longer than `maxGap`; a cell that is broken into two
 * of like size is taken for a division. Source: our own; assignment by overlap is common practice, as in Stringer et al.'s `stitch3D`.
 */
export function linkMasks(masks: Masks, options: LinkOptions = {}): LinkedMasks {
  if (masks.shape.length !== 3) throw new ShapeError('linkMasks', 'masks (lt, ly, lx)', masks.shape);
  checkArray('linkMasks', masks);
  const settings = checkOptions(options);
  const [lt, ly, lx] = masks.shape;
  const size = ly * lx;
  const data = new Int32Array(masks.data.length);
  const tracks: OpenTrack[] = [];
  let open: OpenTrack[] = [];
  for (let t = 0; t < lt; t++) {
    const frame = frameCells(masks.data.subarray(t * size, (t + 1) * size), [ly, lx]);
    const known = open.map((track) => ({ ...track, age: t - track.end }));
    const links = linkFrame(known, frame, settings);
    const present = goOn(open, frame, links, { t, tracks });
    paint(frame, present, data.subarray(t * size, (t + 1) * size));
    const divided = new Set([...links.mothers].map((k) => open[k]));
    const waiting = open.filter((track) => track.end < t && t - track.end <= settings.maxGap && !divided.has(track));
    for (const track of waiting) track.drift = sum(track.drift, links.drift);
    open = [...waiting, ...present];
  }
  return {
    masks: { data, shape: masks.shape },
    tracks: tracks.map(({ label, begin, end, parent }) => ({ label, begin, end, parent })),
  };
}

/** The track of each cell of frame t: one that goes on, or a new one, which is put on the list of all. */
function goOn(
  open: readonly OpenTrack[],
  { cells }: Frame,
  { continues, mothers, drift }: FrameLinks,
  { t, tracks }: { readonly t: number; readonly tracks: OpenTrack[] },
): OpenTrack[] {
  return cells.map((cell, k) => {
    const known = open[continues[k]];
    if (known) {
      const field = sum(known.drift, drift);
      const age = t - known.end;
      known.velocity = [(cell.y - known.cell.y - field[0]) / age, (cell.x - known.cell.x - field[1]) / age];
      known.drift = [0, 0];
      known.cell = cell;
      known.end = t;
      return known;
    }
    const parent = open[mothers[k]]?.label ?? 0;
    const label = tracks.length + 1;
    const track: OpenTrack = { label, begin: t, end: t, parent, cell, velocity: [0, 0], drift: [0, 0] };
    tracks.push(track);
    return track;
  });
}

function paint({ cells }: Frame, tracks: readonly OpenTrack[], into: Int32Array): void {
  for (const [k, { pixels }] of cells.entries()) for (const pixel of pixels) into[pixel] = tracks[k].label;
}

function sum(a: Shift, b: Shift): Shift {
  return [a[0] + b[0], a[1] + b[1]];
}

function checkOptions(options: LinkOptions): Required<LinkOptions> {
  const { maxGap = 1, divisions = true, minIou = 0.1, maxDistance = 1 } = options;
  const require = (option: keyof LinkOptions, value: unknown, ok: boolean, needs: string) => {
    if (!ok) throw new OptionError(option, value, `linkMasks: ${option} must be ${needs}; got ${String(value)}`);
  };
  require('maxGap', maxGap, Number.isInteger(maxGap) && maxGap >= 0, 'a whole number of frames, 0 or more');
  require('divisions', divisions, typeof divisions === 'boolean', 'true or false');
  require('minIou', minIou, minIou > 0 && minIou <= 1, 'above 0 and at most 1');
  require('maxDistance', maxDistance, maxDistance >= 0 &&
    Number.isFinite(maxDistance), 'a number of diameters, 0 or more');
  return { maxGap, divisions, minIou, maxDistance };
}
