/**
 * Runs a network over a volume: over its planes along each of the three axes, and adds up what they say. Source: cellpose
 * 3.1 `core.run_3D` and the volume branch of `CellposeModel._run_net`.
 */
import { checkArray, type FloatArray } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';
import { resizeVolume, resizeVolumeImage, type VolumeSize } from './resizeVolume.ts';
import type { RunNetOptions } from './runNetWindows.ts';
import { joinStyles, passProgress, runPlanes, type VolumeProgress } from './runPlanes.ts';
import type { TileNetwork } from './tileNetwork.ts';
import { volumeNetSize } from './volumeNetSize.ts';
import { planeSize, volumePasses } from './volumePlanes.ts';

export type { VolumeProgress } from './runPlanes.ts';

export interface RunNet3DOptions extends Omit<RunNetOptions, 'onProgress' | 'pictures'> {
  /** Distance of planes over size of a pixel: planes are added so that steps are alike along all axes. Default 1. */
  readonly anisotropy?: number | undefined;
  /** Network for the planes along z, (z, x) and (z, y); default: the same for all. */
  readonly netOrtho?: TileNetwork | undefined;
  /** Bring the output back to the size of the volume (default true). */
  readonly resample?: boolean | undefined;
  /** Called after each plane. */
  readonly onProgress?: ((progress: VolumeProgress) => void) | undefined;
}

export interface Net3DOutput {
  /** (3, lz, ly, lx): flow along z, y, x, each the sum of two passes. */
  readonly dP: FloatArray;
  /** (lz, ly, lx): sum of the three logits. */
  readonly cellprob: FloatArray;
  /** (lx, n): styles of the planes of the last pass, (z, y), as Cellpose gives them. */
  readonly style: FloatArray;
  /** (lz, ly, lx) that the network saw. */
  readonly netSize: VolumeSize;
}

/**
 * Flows and cell probability of a volume. Planes (y, x), then (z, x), then (z, y) run through the network as pictures of
 * their own; each voxel gets the sum of what the planes through it say.
 *
 * Held at once are the volume and the output, which is four times as large as one channel: for a volume of one channel six times the
 * larger of image and network size, in float32.
 *
 * @param volume  (lz, ly, lx, nchan), scaled as the network expects; or its first channels, where the others are all 0. Not changed.
 * @throws as `runNetWindows`; ShapeError for a volume of other rank; OptionError ('anisotropy') where no plane is left.
 */
export function runNet3D(net: TileNetwork, volume: FloatArray, options: RunNet3DOptions = {}): Promise<Net3DOutput> {
  return runNet3DAndLetGo(net, { volume }, options);
}

/** As `runNet3D`; leaves a volume without data in the record as soon as the volume is not needed any more. */
export async function runNet3DAndLetGo(
  net: TileNetwork,
  record: { volume: FloatArray },
  options: RunNet3DOptions,
): Promise<Net3DOutput> {
  const { rescale = 1, anisotropy = 1, resample = true, netOrtho = net } = options;
  const { shape } = record.volume;
  if (shape.length !== 4) throw new ShapeError('runNet3D', `(lz, ly, lx, ${net.nchan})`, shape);
  checkArray('runNet3D', record.volume);
  const original = shape.slice(0, 3) as unknown as VolumeSize;
  const size = volumeNetSize(net, original, options);
  const to = resample ? original : size;
  const isResized = rescale !== 1 || anisotropy !== 1;
  const n = size[0] * size[1] * size[2];
  const all = to.join() === size.join() ? new Float32Array(4 * n) : undefined;
  const sums = Array.from({ length: 4 }, (_, k) => all?.subarray(k * n, (k + 1) * n) ?? new Float32Array(n));
  const style = await runPasses([net, netOrtho, netOrtho], record, isResized ? size : undefined, sums, options);
  return { ...separate(all ?? joined(sums, size, to), to), style, netSize: size };
}

/** Runs the three passes, adds their outputs to the sums for z, y, x and cell probability, and returns the styles of the last. */
async function runPasses(
  nets: readonly TileNetwork[],
  record: { volume: FloatArray },
  size: VolumeSize | undefined,
  sums: readonly Float32Array[],
  options: RunNet3DOptions,
): Promise<FloatArray> {
  const image = size ? resizeVolumeImage(record.volume, size, nets[0].nchan) : record.volume;
  record.volume = { data: new Float32Array(0), shape: [0, 0, 0, 0] };
  let style: FloatArray = { data: new Float32Array(0), shape: [0, 0] };
  for (const [i, pass] of volumePasses.entries()) {
    const planes = image.shape[pass.across];
    const onPlane = passProgress(i, planes, options.onProgress);
    style = joinStyles(await runPlanes(nets[i], image, { pass, planes }, sums, { ...options, onPlane }));
    // What is compiled fits planes of one size.
    if (i === 2 || planeSize(image.shape, pass) !== planeSize(image.shape, volumePasses[i + 1])) await nets[i].rest?.();
  }
  return style;
}

/** The sums at the wanted size, one after the other; empties the list, so that memory is given back on the way. */
function joined(sums: Float32Array[], from: VolumeSize, to: VolumeSize): Float32Array {
  const n = to[0] * to[1] * to[2];
  const all = new Float32Array(4 * n);
  for (let k = 0; k < 4; k++) resizeVolume({ data: sums.shift()!, shape: from }, to, all.subarray(k * n, (k + 1) * n));
  return all;
}

function separate(all: Float32Array, size: VolumeSize): { dP: FloatArray; cellprob: FloatArray } {
  const n = all.length / 4;
  return {
    dP: { data: all.subarray(0, 3 * n), shape: [3, ...size] },
    cellprob: { data: all.subarray(3 * n), shape: size },
  };
}
