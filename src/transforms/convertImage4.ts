/**
 * Brings images into the form that Cellpose 4 takes: three channels, never mixed; axes guessed by fewer rules than in 3.1.
 * Source: cellpose 4 `transforms.convert_image`.
 */
import type { NdArray } from '../array/ndarray.ts';
import { OptionError, ShapeError } from '../errors.ts';
import { type ConvertedImage, convertImage } from './convertImage.ts';
import { type AxisOptions, choices } from './readAxes.ts';

export type ConvertOptions4 = Omit<AxisOptions, 'picksChannels'>;

/**
 * The first three channels of an image; where it has fewer, the others are zeros.
 *
 * @param input  (ly, lx); (ly, lx, channels) or (channels, ly, lx), the first axis being channels where it is shorter than the
 *   last; (n, ly, lx, channels), n pictures. With `channelAxis`, one picture of three axes. With `do3D`, (lz, ly, lx) in any
 *   order that `zAxis` tells, or four axes of which `zAxis` and `channelAxis` are named. Not changed.
 * @returns as `convertImage`; (ly, lx, 3), or (n, ly, lx, 3).
 * @throws ShapeError for other numbers of axes; OptionError for `zAxis` without `do3D`, for axes that are not named and
 *   cannot be told, and as `convertImage`.
 */
export function convertImage4(input: NdArray, options: ConvertOptions4 = {}): ConvertedImage {
  const { shape } = input;
  const named = options.do3D ? checkVolume(shape, options) : readPicture(shape, options);
  const converted = convertImage(input, { ...named, do3D: options.do3D, nchan: 3 });
  const guess = shape.length === 3 && converted.axes.includes('C') && !isGiven(options.channelAxis);
  return guess ? { ...converted, notes: [...guessNotes(shape, converted.axes), ...converted.notes] } : converted;
}

type NamedAxes = Pick<AxisOptions, 'channelAxis' | 'zAxis'>;

function checkVolume(shape: readonly number[], { channelAxis, zAxis }: ConvertOptions4): NamedAxes {
  if (shape.length !== 3 && shape.length !== 4) {
    throw new ShapeError('convertImage4', 'a volume of 3 axes, or of 4 with channels', shape);
  }
  if (!isGiven(zAxis)) refuse('zAxis', zAxis, 'a volume needs zAxis, the axis of its planes', shape);
  if (shape.length === 3) return { zAxis };
  if (!isGiven(channelAxis)) refuse('channelAxis', channelAxis, 'a volume of 4 axes needs channelAxis', shape);
  return { zAxis, channelAxis };
}

function readPicture(shape: readonly number[], { channelAxis, zAxis }: ConvertOptions4): NamedAxes {
  if (isGiven(zAxis)) refuse('zAxis', zAxis, 'zAxis is for volumes: give do3D with it', shape);
  if (shape.length < 2 || shape.length > 4) {
    throw new ShapeError('convertImage4', '(ly, lx), (ly, lx, channels) or (n, ly, lx, channels)', shape);
  }
  if (isGiven(channelAxis)) {
    if (shape.length !== 3) refuse('channelAxis', channelAxis, 'channelAxis is for pictures of 3 axes', shape);
    return { channelAxis };
  }
  if (shape.length === 2) return {};
  if (shape.length === 4) return { zAxis: 0, channelAxis: 3 };
  if (shape[0] === shape[2] && shape[0] >= 10) {
    const remedy = `${choices('channelAxis', [0, 1, 2])}, or do3D with ${choices('zAxis', [0, 1, 2])} for a volume`;
    refuse('channelAxis', channelAxis, `channels and planes cannot be told; give ${remedy}`, shape);
  }
  return { channelAxis: shape[0] < shape[2] ? 0 : 2 };
}

function guessNotes(shape: readonly number[], axes: string): string[] {
  const axis = axes.indexOf('C');
  if (shape[axis] <= 4 && axis === 2) return [];
  const remedy = 'if it is not, give channelAxis, or zAxis and do3D';
  return [`axis ${axis} (size ${shape[axis]}) was taken for the channels; ${remedy}`];
}

const isGiven = (axis: number | null | undefined): boolean => axis !== undefined && axis !== null;

function refuse(option: string, value: unknown, needs: string, shape: readonly number[]): never {
  throw new OptionError(option, value, `convertImage4: ${needs}; got ${String(value)} for (${shape.join(', ')})`);
}
