/** Counts how many pixels each pair of labels of two label images shares: a sparse table, since few pairs touch. */
import { checkArray, type NdArray } from '../array/ndarray.ts';
import { OptionError, ShapeError } from '../errors.ts';

export interface LabelOverlap {
  /** Highest label in either image. */
  readonly nTrue: number;
  readonly nPred: number;
  /** Pixels of each label, background first. */
  readonly areaTrue: Float64Array;
  readonly areaPred: Float64Array;
  /** Pairs of labels above 0 that share pixels, ordered by true label, then by predicted label. */
  readonly pairs: readonly OverlapPair[];
}

export interface OverlapPair {
  /** Labels, 1…n. */
  readonly labelTrue: number;
  readonly labelPred: number;
  /** Pixels that both have. */
  readonly shared: number;
  /** Intersection over union, above 0 and at most 1. */
  readonly iou: number;
}

/**
 * @param masksTrue, masksPred  labels of equal shape, integers from 0.
 * @throws ShapeError if the shapes differ; OptionError for labels that are negative or not whole.
 */
export function labelOverlap(masksTrue: NdArray, masksPred: NdArray): LabelOverlap {
  if (masksTrue.shape.join() !== masksPred.shape.join())
    throw new ShapeError('labelOverlap', `masks of equal shape, (${masksTrue.shape.join(', ')})`, masksPred.shape);
  checkArray('labelOverlap', masksTrue);
  checkArray('labelOverlap', masksPred);
  const nTrue = highestLabel(masksTrue);
  const nPred = highestLabel(masksPred);
  const areaTrue = new Float64Array(nTrue + 1);
  const areaPred = new Float64Array(nPred + 1);
  const counts = countPairs(masksTrue.data, masksPred.data, nPred + 1);
  for (const [key, count] of counts) {
    areaTrue[Math.floor(key / (nPred + 1))] += count;
    areaPred[key % (nPred + 1)] += count;
  }
  const pairs: OverlapPair[] = [];
  for (const key of [...counts.keys()].sort((a, b) => a - b)) {
    const labelTrue = Math.floor(key / (nPred + 1));
    const labelPred = key % (nPred + 1);
    const shared = counts.get(key)!;
    const union = areaTrue[labelTrue] + areaPred[labelPred] - shared;
    if (labelTrue > 0 && labelPred > 0) pairs.push({ labelTrue, labelPred, shared, iou: shared / union });
  }
  return { nTrue, nPred, areaTrue, areaPred, pairs };
}

/** Pixels by pair, with key labelTrue · width + labelPred. Neighbours mostly have the same pair: runs are counted first. */
function countPairs(a: NdArray['data'], b: NdArray['data'], width: number): Map<number, number> {
  const counts = new Map<number, number>();
  let start = 0;
  for (let i = 1; i <= a.length; i++) {
    if (i < a.length && a[i] === a[start] && b[i] === b[start]) continue;
    const key = a[start] * width + b[start];
    counts.set(key, (counts.get(key) ?? 0) + i - start);
    start = i;
  }
  return counts;
}

/** @throws OptionError for a label that is negative or not whole. */
function highestLabel({ data }: NdArray): number {
  let highest = 0;
  for (let i = 0; i < data.length; i++) {
    const label = data[i];
    if (label > highest) highest = label;
    if (!(label >= 0) || label % 1 !== 0) {
      const remedy = 'give the label image, not a probability or a picture';
      throw new OptionError(
        'masks',
        label,
        `masks: labels must be 0 or more, and whole numbers; got ${label}: ${remedy}`,
      );
    }
  }
  return highest;
}
