/**
 * A prepared stack through a plain U-net and its mask rule, as planes or as a volume. Source: cellpose 2.2.3
 * `core.UnetModel.eval`.
 */
import type { FloatArray, Masks } from '../array/ndarray.ts';
import { type UnetMasksOptions, unetMasks } from '../dynamics/unetMasks.ts';
import { resizeOutput, runNet } from '../engine/runNet.ts';
import type { TileNetwork } from '../engine/tileNetwork.ts';
import { fillHolesAndRemoveSmallMasks } from '../masks/fillHolesAndRemoveSmallMasks.ts';
import { renumber } from '../masks/renumber.ts';
import { resizeImage } from '../transforms/resizeImage.ts';
import type { SplitOptions } from './evalOptions.ts';
import type { RunOptions } from './runOptions.ts';
import { stackPlanes } from './stackPlanes.ts';

export interface UnetSegmented {
  readonly masks: Masks;
  readonly logits: FloatArray;
  readonly style: FloatArray;
  readonly count: number;
  readonly networkMs: number;
  readonly masksMs: number;
}

export interface SegmentUnetOptions extends SplitOptions {
  readonly thresholds: Required<UnetMasksOptions>;
  readonly run: RunOptions;
}

/** @param volume  (lz, ly, lx, nchan), scaled. An image is a stack of one plane. */
export async function segmentUnet(
  network: TileNetwork,
  volume: FloatArray,
  options: SegmentUnetOptions,
): Promise<UnetSegmented> {
  const [lz, ly, lx] = volume.shape;
  const begin = performance.now();
  const outputs: { y: FloatArray; style: FloatArray }[] = [];
  for (let z = 0; z < lz; z++) outputs.push(await runPlane(network, volume, z, options));
  const networkDone = performance.now();
  const isVolume = options.volume.do3D && lz > 1;
  const planes = outputs.map(({ y }) => y);
  const logits = isVolume ? stackClasses(planes.map((y) => resizeOutput(y, ly, lx))) : stackPlanes(planes);
  const found = options.dynamics.computeMasks
    ? (isVolume ? [logits] : planes).map((y) => masksAtSize(y, [ly, lx], options))
    : [{ data: new Int32Array(0), shape: [0, 0] }];
  options.run.onProgress?.({ stage: 'masks', fraction: 1 });
  return {
    masks: stackPlanes(found),
    logits,
    style: stackPlanes(outputs.map(({ style }) => style)),
    count: found.reduce((sum, { data }) => sum + data.reduce((a, b) => Math.max(a, b), 0), 0),
    networkMs: networkDone - begin,
    masksMs: performance.now() - networkDone,
  };
}

function runPlane(
  network: TileNetwork,
  { data, shape: [lz, ...size] }: FloatArray,
  z: number,
  { tiling, rescale, run: { signal, onProgress } }: SegmentUnetOptions,
): Promise<{ y: FloatArray; style: FloatArray }> {
  const n = data.length / lz;
  const plane = { data: data.subarray(z * n, (z + 1) * n), shape: size };
  return runNet(network, plane, {
    ...tiling,
    rescale,
    signal,
    onProgress: ({ done, total }) => onProgress?.({ stage: 'network', fraction: (z + done / total) / lz }),
  });
}

/** Logits (nclasses, ly, lx) of each plane to (nclasses, lz, ly, lx). */
function stackClasses(planes: readonly FloatArray[]): FloatArray {
  const [nclasses, ly, lx] = planes[0].shape;
  const n = ly * lx;
  const data = new Float32Array(nclasses * planes.length * n);
  planes.forEach((plane, z) => {
    for (let c = 0; c < nclasses; c++) data.set(plane.data.subarray(c * n, (c + 1) * n), (c * planes.length + z) * n);
  });
  return { data, shape: [nclasses, planes.length, ly, lx] };
}

/** Masks at the size of the logits, small ones removed and holes filled, then at the size of the image. */
function masksAtSize(logits: FloatArray, [ly, lx]: readonly [number, number], options: SegmentUnetOptions): Masks {
  const found = unetMasks(logits, options.thresholds);
  // Renumbered, because a cell in the hole of another is gone.
  const masks = renumber(fillHolesAndRemoveSmallMasks(found, options.dynamics.minSize, 'inOrder'), 'rank');
  const [hy, hx] = masks.shape.slice(-2);
  return hy === ly && hx === lx ? masks : resizeImage(masks, ly, lx, 'nearest');
}
