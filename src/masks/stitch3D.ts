/** Joins the cells of single planes to cells of a volume, by their overlap with the plane before. Source: cellpose 3.1 `utils.stitch3D`. */
import { checkArray, type Masks } from '../array/ndarray.ts';
import { OptionError, ShapeError } from '../errors.ts';

export interface StitchOptions {
  /**
   * Until two neighbouring planes with cells have met, leave labels as they are: unlike cells of planes with an empty one
   * between get the same labels. This is what Cellpose does, kept for comparison. @default false
   */
  readonly repeatsLabels?: boolean;
  /**
   * Planes in which a cell may be missing: one that has no partner in the plane before is compared with those that were last seen up
   * to so many planes earlier, the nearest first. The planes between stay as they are. @default 0
   */
  readonly gap?: number;
}

/**
 * Renumbers the labels of each plane: a cell takes the label of the cell in the plane before with which it shares most,
 * as intersection over union, provided that this reaches the threshold and no other cell of its plane shares more with
 * that cell; else it takes a new label.
 *
 * @param masks            labels (lz, ly, lx), 0 is background, each plane numbered by itself. Not changed.
 * @param stitchThreshold  smallest intersection over union of cells that belong together, above 0 up to 1. @default 0.25
 * @returns                labels (lz, ly, lx); may have gaps.
 * @throws ShapeError if masks are no volume; OptionError for a threshold or a gap out of range.
 *
 * Two cells that share equally much with one cell both take its label, and a label that a plane leaves out uses up a
 * number, as in Cellpose. Unlike there, cells after an empty plane always take new labels; see `repeatsLabels`.
 */
export function stitch3D(masks: Masks, stitchThreshold = 0.25, options: StitchOptions = {}): Masks {
  return stitch3DInPlace({ data: masks.data.slice(), shape: masks.shape }, stitchThreshold, options);
}

/** As `stitch3D`, in the array itself, for volumes that should not be held twice. */
export function stitch3DInPlace(masks: Masks, stitchThreshold: number, options: StitchOptions): Masks {
  const { repeatsLabels = false, gap = 0 } = options;
  if (masks.shape.length !== 3) throw new ShapeError('stitch3D', 'masks (lz, ly, lx)', masks.shape);
  checkArray('stitch3D', masks);
  if (!(stitchThreshold > 0 && stitchThreshold <= 1)) {
    const message = `stitch3D: stitchThreshold must be above 0 and at most 1; got ${stitchThreshold}`;
    throw new OptionError('stitchThreshold', stitchThreshold, message);
  }
  if (!(Number.isInteger(gap) && gap >= 0))
    throw new OptionError('gap', gap, `stitch3D: gap must be a number of planes, 0 or more; got ${gap}`);
  const { data } = masks;
  const size = masks.shape[1] * masks.shape[2];
  let highest = largest(data.subarray(0, size));
  let haveMet = !repeatsLabels;
  for (let at = size; at < data.length; at += size) {
    const before = data.subarray(at - size, at);
    const plane = data.subarray(at, at + size);
    haveMet ||= largest(before) > 0 && largest(plane) > 0;
    if (!haveMet) {
      highest = largest(plane);
      continue;
    }
    const partners = findPartners(before, plane, stitchThreshold);
    for (let back = 2; back <= gap + 1 && at >= back * size; back++)
      joinOverGap(data.subarray(at - back * size, at), plane, partners, stitchThreshold);
    const labels = partners.map((partner, label) => (label === 0 ? 0 : partner || ++highest));
    for (let i = 0; i < size; i++) plane[i] = labels[plane[i]];
  }
  return { data, shape: masks.shape };
}

/** For each label of the plane, the label before that it continues; 0 where it begins anew. */
function findPartners(before: Int32Array, plane: Int32Array, threshold: number): Int32Array {
  const width = largest(plane) + 1;
  const pairs = overlaps(before, plane, width, threshold);
  const bestOfBefore = new Float64Array(largest(before) + 1);
  for (const { old, iou } of pairs) bestOfBefore[old] = Math.max(bestOfBefore[old], iou);
  const partners = new Int32Array(width);
  const best = new Float64Array(width);
  for (const { old, label, iou } of pairs) {
    if (iou < bestOfBefore[old]) continue;
    // of equal ones the smallest label, whatever the order in which the pairs were met
    if (iou < best[label] || (iou === best[label] && partners[label] <= old)) continue;
    partners[label] = old;
    best[label] = iou;
  }
  return partners;
}

/**
 * Finds partners for the labels of a plane that have none yet, among those which the first of the planes before is the last to have.
 *
 * @param before    the planes from that one up to the present.
 * @param partners  of each label of the plane; those found are put in.
 */
function joinOverGap(before: Int32Array, plane: Int32Array, partners: Int32Array, threshold: number): void {
  const size = plane.length;
  const taken = new Uint8Array(largest(before) + 1);
  for (let i = size; i < before.length; i++) taken[before[i]] = 1;
  for (const partner of partners) taken[partner] = 1;
  const lost = before.slice(0, size).map((label) => (taken[label] ? 0 : label));
  const alone = plane.map((label) => (partners[label] > 0 ? 0 : label));
  findPartners(lost, alone, threshold).forEach((partner, label) => {
    if (partner > 0) partners[label] = partner;
  });
}

interface Overlap {
  readonly old: number;
  readonly label: number;
  readonly iou: number;
}

/** Pairs of cells, one of each plane, whose intersection over union reaches the threshold. */
function overlaps(before: Int32Array, plane: Int32Array, width: number, threshold: number): Overlap[] {
  const shared = new Map<number, number>();
  const areaBefore = new Float64Array(largest(before) + 1);
  const area = new Float64Array(width);
  for (let i = 0; i < plane.length; i++) {
    const [old, label] = [before[i], plane[i]];
    areaBefore[old]++;
    area[label]++;
    if (old === 0 || label === 0) continue;
    const key = old * width + label;
    shared.set(key, (shared.get(key) ?? 0) + 1);
  }
  const pairs: Overlap[] = [];
  for (const [key, count] of shared) {
    const old = Math.floor(key / width);
    const label = key % width;
    const iou = count / (areaBefore[old] + area[label] - count);
    if (iou >= threshold) pairs.push({ old, label, iou });
  }
  return pairs;
}

function largest(labels: Int32Array): number {
  let max = 0;
  for (const label of labels) if (label > max) max = label;
  return max;
}
