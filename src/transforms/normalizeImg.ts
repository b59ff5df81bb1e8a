/** Brings the channels of an image to a common scale. Source: cellpose 3.1 `transforms.normalize_img`. */
import { checkArray, type FloatArray } from '../array/ndarray.ts';
import { OptionError, ShapeError, UnsupportedError } from '../errors.ts';
import { channelPercentiles, scaleValues } from './normalize99.ts';
import { normalize99Tile } from './normalize99Tile.ts';
import { type NormalizeRules, normalizeRules } from './normalizeRules.ts';
import { refuseNonFinite } from './refuseNonFinite.ts';
import { type SmoothSharpenOptions, smoothSharpenImg } from './smoothSharpenImg.ts';

/** How intensities are scaled before the network sees them. Keys as in Cellpose's `normalize` dictionary. */
export interface NormalizeParams {
  /** False: no percentiles of the whole image; what else is given is applied. Default true. */
  readonly normalize?: boolean | undefined;
  /** Lower and upper percentile that become 0 and 1; default [1, 99]. */
  readonly percentile?: readonly [number, number] | null | undefined;
  /** Fixed values that become 0 and 1, for all channels or one pair per channel; wins over all else but `invert`. */
  readonly lowhigh?: readonly [number, number] | readonly (readonly [number, number])[] | null | undefined;
  /** 1 − x after scaling, for dark cells on bright ground. Default false. */
  readonly invert?: boolean | undefined;
  /** Percentiles over the whole volume (true, default) or plane by plane. */
  readonly norm3D?: boolean | undefined;
  /** Sigma of the Gaussian surround that is subtracted first, in pixels; 0 (default) is off. See `smoothSharpenImg`. */
  readonly sharpenRadius?: number | null | undefined;
  /** Sigma of the Gaussian smoothing that comes first, in pixels; 0 (default) is off. */
  readonly smoothRadius?: number | null | undefined;
  /** Size of tiles with percentiles of their own, in pixels; 0 (default) is off. See `normalize99Tile`. */
  readonly tileNormBlocksize?: number | null | undefined;
  /** Sigma, in tiles, of one more smoothing of the tiles' percentiles of volumes with `norm3D`; default 1, and 0 counts as 1. */
  readonly tileNormSmooth3D?: number | null | undefined;
  /** Whose ways with tiles and filters: `normalizeRules` (default: without the faults of 3.1), `normalizeRules3Eval`, … */
  readonly rules?: NormalizeRules | undefined;
}

/**
 * Scales each channel so that its lower percentile becomes 0 and its upper one 1, without clipping. Smoothing and
 * sharpening come before; percentiles of tiles, if asked for, take the place of those of the whole image.
 *
 * @param image  ([lz,] ly, lx, nchan), finite values. Not changed.
 * @returns      new array of the same shape. A channel of one value is not inverted; `params.rules` say if it stays as it is.
 * @throws ShapeError for an image of other rank or without pixels; OptionError for options that cannot work, for `invert`
 *   without scaling, and for NaN or infinite values.
 * @throws UnsupportedError for unknown keys; the message names the key.
 *
 * With `normalizeRules3` or `normalizeRules4` and `tileNormBlocksize`, an image (ly, lx, nchan) is scaled otherwise than
 * one (1, ly, lx, nchan): see `TileNormOptions.rows`.
 */
export function normalizeImg(image: FloatArray, params: NormalizeParams = {}): FloatArray {
  return scaled(image, params, (from) => ({ data: from.data.slice(), shape: from.shape }));
}

/** As `normalizeImg`, but the image may be overwritten and be the result: for volumes that should not be held twice. */
export function normalizeImgInPlace(image: FloatArray, params: NormalizeParams = {}): FloatArray {
  return scaled(image, params, (from) => from);
}

/** @param own  gives an array that may be written, with the same pixels. */
function scaled(image: FloatArray, params: NormalizeParams, own: (image: FloatArray) => FloatArray): FloatArray {
  const { shape } = image;
  if (shape.length !== 3 && shape.length !== 4) throw new ShapeError('normalizeImg', '([lz,] ly, lx, nchan)', shape);
  checkArray('normalizeImg', image);
  if (image.data.length === 0) throw new ShapeError('normalizeImg', 'an image with pixels', shape);
  refuseNonFinite('normalizeImg', image.data);
  const scaling = readScaling(params, shape[shape.length - 1]);
  const { bounds, percents, blocksize, normalize, invert, rules } = scaling;
  const { norm3D = true, tileNormSmooth3D } = params;
  if (bounds) return scaleChannels(own(image), invert, (out, c) => scaleToBounds(out, c, bounds[c]));
  const filtered = smoothSharpenImg(image, scaling.filters);
  if (blocksize !== 0) {
    const tiled = normalize99Tile(filtered, {
      blocksize,
      percentile: percents,
      norm3D,
      smooth3D: tileNormSmooth3D ?? 1,
      rows: rules.tileRows,
      smoothAlong: rules.tileSmoothing,
    });
    return scaleChannels(tiled, invert, () => rules.invertTiles);
  }
  return scaleChannels(filtered === image ? own(image) : filtered, invert, (out, c) => {
    if (!normalize) return false;
    const parts = norm3D ? [out] : planes(out);
    const differs = parts.filter((part) => scaleChannel(part, c, percents)).length > 0;
    if (!differs && rules.flatChannels === 'zero') fillChannel(out, c, 0);
    return differs;
  });
}

export interface Scaling {
  /** Values that become 0 and 1, for each channel; undefined: percentiles. */
  readonly bounds: readonly (readonly [number, number])[] | undefined;
  readonly percents: readonly [number, number];
  readonly normalize: boolean;
  readonly invert: boolean;
  readonly rules: NormalizeRules;
  /** What comes before; not with `bounds`. */
  readonly filters: SmoothSharpenOptions;
  /** Of tiles with percentiles of their own; 0: none. */
  readonly blocksize: number;
}

/** The parameters, checked, with their defaults. */
export function readScaling(params: NormalizeParams, nchan: number): Scaling {
  checkKeys(params);
  const { normalize = true, invert = false, rules = normalizeRules } = params;
  const bounds = readBounds(params, nchan);
  const percents = readPercentile(params);
  const blocksize = params.tileNormBlocksize ?? 0;
  if (invert && !bounds && !normalize && blocksize === 0) {
    throw new OptionError(
      'invert',
      invert,
      'normalizeImg: invert needs normalize or lowhigh, as it makes 1 − x; got neither',
    );
  }
  const { smoothRadius, sharpenRadius } = params;
  const filters = {
    smoothRadius: smoothRadius ?? 0,
    sharpenRadius: sharpenRadius ?? 0,
    kernel: rules.filterKernel,
  };
  return { bounds, percents, normalize, invert, rules, filters, blocksize };
}

/** Puts the channels through `scale`, in place; those of which it says true are inverted if `invert`. */
export function scaleChannels(
  out: FloatArray,
  invert: boolean,
  scale: (out: FloatArray, c: number) => boolean,
): FloatArray {
  const { data, shape } = out;
  const nchan = shape[shape.length - 1];
  for (let c = 0; c < nchan; c++) {
    const scaled = scale(out, c);
    if (invert && scaled) for (let p = c; p < data.length; p += nchan) data[p] = 1 - data[p];
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

export function fillChannel({ data, shape }: FloatArray, c: number, value: number): void {
  for (let p = c; p < data.length; p += shape[shape.length - 1]) data[p] = value;
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

export function scaleToBounds({ data, shape }: FloatArray, c: number, [low, high]: readonly [number, number]): boolean {
  const nchan = shape[shape.length - 1];
  const shift = Math.fround(low);
  const range = Math.fround(high - low);
  for (let p = c; p < data.length; p += nchan) data[p] = Math.fround(Math.fround(data[p] - shift) / range);
  return true;
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

const known: readonly string[] = [
  ...['normalize', 'percentile', 'lowhigh', 'invert', 'norm3D'],
  ...['sharpenRadius', 'smoothRadius', 'tileNormBlocksize', 'tileNormSmooth3D', 'rules'],
];

function checkKeys(params: NormalizeParams): void {
  const stranger = Object.keys(params).find((key) => !known.includes(key));
  if (stranger === undefined) return;
  throw new UnsupportedError(stranger, `normalizeImg: needs keys among ${known.join(', ')}; got ${stranger}`);
}
