/** Brings the channels of an image to a common scale. Source: cellpose 3.1 `transforms.normalize_img`. */
import { checkArray, type FloatArray } from '../array/ndarray.ts';
import { OptionError, ShapeError, UnsupportedError } from '../errors.ts';
import { channelPercentiles, scaleValues } from './normalize99.ts';

/** How intensities are scaled before the network sees them. Keys as in Cellpose's `normalize` dictionary. */
export interface NormalizeParams {
  /** False: only `lowhigh`, if given, is applied. Default true. */
  readonly normalize?: boolean | undefined;
  /** Lower and upper percentile that become 0 and 1; default [1, 99]. */
  readonly percentile?: readonly [number, number] | null | undefined;
  /** Fixed values that become 0 and 1, for all channels or one pair per channel; wins over percentiles. */
  readonly lowhigh?: readonly [number, number] | readonly (readonly [number, number])[] | null | undefined;
  /** 1 − x after scaling, for dark cells on bright ground. Default false. */
  readonly invert?: boolean | undefined;
  /** Percentiles over the whole volume (true, default) or plane by plane. */
  readonly norm3D?: boolean | undefined;
  /** Not in this version: radius of the surround that is subtracted, in pixels; 0 is off. */
  readonly sharpenRadius?: number | undefined;
  /** Not in this version: radius of the smoothing, in pixels; 0 is off. */
  readonly smoothRadius?: number | undefined;
  /** Not in this version: size of blocks with percentiles of their own, in pixels; 0 is off. */
  readonly tileNormBlocksize?: number | undefined;
  /** Not in this version: smoothing of the block percentiles along z. Without blocks it means nothing. */
  readonly tileNormSmooth3D?: number | undefined;
}

/**
 * Scales each channel so that its lower percentile becomes 0 and its upper one 1, without clipping.
 *
 * @param image  ([lz,] ly, lx, nchan), finite values. Not changed.
 * @returns      new array of the same shape. A channel of one value stays as it is and is not inverted.
 * @throws ShapeError for an image of other rank; OptionError for percentiles or bounds that cannot work, and for `invert` without scaling.
 * @throws UnsupportedError for keys that are unknown or not in this version; the message names the key.
 */
export function normalizeImg(image: FloatArray, params: NormalizeParams = {}): FloatArray {
  checkKeys(params);
  const { shape } = image;
  if (shape.length !== 3 && shape.length !== 4) throw new ShapeError('normalizeImg', '([lz,] ly, lx, nchan)', shape);
  checkArray('normalizeImg', image);
  const nchan = shape[shape.length - 1];
  const { normalize = true, norm3D = true, invert = false } = params;
  const bounds = readBounds(params, nchan);
  const percents = readPercentile(params);
  if (invert && !bounds && !normalize) {
    throw new OptionError(
      'invert',
      invert,
      'normalizeImg: invert needs normalize or lowhigh, as it makes 1 − x; got neither',
    );
  }
  const out: FloatArray = { data: image.data.slice(), shape };
  const scaled = new Array<boolean>(nchan).fill(false);
  for (let c = 0; c < nchan; c++) {
    if (bounds) {
      scaleToBounds(out.data, bounds[c], { offset: c, stride: nchan });
      scaled[c] = true;
    } else if (normalize) {
      for (const part of norm3D ? [out] : planes(out)) scaled[c] = scaleChannel(part, c, percents) || scaled[c];
    }
    if (invert && scaled[c]) for (let p = c; p < out.data.length; p += nchan) out.data[p] = 1 - out.data[p];
  }
  return out;
}

/** Scales one channel in place by its percentiles; leaves it and says false if it has one value only. */
function scaleChannel(image: FloatArray, c: number, percents: readonly [number, number]): boolean {
  const { data, shape } = image;
  const nchan = shape[shape.length - 1];
  let differs = false;
  for (let p = c; p < data.length && !differs; p += nchan) differs = data[p] !== data[c];
  if (!differs) return false;
  const [low, high] = channelPercentiles(image, c, percents);
  scaleValues(data, low, high, { offset: c, stride: nchan });
  return true;
}

/** Views of the planes of a volume; a plane itself is its only plane. */
function planes(image: FloatArray): FloatArray[] {
  const { data, shape } = image;
  if (shape.length === 3) return [image];
  const size = data.length / shape[0];
  return Array.from({ length: shape[0] }, (_, z) => ({
    data: data.subarray(z * size, (z + 1) * size),
    shape: shape.slice(1),
  }));
}

function scaleToBounds(
  data: Float32Array,
  [low, high]: readonly [number, number],
  at: { offset: number; stride: number },
): void {
  const shift = Math.fround(low);
  const range = Math.fround(high - low);
  for (let p = at.offset; p < data.length; p += at.stride) data[p] = Math.fround(Math.fround(data[p] - shift) / range);
}

function readPercentile({ percentile }: NormalizeParams): readonly [number, number] {
  const [lower, upper] = percentile ?? [1, 99];
  if (lower >= 0 && lower < upper && upper <= 100) return [lower, upper];
  const message = `normalizeImg: percentile must be two rising numbers within 0 to 100; got [${String(percentile)}]`;
  throw new OptionError('percentile', percentile, message);
}

/** One pair of bounds per channel, or undefined where none are given. */
function readBounds({ lowhigh }: NormalizeParams, nchan: number): (readonly [number, number])[] | undefined {
  if (lowhigh === undefined || lowhigh === null) return undefined;
  const pairs = (typeof lowhigh[0] === 'number' ? Array(nchan).fill(lowhigh) : lowhigh) as (readonly [
    number,
    number,
  ])[];
  const good = (pair: readonly [number, number]): boolean =>
    pair.length === 2 && pair.every(Number.isFinite) && pair[0] !== pair[1];
  if (pairs.length === nchan && pairs.every(good)) return pairs;
  const needs = `two different numbers, or one such pair for each of the ${nchan} channels`;
  throw new OptionError('lowhigh', lowhigh, `normalizeImg: lowhigh must be ${needs}; got ${JSON.stringify(lowhigh)}`);
}

const known = ['normalize', 'percentile', 'lowhigh', 'invert', 'norm3D', 'tileNormSmooth3D'];
const later = ['sharpenRadius', 'smoothRadius', 'tileNormBlocksize'] as const;

function checkKeys(params: NormalizeParams): void {
  for (const key of later) {
    if ((params[key] ?? 0) !== 0) {
      throw new UnsupportedError(
        key,
        `normalizeImg: ${key} comes with a later version; leave it out or give 0; got ${params[key]}`,
      );
    }
  }
  const all: readonly string[] = [...known, ...later];
  const stranger = Object.keys(params).find((key) => !all.includes(key));
  if (stranger)
    throw new UnsupportedError(stranger, `normalizeImg: needs keys among ${all.join(', ')}; got ${stranger}`);
}
