/** Calibration for `precision: 'int8'` on images as a user has them: they are prepared and cut as for segmentation. */
import type { FloatArray } from '../array/ndarray.ts';
import type { StateDict } from '../array/stateDict.ts';
import { calibrate } from '../engine/calibrate.ts';
import type { ActivationRanges } from '../engine/precision.ts';
import { runNet } from '../engine/runNet.ts';
import type { TileNetwork } from '../engine/tileNetwork.ts';
import { OptionError } from '../errors.ts';
import { wholeImage } from '../io/imagePlanes.ts';
import { readCPnetState } from '../nets/cpnetState.ts';
import { splitOptions } from './evalOptions.ts';
import { prepareImage } from './prepareImage.ts';
import type { EvalOptions, ImageInput } from './types.ts';

/** An image to calibrate on, and how it will be segmented; of the options those matter that come before the network. */
export interface CalibrationImage {
  readonly image: ImageInput;
  readonly options?: EvalOptions;
}

export interface CalibrateOnImagesOptions {
  /** Tiles in all, taken evenly from all images; default 20. */
  readonly maxTiles?: number;
  /** Diameter that the network was trained at, in pixels; default: as stored with the weights. */
  readonly diamMean?: number;
  /** Processor threads; default: all. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/**
 * Finds the ranges of a network's values over tiles of some images.
 *
 * @param images  of all kinds that will be segmented, with their `channels`, `diameter`, `normalize` and so on; of a stack the
 *   plane in the middle is used. A diameter left out or 0 means the mean of the training objects.
 * @returns       plain data for `LoadOptions.ranges`; it can be kept as JSON.
 * @throws OptionError ('images') where there is none; as `calibrate` and `CellposeModel.eval`.
 */
export async function calibrateOnImages(
  stateDict: StateDict,
  images: readonly CalibrationImage[],
  options: CalibrateOnImagesOptions = {},
): Promise<ActivationRanges> {
  const { maxTiles = 20, diamMean, ...rest } = options;
  if (images.length === 0)
    throw new OptionError('images', images, 'calibrateOnImages: needs images, better of all kinds; got none');
  const { config } = readCPnetState(stateDict);
  const network = { nchan: config.nbase[0], nout: config.nout, styleLength: config.styleLength };
  const sizes = { diamMean: diamMean ?? config.diamMean, diamLabels: config.diamLabels };
  const tiles: FloatArray[] = [];
  for (const [i, one] of images.entries()) {
    options.signal?.throwIfAborted();
    // What earlier images, too small for their share, have left is for the later ones.
    const share = Math.ceil((maxTiles - tiles.length) / (images.length - i));
    if (share < 1) break;
    tiles.push(...evenly(await tilesOf(one, network, sizes), share));
  }
  return calibrate(stateDict, tiles, rest);
}

type Network = Pick<TileNetwork, 'nchan' | 'nout'> & { readonly styleLength: number };

/** What the network would get to see of an image. */
async function tilesOf(
  { image, options = {} }: CalibrationImage,
  { nchan, nout, styleLength }: Network,
  { diamMean, diamLabels }: { readonly diamMean: number; readonly diamLabels: number },
): Promise<FloatArray[]> {
  const split = splitOptions(options);
  const { volume } = prepareImage(await wholeImage(image), split, nchan);
  const [lz, ...shape] = volume.shape;
  const n = volume.data.length / lz;
  const middle = Math.floor(lz / 2);
  const plane = { data: volume.data.subarray(middle * n, (middle + 1) * n), shape };
  const rescale = split.diameter > 0 ? diamMean / split.diameter : (split.rescale ?? diamMean / diamLabels);
  const tiles: FloatArray[] = [];
  const recorder: TileNetwork = {
    ...{ nchan, nout, tilesPerRun: 1, concurrency: 1, engine: 'none' },
    async forward({ data, shape: [batch, channels, h, w] }) {
      tiles.push({ data: data.slice(), shape: [batch, channels, h, w] });
      return {
        y: { data: new Float32Array(batch * nout * h * w), shape: [batch, nout, h, w] },
        style: { data: new Float32Array(batch * styleLength), shape: [batch, styleLength] },
      };
    },
  };
  await runNet(recorder, plane, { ...split.tiling, rescale, diameter: split.diameter || undefined });
  return tiles;
}

/** So many of the tiles, from the whole length of the list. */
function evenly(tiles: readonly FloatArray[], count: number): FloatArray[] {
  if (tiles.length <= count) return [...tiles];
  return Array.from({ length: count }, (_, i) => tiles[Math.floor(((i + 0.5) * tiles.length) / count)]);
}
