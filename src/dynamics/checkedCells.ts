/**
 * What the flow check has measured, kept by the cells themselves: labels may be renumbered and cells may go, and one that has kept all of
 * its pixels is found again.
 */
import type { NdArray } from '../array/ndarray.ts';
import { maxLabel } from '../masks/objectBoxes.ts';
import type { DynamicsRules } from './rules.ts';

/** Cells of a plane and their flow errors, one place of each array per cell. */
export interface CheckedCells {
  readonly shape: readonly number[];
  /** How they were measured. */
  readonly rules: DynamicsRules;
  /** Place in the plane of the first pixel of each cell, ascending: no two cells have the same. */
  readonly first: Int32Array;
  /** Two sums over the ends of a cell's runs of pixels; other pixels give the same in one of 2⁶⁴ cases. */
  readonly marks: Int32Array;
  /** As `flowErrors` gives them. */
  readonly errors: Float64Array;
}

/** @param errors  of label k at k − 1. */
export function checkedCells(masks: NdArray<Int32Array>, errors: Float64Array, rules: DynamicsRules): CheckedCells {
  const { labels, first, marks } = cellMarks(masks);
  return { shape: masks.shape, rules, first, marks, errors: Float64Array.from(labels, (label) => errors[label - 1]) };
}

/**
 * @returns  per label 1 … largest label the error of the cell that has the same pixels; NaN where there is none. Undefined where nothing
 *           that was measured holds for these labels and rules: each cell must have been measured by itself, as it would be now.
 */
export function errorsOfSameCells(
  masks: NdArray<Int32Array>,
  known: CheckedCells,
  { flows, follow }: DynamicsRules,
): Float64Array | undefined {
  const { rules } = known;
  const isSameMeasure = rules.flows === flows && rules.follow.flowScale === follow.flowScale;
  const isByCell = flows.stepsOf === 'each' && flows.neighbours === 'own';
  if (!isSameMeasure || !isByCell || known.shape.join() !== masks.shape.join()) return undefined;
  const { labels, first, marks } = cellMarks(masks);
  const errors = new Float64Array(maxLabel(masks)).fill(Number.NaN);
  for (let k = 0, j = 0; k < labels.length; k++) {
    while (known.first[j] < first[k]) j++;
    const isSame =
      known.first[j] === first[k] && known.marks[2 * j] === marks[2 * k] && known.marks[2 * j + 1] === marks[2 * k + 1];
    if (isSame) errors[labels[k] - 1] = known.errors[j];
  }
  return errors;
}

/** Of the cells of a plane, in the order of their first pixels. */
function cellMarks(
  masks: NdArray<Int32Array>,
): Pick<CheckedCells, 'first' | 'marks'> & { readonly labels: Int32Array } {
  const { data } = masks;
  const n = maxLabel(masks);
  const places = new Int32Array(n + 1).fill(-1);
  const labels = new Int32Array(n);
  const first = new Int32Array(n);
  const marks = new Int32Array(2 * n);
  let count = 0;
  let before = 0;
  for (let i = 0; i < data.length; i++) {
    const label = data[i];
    if (label === before) continue;
    if (before > 0) addMark(marks, places[before], 2 * i + 1);
    before = label;
    if (label <= 0) continue;
    if (places[label] < 0) {
      places[label] = count;
      labels[count] = label;
      first[count++] = i;
    }
    addMark(marks, places[label], 2 * i);
  }
  if (before > 0) addMark(marks, places[before], 2 * data.length + 1);
  return { labels: labels.subarray(0, count), first: first.subarray(0, count), marks: marks.subarray(0, 2 * count) };
}

/** Begins of runs are even, ends odd. */
function addMark(marks: Int32Array, place: number, end: number): void {
  marks[2 * place] += scrambled(end, 0x9e3779b9);
  marks[2 * place + 1] += scrambled(end, 0x7f4a7c15);
}

/** The finishing steps of MurmurHash3 (Appleby, public domain). */
function scrambled(value: number, salt: number): number {
  let h = value ^ salt;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
