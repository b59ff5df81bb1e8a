/** Label series for tests of linking: numbers taken away, cells taken out, and links compared with the truth. */
import type { Masks } from '../../src/array/ndarray.ts';
import { randomOrder, seededRandom } from '../../src/array/random.ts';
import type { Track } from '../../src/measure/tracks.ts';
import type { SimulatedTrack } from '../../src/simulate/types.ts';

const sizeOfFrame = ({ shape }: Masks): number => shape[1]! * shape[2]!;

/** The frames of a series, as views. */
export function framesOf(masks: Masks): Int32Array[] {
  const n = sizeOfFrame(masks);
  return Array.from({ length: masks.shape[0]! }, (_, t) => masks.data.subarray(t * n, (t + 1) * n));
}

/** The same cells, in each frame under numbers drawn anew. */
export function scrambled(masks: Masks, seed: number): Masks {
  const random = seededRandom(seed);
  const highest = masks.data.reduce((max, label) => Math.max(max, label), 0);
  const frames = framesOf(masks).map((frame) => {
    const order = randomOrder(highest, random);
    return frame.map((label) => (label === 0 ? 0 : order[label - 1]! + 1));
  });
  return { data: Int32Array.from(frames.flatMap((frame) => [...frame])), shape: masks.shape };
}

export interface Missed {
  readonly label: number;
  readonly frame: number;
}

/** Takes some cells out of one frame each, neither the first nor the last in which they are seen. */
export function withMissed(masks: Masks, share: number, seed: number): { masks: Masks; missed: Missed[] } {
  const random = seededRandom(seed);
  const data = masks.data.slice();
  const frames = framesOf({ data, shape: masks.shape });
  const seenIn = new Map<number, number[]>();
  for (const [t, frame] of frames.entries())
    for (const label of new Set(frame)) if (label > 0) seenIn.set(label, [...(seenIn.get(label) ?? []), t]);
  const missed: Missed[] = [];
  for (const [label, times] of seenIn) {
    if (times.length < 3 || random() >= share) continue;
    const frame = times[1 + Math.floor(random() * (times.length - 2))]!;
    missed.push({ label, frame });
    for (const [i, value] of frames[frame]!.entries()) if (value === label) frames[frame]![i] = 0;
  }
  return { masks: { data, shape: masks.shape }, missed };
}

/** For each frame the number that each true label has got. */
export function renamings(truth: Masks, found: Masks): Map<number, number>[] {
  const others = framesOf(found);
  return framesOf(truth).map((frame, t) => {
    const names = new Map<number, number>();
    for (const [i, label] of frame.entries()) if (label > 0) names.set(label, others[t]![i]!);
    return names;
  });
}

export interface LinkCounts {
  /** A link: one cell in two frames on end. */
  readonly links: number;
  readonly right: number;
  /** Links found between cells that are two. */
  readonly wrong: number;
  /** Divisions of which both daughters are seen, and how many of them have both under their mother. */
  readonly divisions: number;
  readonly divisionsRight: number;
  /** Cells with a parent that have none in truth, or another. */
  readonly daughtersWrong: number;
}

/** Compares links and parents with those of the true labels. */
export function countLinks(
  truth: { readonly masks: Masks; readonly tracks: readonly SimulatedTrack[] },
  found: { readonly masks: Masks; readonly tracks: readonly Track[] },
): LinkCounts {
  const names = renamings(truth.masks, found.masks);
  const counts = { links: 0, right: 0, wrong: 0, divisions: 0, divisionsRight: 0, daughtersWrong: 0 };
  for (const [t, present] of names.entries()) {
    const before = names[t - 1] ?? new Map<number, number>();
    const owners = new Map([...before].map(([label, name]) => [name, label]));
    for (const [label, name] of present) {
      if (before.has(label)) counts.links++;
      if (before.get(label) === name) counts.right++;
      if (owners.has(name) && owners.get(name) !== label) counts.wrong++;
    }
  }
  const parents = new Map(found.tracks.map(({ label, parent }) => [label, parent]));
  const parentIsRight = ({ label, first, parent }: SimulatedTrack) => {
    const mother = names[first - 1]!.get(parent);
    return mother !== undefined && parents.get(names[first]!.get(label) ?? 0) === mother;
  };
  const daughters = truth.tracks.filter(({ parent }) => parent > 0);
  for (const parent of new Set(daughters.map((track) => track.parent))) {
    const pair = daughters.filter((track) => track.parent === parent);
    if (pair.length < 2) continue;
    counts.divisions++;
    if (pair.every(parentIsRight)) counts.divisionsRight++;
  }
  const withParent = found.tracks.filter(({ parent }) => parent > 0).length;
  counts.daughtersWrong = withParent - daughters.filter(parentIsRight).length;
  return counts;
}
