/**
 * An image through a network for restoration, channel by channel: enlarged where the network wants it, scaled, through the
 * network at its own diameter, and back. Source: cellpose 3.1 `denoise.DenoiseModel.eval` and `_eval`.
 */
import type { FloatArray } from '../array/ndarray.ts';
import type { Network } from '../engine/network.ts';
import { resizeOutput, runNet } from '../engine/runNet.ts';
import { netSize } from '../engine/runNetSize.ts';
import { wholeImage } from '../io/imagePlanes.ts';
import { normalizeImg } from '../transforms/normalizeImg.ts';
import { resizeImage } from '../transforms/resizeImage.ts';
import type { SplitOptions } from './evalOptions.ts';
import { convertToVolume, scaleVolume } from './prepareImage.ts';
import type { RestoreTraits } from './restoreModels.ts';
import type { RunOptions } from './runOptions.ts';
import type { ImageInput } from './types.ts';

/** What is needed of a model. */
export interface Restorer extends RestoreTraits {
  readonly network: Network;
  /** For the channels after the first; default: the same. */
  readonly networkChan2?: Network | undefined;
}

export interface Restored {
  /** (lz, ly, lx, n), the channels that were restored. An image is a stack of one plane. */
  readonly volume: FloatArray;
  readonly isStack: boolean;
  /** By how much the image was enlarged; 1 but for networks that upsample. */
  readonly ratio: number;
  /** Size of the network's input relative to the (enlarged) image. */
  readonly rescale: number;
  readonly axes: string;
  readonly notes: readonly string[];
  readonly restoreMs: number;
}

/** A channel of less contrast is no picture: as the last one it is left out. */
const flat = 1e-3;
/** Cells of fewer pixels across are not enlarged. */
const smallestDiameter = 3;
/** Scale for a channel: the second is taken for nuclei, which are smaller. */
export function channelScale(channel: number, rescale: number): number {
  return channel === 1 ? (rescale * 30) / 17 : rescale;
}

/** By how much pictures of cells of this diameter, in pixels, are enlarged before they are restored; 1 for most networks. */
export function enlargement({ upsamples, diamMean }: RestoreTraits, diameter: number): number {
  return upsamples && diameter >= smallestDiameter && diameter < diamMean ? diamMean / diameter : 1;
}

/** @throws as `convertImage`, `normalizeImg` and `runNet`; the signal's reason after cancellation. */
export async function restoreImage(
  restorer: Restorer,
  image: ImageInput,
  options: SplitOptions,
  run: RunOptions,
): Promise<Restored> {
  const begin = performance.now();
  const { volume, axes, notes, isStack } = convertToVolume(await wholeImage(image), options, null);
  const { diamMean, upsamples } = restorer;
  const { diameter } = options;
  const ratio = enlargement(restorer, diameter);
  const rescale = diameter > 0 ? diamMean / diameter : (options.rescale ?? 1);
  const pictures = withoutFlatLast(enlarged(volume, ratio, diameter));
  const restored = await restoreChannels(restorer, scaledFor(pictures, options), rescale, { ...options, run });
  const idle = upsamples && ratio === 1;
  const note = `the image was not enlarged before upsampling: that needs a diameter of ${smallestDiameter} to below ${diamMean} pixels`;
  return {
    volume: restored,
    isStack,
    ratio,
    rescale,
    axes,
    notes: [...notes, ...(idle ? [note] : []), ...(restorer.network.notes ?? [])],
    restoreMs: performance.now() - begin,
  };
}

function enlarged(volume: FloatArray, ratio: number, diameter: number): FloatArray {
  if (ratio === 1) return volume;
  const [, ly, lx, nchan] = volume.shape;
  return resizeImage(volume, ...netSize(ly, lx, ratio, { diameter, nout: nchan })) as FloatArray;
}

function withoutFlatLast(volume: FloatArray): FloatArray {
  const { data, shape } = volume;
  const nchan = shape[3];
  let [low, high] = [Infinity, -Infinity];
  for (let p = nchan - 1; p < data.length; p += nchan) {
    low = Math.min(low, data[p]);
    high = Math.max(high, data[p]);
  }
  return Math.fround(high - low) < flat && nchan > 1 ? channelOf(volume, 0) : volume;
}

/** Planes are scaled together, as in 3.1, unless `norm3D` is false; frames as `normalizeOver` says. */
function scaledFor(volume: FloatArray, options: SplitOptions): FloatArray {
  if (options.input.tAxis !== undefined) return scaleVolume(volume, options);
  return options.normalize.normalize === false ? volume : normalizeImg(volume, options.normalize);
}

async function restoreChannels(
  { network, networkChan2 = network }: Restorer,
  volume: FloatArray,
  rescale: number,
  options: SplitOptions & { run: RunOptions },
): Promise<FloatArray> {
  const [lz, ly, lx, nchan] = volume.shape;
  const n = ly * lx;
  const out = new Float32Array(volume.data.length);
  for (let c = 0; c < nchan; c++) {
    const { data } = channelOf(volume, c);
    const own = channelScale(c, rescale);
    for (let z = 0; z < lz; z++) {
      const plane = { data: data.subarray(z * n, (z + 1) * n), shape: [ly, lx, 1] };
      const at = { done: c * lz + z, total: nchan * lz };
      const pixels = await restorePlane(c === 0 ? network : networkChan2, plane, own, at, options);
      for (let i = 0, p = z * n * nchan + c; i < n; i++, p += nchan) out[p] = pixels[i];
    }
  }
  return { data: out, shape: volume.shape };
}

async function restorePlane(
  network: Network,
  plane: FloatArray,
  rescale: number,
  at: { readonly done: number; readonly total: number },
  { tiling, diameter, run }: SplitOptions & { run: RunOptions },
): Promise<Float32Array> {
  const { y } = await runNet(network, plane, {
    ...tiling,
    augment: false,
    signal: run.signal,
    pictures: run.imagesAtOnce,
    rescale,
    diameter: diameter || undefined,
    onProgress: ({ done, total }) =>
      run.onProgress?.({ stage: 'restore', fraction: (at.done + done / total) / at.total }),
  });
  return resizeOutput(y, plane.shape[0], plane.shape[1]).data;
}

/** One channel (lz, ly, lx, 1) of a volume; the volume itself where it has no other. */
function channelOf({ data, shape: [lz, ly, lx, nchan] }: FloatArray, c: number): FloatArray {
  if (nchan === 1) return { data, shape: [lz, ly, lx, 1] };
  const out = new Float32Array(lz * ly * lx);
  for (let i = 0, p = c; i < out.length; i++, p += nchan) out[i] = data[p];
  return { data: out, shape: [lz, ly, lx, 1] };
}
