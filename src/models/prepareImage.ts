/** From any image to what the network takes: axes settled, channels picked, intensities scaled. */
import type { FloatArray, NdArray } from '../array/ndarray.ts';
import { OptionError } from '../errors.ts';
import { convertImage } from '../transforms/convertImage.ts';
import { normalizeImgInPlace } from '../transforms/normalizeImg.ts';
import type { SplitOptions } from './evalOptions.ts';

export interface PreparedImage {
  /**
   * (lz, ly, lx, nchan), scaled; an image is a stack of one plane. `segmentImage` leaves a volume without data in its place when
   * the network is done, as no other record holds it; give it a copy of this record to have it again.
   */
  volume: FloatArray;
  /** Bytes of the image as it was given, which the caller holds. @default 0 */
  readonly given?: number;
  /** How the axes of the input were read. */
  readonly axes: string;
  /** Guesses made on the way. */
  readonly notes: readonly string[];
}

/**
 * @throws as `convertImage` and `normalizeImg`; OptionError ('zAxis') for a volume whose planes cannot be told.
 *
 * Intensities of a stack are scaled over all of it where its planes belong together, else plane by plane, as in 3.1; of a time
 * series as `normalizeOver` says.
 */
export function prepareImage(image: NdArray, options: SplitOptions, nchan: number): PreparedImage {
  const { volume, axes, notes } = convertToVolume(image, options, nchan);
  return { volume: scaleVolume(volume, options), given: image.data.byteLength, axes, notes };
}

export interface ConvertedVolume extends PreparedImage {
  /** The image has planes or frames, be it only one. */
  readonly isStack: boolean;
}

/** The first half of `prepareImage`: axes and channels, intensities as they are. @param nchan  as for `convertImage`. */
export function convertToVolume(image: NdArray, options: SplitOptions, nchan: number | null): ConvertedVolume {
  const isVolume = joinsPlanes(options);
  if (isVolume) refuseUnclearPlanes(image.shape, options.input);
  const { image: converted, axes, notes } = convertImage(image, { ...options.input, nchan, do3D: isVolume });
  const [ly, lx, c] = converted.shape.slice(-3);
  const volume = { data: converted.data, shape: [converted.data.length / (ly * lx * c), ly, lx, c] };
  return { volume, axes, notes, isStack: converted.shape.length === 4 };
}

export function joinsPlanes({ volume: { do3D, stitchThreshold } }: SplitOptions): boolean {
  return do3D || stitchThreshold > 0;
}

/** The other half: scales intensities, some of them in place. @param volume  (lz, ly, lx, nchan). */
export function scaleVolume(volume: FloatArray, options: SplitOptions): FloatArray {
  const { normalize, input } = options;
  const { do3D } = options.volume;
  // `normalize: false` in a record of parameters switches all of them off, as in 3.1's `eval`.
  if (normalize.normalize === false) return volume;
  const { data, shape } = volume;
  const isOne = do3D || input.tAxis !== undefined;
  if (scalesAsOne(options)) return normalizeImgInPlace(volume, isOne ? { ...normalize, norm3D: true } : normalize);
  if (shape[0] === 1) return normalizeImgInPlace(volume, normalize);
  const n = data.length / shape[0];
  for (let at = 0; at < data.length; at += n) {
    // A z axis of one plane, as 3.1's `eval` gives it: with `tileNormBlocksize`, images without one are scaled otherwise.
    const plane = { data: data.subarray(at, at + n), shape: [1, ...shape.slice(1)] };
    const own = normalizeImgInPlace(plane, normalize);
    if (own !== plane) data.set(own.data, at);
  }
  return volume;
}

/** Intensities are scaled over all planes and not plane by plane. */
export function scalesAsOne(options: SplitOptions): boolean {
  const isSeries = options.input.tAxis !== undefined && options.volume.normalizeOver === 'series';
  return joinsPlanes(options) || isSeries;
}

/** Of three axes the planes are counted by the shortest; where two are equally short, it must be named. */
export function refuseUnclearPlanes(
  shape: readonly number[],
  { zAxis, channelAxis = NaN }: SplitOptions['input'],
): void {
  if (zAxis !== undefined) return;
  const channels = channelAxis < 0 ? channelAxis + shape.length : channelAxis;
  const axes = shape
    .map((_, axis) => axis)
    .filter((axis) => axis !== channels && (shape[axis] > 1 || shape.length < 4));
  if (axes.length !== 3) return;
  const least = Math.min(...axes.map((axis) => shape[axis]));
  const shortest = axes.filter((axis) => shape[axis] === least);
  if (shortest.length === 1) return;
  const choices = shortest.map((axis) => `zAxis ${axis}`).join(' or ');
  throw new OptionError(
    'zAxis',
    undefined,
    `zAxis: the planes of (${shape.join(', ')}) cannot be told from its rows and columns; give ${choices}`,
  );
}
