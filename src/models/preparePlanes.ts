/** `prepareImage` for stacks whose planes are segmented one by one: each is read, converted and scaled when its turn comes. */
import type { FloatArray } from '../array/ndarray.ts';
import type { ImagePlanes } from '../io/imagePlanes.ts';
import { imageConverter } from '../transforms/convertImage.ts';
import { blockScaler, scalesInBlocks } from '../transforms/normalizeBlocks.ts';
import { type NormalizeParams, normalizeImgInPlace } from '../transforms/normalizeImg.ts';
import type { SplitOptions } from './evalOptions.ts';
import { joinsPlanes, type PreparedImage, refuseUnclearPlanes, scalesAsOne } from './prepareImage.ts';

export interface PreparedPlanes extends Omit<PreparedImage, 'volume'> {
  /** (lz, ly, lx, nchan) */
  readonly shape: readonly [lz: number, ly: number, lx: number, nchan: number];
  /** One plane, (ly, lx, nchan), scaled. */
  readonly plane: (z: number) => Promise<FloatArray>;
}

/** More runs than this make a plane: it is quicker to read the image whole. */
const mostRuns = 64;

/**
 * @returns undefined for an image of which the planes cannot be prepared by themselves: it is one plane, they lie scattered, or they are
 *   scaled in a way that needs them all at once.
 * @throws as `prepareImage`.
 *
 * Where percentiles are taken over the whole stack, all planes are read once before.
 */
export async function preparePlanes(
  image: ImagePlanes,
  options: SplitOptions,
  nchan: number,
  signal?: AbortSignal,
): Promise<PreparedPlanes | undefined> {
  const { shape } = image;
  const isVolume = joinsPlanes(options);
  if (isVolume) refuseUnclearPlanes(shape, options.input);
  const { layout, convert, axes, notes } = imageConverter(shape, { ...options.input, nchan, do3D: isVolume });
  const { z, y, x } = layout;
  if (z < 0 || shape[z] === 1 || shape.slice(0, z).reduce((a, b) => a * b, 1) > mostRuns) return undefined;
  const size = [shape[z], shape[y], shape[x], nchan] as const;
  /** As a stack of this plane alone. */
  const read = async (at: number): Promise<FloatArray> => {
    signal?.throwIfAborted();
    return convert(await image.read(z, at, at + 1));
  };
  const scale = await planeScaler(read, size, options);
  if (!scale) return undefined;
  const plane = async (at: number) => {
    const { data, shape: own } = scale(await read(at));
    return { data, shape: own.slice(1) };
  };
  return { shape: size, plane, axes, notes };
}

/** What scales a plane (1, ly, lx, nchan) as `scaleVolume` scales it among the others. */
async function planeScaler(
  read: (z: number) => Promise<FloatArray>,
  [lz, ly, lx, nchan]: PreparedPlanes['shape'],
  options: SplitOptions,
): Promise<((plane: FloatArray) => FloatArray) | undefined> {
  const { normalize } = options;
  if (normalize.normalize === false) return (plane) => plane;
  if (!scalesAsOne(options)) return (plane) => normalizeImgInPlace(plane, normalize);
  const params: NormalizeParams = options.input.tAxis === undefined ? normalize : { ...normalize, norm3D: true };
  // Planes with percentiles of their own here are still inverted, or left, together.
  if (params.norm3D === false || !scalesInBlocks(params)) return undefined;
  const scaler = blockScaler([lz, ly, lx], nchan, params);
  if (!params.lowhigh) for (let z = 0; z < lz; z++) scaler.look(await read(z));
  return (plane) => scaler.scale(plane);
}
