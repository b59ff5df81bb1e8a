/** `prepareImage` for stacks whose planes are segmented one by one: each is read, converted and scaled when its turn comes. */
import { type FloatArray, sizeOf } from '../array/ndarray.ts';
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

/** Whether the planes of an image along an axis can be prepared by themselves: not where they lie scattered, or are scaled in a way that needs them all at once. */
export function isPreparedByPlanes(shape: readonly number[], z: number, options: SplitOptions): boolean {
  const isStack = z >= 0 && shape[z] > 1 && sizeOf(shape.slice(0, z)) <= mostRuns;
  if (!isStack || options.normalize.normalize === false || !scalesAsOne(options)) return isStack;
  const params = paramsOfWhole(options);
  // Planes with percentiles of their own are here still inverted, or left, together.
  return params.norm3D !== false && scalesInBlocks(params);
}

/** Of images that are scaled as one. */
function paramsOfWhole({ normalize, input }: SplitOptions): NormalizeParams {
  return input.tAxis === undefined ? normalize : { ...normalize, norm3D: true };
}

/**
 * @returns undefined for an image of which the planes cannot be prepared by themselves.
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
  if (!isPreparedByPlanes(shape, z, options)) return undefined;
  const size = [shape[z], shape[y], shape[x], nchan] as const;
  /** As a stack of this plane alone. */
  const read = async (at: number): Promise<FloatArray> => {
    signal?.throwIfAborted();
    return convert(await image.read(z, at, at + 1));
  };
  const scale = await planeScaler(read, size, options);
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
): Promise<(plane: FloatArray) => FloatArray> {
  const { normalize } = options;
  if (normalize.normalize === false) return (plane) => plane;
  if (!scalesAsOne(options)) return (plane) => normalizeImgInPlace(plane, normalize);
  const params = paramsOfWhole(options);
  const scaler = blockScaler([lz, ly, lx], nchan, params);
  if (!params.lowhigh) for (let z = 0; z < lz; z++) scaler.look(await read(z));
  return (plane) => scaler.scale(plane);
}
