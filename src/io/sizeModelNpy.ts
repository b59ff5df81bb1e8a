/** Reads and writes Cellpose's size models: the coefficients of a linear model from style to diameter, as NAME_size.npy. */
import { FormatError } from '../errors.ts';
import { readNpyDictionary, writeNpyDictionary } from './npyObject.ts';
import { PickledArray } from './pickle/numpyGlobals.ts';
import { numpyArray } from './pickle/numpyPickle.ts';
import type { PickleValue } from './pickle/values.ts';
import { describeValue } from './pickle/values.ts';
import { Float } from './pickle/writePickle.ts';

/** log(diameter) = A · (style − smean) + log(diamMean) + ymean. */
export interface SizeParams {
  /** Coefficients, one per style value. */
  readonly A: Float64Array;
  /** Mean style of the training images. */
  readonly smean: Float32Array;
  /** Diameter in pixels to which the network scales objects. */
  readonly diamMean: number;
  /** Mean of the logarithm of the training diameters relative to diamMean. */
  readonly ymean: number;
  /**
   * Size of the image, relative to itself, at which its style is taken. Our own size models say 1, the scale that all are trained
   * at; Cellpose's do not say, and the style is then taken where Cellpose takes it, at diamMean / diamLabels of the network.
   */
  readonly styleRescale?: number;
}

/**
 * Reads a size model.
 *
 * @throws FormatError if the file is damaged or is no size model; nothing in it is executed.
 */
export function readSizeModelNpy(bytes: Uint8Array): SizeParams {
  const entries = readNpyDictionary(bytes);
  const A = Float64Array.from(vector(entries, 'A'));
  const smean = Float32Array.from(vector(entries, 'smean'));
  if (A.length !== smean.length) throw new FormatError('size model', `A has ${A.length} values, smean ${smean.length}`);
  const diamMean = entries.has('diam_mean') ? number(entries, 'diam_mean') : defaultDiamMean;
  if (!(diamMean > 0)) throw new FormatError('size model', `diam_mean is ${diamMean}; it must be above 0`);
  const ymean = number(entries, 'ymean');
  if (!entries.has('style_rescale')) return { A, smean, diamMean, ymean };
  const styleRescale = number(entries, 'style_rescale');
  if (!(styleRescale > 0)) throw new FormatError('size model', `style_rescale is ${styleRescale}; it must be above 0`);
  return { A, smean, diamMean, ymean, styleRescale };
}

/** The oldest files leave diam_mean out. */
const defaultDiamMean = 30;

/** Writes a size model that Cellpose reads; it has no use for `styleRescale`, which is an entry of our own. */
export function writeSizeModelNpy({ A, smean, diamMean, ymean, styleRescale }: SizeParams): Uint8Array {
  return writeNpyDictionary([
    ['A', numpyArray({ data: A, shape: [A.length] })],
    ['smean', numpyArray({ data: smean, shape: [smean.length] })],
    ['diam_mean', new Float(diamMean)],
    ['ymean', new Float(ymean)],
    ...(styleRescale === undefined ? [] : [['style_rescale', new Float(styleRescale)] as const]),
  ]);
}

function vector(entries: ReadonlyMap<string, PickleValue>, key: string): number[] {
  const value = entries.get(key);
  const array = value instanceof PickledArray ? value.array : undefined;
  if (array?.shape.length !== 1)
    throw new FormatError('size model', `needs a vector ${key}; it is ${describeValue(value)}`);
  return Array.from(array.data, Number);
}

function number(entries: ReadonlyMap<string, PickleValue>, key: string): number {
  const value = entries.get(key);
  if (value instanceof PickledArray && value.array?.data.length === 1) return Number(value.array.data[0]);
  if (typeof value === 'number') return value;
  throw new FormatError('size model', `needs a number ${key}; it is ${describeValue(value)}`);
}
