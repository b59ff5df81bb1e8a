/**
 * Settles which axis of an image is which. Where the caller leaves it open it guesses as Cellpose 3.1 does in
 * `transforms.convert_image`, and says so in a note. An axis that the caller names is believed, unlike there.
 */
import { OptionError, ShapeError } from '../errors.ts';

export interface AxisOptions {
  /** Axis of the channels, from 0; negative counts from the end. */
  readonly channelAxis?: number | null | undefined;
  /** Axis of the planes, from 0; negative counts from the end. */
  readonly zAxis?: number | null | undefined;
  /** Axis of the frames of a time series, likewise; not together with `zAxis`. */
  readonly tAxis?: number | null | undefined;
  /** The image is a volume. */
  readonly do3D?: boolean | undefined;
  /** The caller says which channels to use: then a long third axis is taken for planes, not channels. */
  readonly picksChannels: boolean;
}

export interface ImageAxes {
  /** Places of the axes in the shape; -1 for z and c where there is none. The frames of a series stand in z. */
  readonly z: number;
  readonly y: number;
  readonly x: number;
  readonly c: number;
  /** One letter for each axis of the input: Z, T, Y, X, C, or 1 for a dropped axis of size 1. */
  readonly axes: string;
  readonly notes: readonly string[];
}

/** @throws ShapeError for other ranks or an empty image, OptionError for axes that do not exist or cannot be guessed. */
export function readAxes(shape: readonly number[], options: AxisOptions): ImageAxes {
  if (shape.some((size) => size === 0)) throw new ShapeError('convertImage', 'an image with pixels', shape);
  const notes: string[] = [];
  const channelAxis = namedAxis('channelAxis', options.channelAxis, shape, notes);
  const planes = planesOption(options);
  const zAxis = namedAxis(planes, options[planes], shape, notes);
  if (channelAxis >= 0 && channelAxis === zAxis) {
    throw new OptionError(planes, zAxis, `convertImage: ${planes} and channelAxis must differ; got ${zAxis} for both`);
  }
  const squeezed = (axis: number): boolean =>
    shape.length > 3 && shape[axis] === 1 && axis !== channelAxis && !(axis === zAxis && options.do3D);
  const left = shape.map((_, axis) => axis).filter((axis) => !squeezed(axis));
  if (left.length < 2 || left.length > 4) {
    throw new ShapeError(
      'convertImage',
      '2 to 4 axes: ([z,] y, x[, channels]), in any order that zAxis and channelAxis tell',
      shape,
    );
  }
  const guess: Guess = { shape, left, channelAxis, zAxis: left.includes(zAxis) ? zAxis : -1, planes, notes };
  const z = left.length > 2 ? findZ(guess, options) : -1;
  const c = left.length > 2 ? findC(guess, z, options) : -1;
  return place(guess, z, c, options);
}

/** Planes in space or in time: an image has one kind of them. */
function planesOption({ zAxis, tAxis }: AxisOptions): 'zAxis' | 'tAxis' {
  if (tAxis === undefined || tAxis === null) return 'zAxis';
  if (zAxis === undefined || zAxis === null) return 'tAxis';
  const message = `convertImage: an image has planes (zAxis) or frames (tAxis), not both; got zAxis ${zAxis}, tAxis ${tAxis}`;
  throw new OptionError('tAxis', tAxis, message);
}

interface Guess {
  readonly shape: readonly number[];
  readonly left: readonly number[];
  readonly channelAxis: number;
  readonly zAxis: number;
  /** What the planes are named by. */
  readonly planes: 'zAxis' | 'tAxis';
  readonly notes: string[];
}

/** Cellpose's own limit: no shorter axis is taken for planes unasked. */
const mostChannels = 5;

/**
 * The named z axis, or a guess: with channels picked and no short axis, the shortest one is z. -1: not found yet.
 * Where several are the shortest, Cellpose takes the first of them; a wrong one would give cells across planes.
 */
function findZ({ shape, left, channelAxis, zAxis, notes }: Guess, { picksChannels }: AxisOptions): number {
  if (zAxis >= 0) return zAxis;
  const free = left.filter((axis) => axis !== channelAxis);
  if (!picksChannels || free.length < 3 || Math.min(...left.map((axis) => shape[axis])) <= mostChannels) return -1;
  const axis = shortest(shape, free);
  const alike = free.filter((other) => shape[other] === shape[axis]);
  if (alike.length > 1) {
    const message = `convertImage: the planes of (${shape.join(', ')}) cannot be told; give ${choices('zAxis', alike)}`;
    throw new OptionError('zAxis', undefined, message);
  }
  notes.push(`axis ${axis} (size ${shape[axis]}) was taken for z; if it holds channels, give channelAxis ${axis}`);
  return axis;
}

/** The named channel axis, or a guess: the shortest axis if it is below 10. -1: one channel, no axis for it. */
function findC({ shape, left, channelAxis, zAxis, notes }: Guess, z: number, options: AxisOptions): number {
  if (channelAxis >= 0) return channelAxis;
  if (left.length === 3 && (z >= 0 || options.do3D)) return -1;
  // planes come first, as where Cellpose looks; an axis that the caller calls z is not channels
  const order = [...(z >= 0 && zAxis < 0 ? [z] : []), ...left.filter((axis) => axis !== z)];
  const last = order[order.length - 1];
  const axis = shape[last] === shape[shortest(shape, order)] ? last : shortest(shape, order);
  if (shape[axis] >= 10) {
    const planes = choices('zAxis', z >= 0 ? [z] : left);
    const remedy = `name the axes: ${planes} for planes, ${choices('channelAxis', order)} for channels`;
    throw new OptionError(
      'channelAxis',
      undefined,
      `convertImage: no axis of (${shape.join(', ')}) is short enough for channels; ${remedy}`,
    );
  }
  if (shape[axis] > 4 || (axis !== last && shape[axis] > 1)) {
    notes.push(
      `axis ${axis} (size ${shape[axis]}) was taken for the channels; if it is not, give channelAxis or zAxis`,
    );
  }
  return axis;
}

/** Gives the remaining axes, in order, to z (where there is one more than two), y and x. */
function place(
  { shape, left, zAxis, planes, notes }: Guess,
  zFound: number,
  c: number,
  { do3D = false }: AxisOptions,
): ImageAxes {
  const z0 = zFound === c ? -1 : zFound;
  const rest = left.filter((axis) => axis !== z0 && axis !== c);
  if (z0 < 0 && rest.length === 3 && do3D) notes.push(`axis ${rest[0]} (size ${shape[rest[0]]}) was taken for z`);
  const z = z0 < 0 && rest.length === 3 ? (rest.shift() as number) : z0;
  if (rest.length !== 2) {
    const message = `convertImage: with ${planes} and channelAxis an image needs 4 axes; got (${shape.join(', ')})`;
    throw new OptionError(planes, zAxis, message);
  }
  if (do3D && z < 0) {
    const message = `convertImage: 3D needs planes, that is 3 axes or 4 with channels; got (${shape.join(', ')})`;
    throw new OptionError('do3D', do3D, message);
  }
  const [y, x] = rest;
  const letters = new Map([
    [z, planes === 'tAxis' ? 'T' : 'Z'],
    [c, 'C'],
    [y, 'Y'],
    [x, 'X'],
  ]);
  return { z, y, x, c, axes: shape.map((_, axis) => letters.get(axis) ?? '1').join(''), notes };
}

/** `zAxis 0, 1 or 2` */
export function choices(option: string, axes: readonly number[]): string {
  return `${option} ${axes.join(', ').replace(/, (\d+)$/, ' or $1')}`;
}

function shortest(shape: readonly number[], axes: readonly number[]): number {
  return axes.reduce((best, axis) => (shape[axis] < shape[best] ? axis : best));
}

/** Place of an axis that the caller names, -1 where there is none. An image of two axes has neither z nor channels. */
function namedAxis(
  option: string,
  value: number | null | undefined,
  shape: readonly number[],
  notes: string[],
): number {
  if (value === undefined || value === null) return -1;
  const n = shape.length;
  if (n === 2) {
    notes.push(`${option} ${value} was not used: the image has the axes y and x only`);
    return -1;
  }
  if (!Number.isInteger(value) || value < -n || value >= n) {
    throw new OptionError(
      option,
      value,
      `convertImage: ${option} must be a whole number from ${-n} to ${n - 1} for an image of ${n} axes; got ${value}`,
    );
  }
  return value < 0 ? value + n : value;
}
