/**
 * Brings images of any axis order and number type into the form that all further steps expect: float32, planes first,
 * channels last, as many channels as the network takes. Source: cellpose 3.1 `transforms.convert_image` and `reshape`.
 */
import { checkArray, type FloatArray, type NdArray } from '../array/ndarray.ts';
import { OptionError } from '../errors.ts';
import { type AxisOptions, type ImageAxes, readAxes } from './readAxes.ts';
import { refuseNonFinite } from './refuseNonFinite.ts';

export interface ConvertOptions extends Omit<AxisOptions, 'picksChannels'> {
  /** [to segment, nuclear]: 0 grey (mean of all), 1 red, 2 green, 3 blue …; second: 0 none. Omitted: channels as they are. */
  readonly channels?: readonly number[] | null | undefined;
  /** Channels that the network takes; default 2. null: all that the image has, or those that `channels` picks. */
  readonly nchan?: number | null | undefined;
}

export interface ConvertedImage {
  /** (ly, lx, nchan), or (lz, ly, lx, nchan) for stacks, (lt, ly, lx, nchan) for series. */
  readonly image: FloatArray;
  /** One letter for each axis of the input: Z, T, Y, X, C, or 1 for a dropped axis of size 1. */
  readonly axes: string;
  /** Guesses made and data left out, in words for the user. */
  readonly notes: readonly string[];
}

/**
 * Converts an image; channels that the network takes beyond those of the image are zeros.
 *
 * @param input  any number type; 2 to 4 axes, more if the further ones have size 1. Not changed.
 * @throws ShapeError for an image without pixels, or of other axes, or whose data are not as many as its shape says.
 * @throws OptionError for axes and channels that do not exist or cannot be told, and for NaN or infinite values.
 *
 * Where axes are not named they are guessed as in Cellpose (see `readAxes`). Differences: a named axis is always
 * believed; pictures of fewer than 8 rows are not mistaken for channels; what cannot be told is an error.
 */
export function convertImage(input: NdArray, options: ConvertOptions = {}): ConvertedImage {
  checkArray('convertImage', input);
  const { convert, axes, notes } = imageConverter(input.shape, options);
  return { image: convert(input), axes, notes };
}

export interface ImageConverter extends Omit<ConvertedImage, 'image'> {
  /** Places of the axes in the input; -1 for one that there is not. */
  readonly layout: ImageAxes;
  /** Channels of what it makes. */
  readonly nchan: number;
  /** Converts the image, or some planes of it as an array of the same axes. */
  readonly convert: (part: NdArray) => FloatArray;
}

/** As `convertImage`, for an image of this shape that is at hand in parts. */
export function imageConverter(shape: readonly number[], options: ConvertOptions): ImageConverter {
  const { channels } = options;
  const layout = convertAxes(shape, options);
  const notes = [...layout.notes];
  const count = layout.c < 0 ? 1 : shape[layout.c];
  const most = options.nchan === null ? Math.max(2, count) : (options.nchan ?? 2);
  const picks = channels ? pickChannels(channels, count, most, notes) : firstChannels(count, most, notes);
  const nchan = options.nchan === null ? picks.length : most;
  const convert = (part: NdArray): FloatArray => {
    const image = gather(part, layout, picks, nchan);
    if (part.data instanceof Float32Array || part.data instanceof Float64Array)
      refuseNonFinite('convertImage', image.data);
    return image;
  };
  return { layout, nchan, convert, axes: layout.axes, notes };
}

/** The axes that `convertImage` sees in an image of this shape. @throws as it does. */
export function convertAxes(shape: readonly number[], options: ConvertOptions): ImageAxes {
  return readAxes(shape, { ...options, picksChannels: Boolean(options.channels) });
}

/** Source channels of each channel of the result; more than one means their mean. */
type Picks = readonly (readonly number[])[];

function pickChannels(channels: readonly number[], count: number, nchan: number, notes: string[]): Picks {
  const [main, nuclear = -1] = channels;
  // with one channel, or grey, Cellpose does not look at the other number
  const fits = (n: number): boolean => Number.isInteger(n) && n >= 0 && (n <= count || count === 1 || main === 0);
  if (!fits(main) || !fits(nuclear)) {
    const needs = `two numbers, 0 for grey or none and 1 to ${count} for the channels of this image`;
    throw new OptionError(
      'channels',
      channels,
      `convertImage: channels must be ${needs}; got [${channels.join(', ')}]`,
    );
  }
  if (count === 1) {
    if (main > 1 || nuclear > 0) notes.push(`channels [${main}, ${nuclear}] were not used: the image has one channel`);
    return [[0]];
  }
  if (main === 0) {
    if (nuclear > 0) notes.push(`nuclear channel ${nuclear} was not used: the first channel 0 means the mean of all`);
    return [Array.from({ length: count }, (_, c) => c)];
  }
  if (nuclear === 0) return [[main - 1]];
  if (nchan >= 2) return [[main - 1], [nuclear - 1]];
  throw new OptionError(
    'channels',
    channels,
    `convertImage: the network takes one channel; got [${channels.join(', ')}], give [${main}, 0]`,
  );
}

function firstChannels(count: number, nchan: number, notes: string[]): Picks {
  if (count > nchan) notes.push(`only the first ${nchan} of ${count} channels are used; pick others with channels`);
  return Array.from({ length: Math.min(count, nchan) }, (_, c) => [c]);
}

/** Copies the picked channels into place. Goes along the first axis of the source, so that no more than a slab is converted at a time. */
function gather({ data, shape }: NdArray, { z, y, x, c }: ImageAxes, picks: Picks, nchan: number): FloatArray {
  const size = (axis: number): number => (axis < 0 ? 1 : shape[axis]);
  const stride = (axis: number): number => (axis < 0 ? 0 : shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const first = shape.findIndex((s) => s > 1);
  const [lz, ly, lx, slabs] = [size(z), size(y), size(x), size(first)];
  const slabSize = data.length / slabs;
  const out = new Float32Array(lz * ly * lx * nchan);
  const slab = data instanceof Float32Array ? undefined : new Float32Array(slabSize);
  const strideX = x === first ? 0 : stride(x);
  for (let i = 0; i < slabs; i++) {
    const range = (axis: number): [number, number] => (axis >= 0 && axis === first ? [i, i + 1] : [0, size(axis)]);
    const part = data.subarray(i * slabSize, (i + 1) * slabSize);
    slab?.set(part);
    const source = slab ?? (part as Float32Array);
    const at = (axis: number, index: number): number => (axis === first ? 0 : index * stride(axis));
    const [x0, x1] = range(x);
    const [c0, c1] = range(c);
    picks.forEach((from, k) => {
      for (const channel of from) {
        if (channel < c0 || channel >= c1) continue;
        for (let iz = range(z)[0]; iz < range(z)[1]; iz++) {
          for (let iy = range(y)[0]; iy < range(y)[1]; iy++) {
            const to = ((iz * ly + iy) * lx + x0) * nchan + k;
            addRow(source, at(z, iz) + at(y, iy) + at(c, channel), strideX, out, to, nchan, x1 - x0);
          }
        }
      }
    });
  }
  picks.forEach((from, k) => {
    if (from.length > 1) for (let p = k; p < out.length; p += nchan) out[p] /= from.length;
  });
  return { data: out, shape: z < 0 ? [ly, lx, nchan] : [lz, ly, lx, nchan] };
}

/** Adds `n` values of a source line to a line of the result, which starts as zeros. */
function addRow(
  source: Float32Array,
  from: number,
  stepFrom: number,
  out: Float32Array,
  to: number,
  stepTo: number,
  n: number,
): void {
  for (let i = 0, p = from, q = to; i < n; i++, p += stepFrom, q += stepTo) out[q] += source[p];
}
