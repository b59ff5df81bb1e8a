/**
 * What a run will take, before it starts: size of the network's input, number of tiles, memory, and how to stay within a limit.
 * Nothing is computed here, so it can be asked of any number of images.
 */
import { sizeOf } from '../array/ndarray.ts';
import { OptionError } from '../errors.ts';
import { convertAxes } from '../transforms/convertImage.ts';
import { getPadYX } from '../transforms/getPadYX.ts';
import { tileGrid } from '../transforms/tileGrid.ts';
import { type SplitOptions, splitOptions } from './evalOptions.ts';
import { refuseUnclearPlanes } from './prepareImage.ts';
import { isPreparedInBlocks } from './prepareInScratch.ts';
import { isPreparedByPlanes } from './preparePlanes.ts';
import type { EvalOptions } from './types.ts';
import { scratchVolumeBytes, volumeBytes } from './volumeBytes.ts';

/** What must be known of a model: a `CellposeModel` is one. */
export interface PlannedModel {
  /** Diameter that images are scaled to, in pixels. */
  readonly diamMean: number;
  /** Mean diameter of the training objects, in pixels. */
  readonly diamLabels: number;
  /** Channels that the network takes. */
  readonly nchan: number;
}

export interface RunPlan {
  /** 'image', 'planes' each by itself (of a stack or a series), or 'volume' with `do3D`. */
  readonly way: 'image' | 'planes' | 'volume';
  /** (lz, ly, lx) of the image. */
  readonly size: StackSize;
  /** (lz, ly, lx) that the network sees. */
  readonly netSize: StackSize;
  /** Tiles that run through the network. */
  readonly tiles: number;
  /** The same in tiles of 224 × 224 pixels: the time of one of these times this number is that of the network. */
  readonly work: number;
  /**
   * Memory that the arrays of the run take when they take most, in bytes, the image as given among them. The program and its network
   * come on top: with 224 × 224 tiles some 200 to 600 MB.
   */
  readonly bytes: number;
  /** Of a volume, bytes that the flow takes which is laid out at a time: what is left to choose. */
  readonly slabBytes: number;
  /** Bytes of scratch storage that a volume takes which does not fit into memory; 0 for all that does. */
  readonly scratchBytes: number;
}

export type StackSize = readonly [lz: number, ly: number, lx: number];

/**
 * Plans a run of `CellposeModel.eval` with these options, which must have a diameter or leave it to the model.
 *
 * @param shape         of the image, in any order of axes that `eval` takes.
 * @param elementBytes  of a number of the image; default 2. 0: it is not in memory, and is given by its planes.
 * @throws as `eval` does for such an image and options; OptionError ('maxMemory') where no plan fits, with what would.
 *
 * For volumes `bytes` is at most six times the larger of image and network input as one channel in float32, and what the image
 * itself takes: two channels, where the second is not empty, add another time or two. A volume that does not fit so goes through
 * `scratch`, where the options have it: then it is two to three times.
 */
export function planRun(
  shape: readonly number[],
  options: EvalOptions,
  model: PlannedModel,
  elementBytes: number = 2,
): RunPlan {
  return planImage(shape, splitOptions(options), model, sizeOf(shape) * elementBytes);
}

/** As `planRun`, of an image that takes `given` bytes; 0 of one that is not in memory. */
export function planImage(shape: readonly number[], split: SplitOptions, model: PlannedModel, given: number): RunPlan {
  const isVolume = split.volume.do3D || split.volume.stitchThreshold > 0;
  if (isVolume) refuseUnclearPlanes(shape, split.input);
  const picks = { ...split.input, nchan: model.nchan, do3D: isVolume };
  const { z, y, x } = convertAxes(shape, picks);
  const size: StackSize = [z < 0 ? 1 : shape[z], shape[y], shape[x]];
  const byPlanes = given === 0 && isPreparedByPlanes(shape, z, split);
  return planStack(size, split, model, { given, byPlanes });
}

/** What is in memory of an image: as it was given, and whether its planes are prepared when their turn comes. */
interface Held {
  readonly given: number;
  readonly byPlanes: boolean;
}

/** As `planImage`, of one whose axes are settled. */
export function planStack(size: StackSize, split: SplitOptions, model: PlannedModel, held: Held): RunPlan {
  const { given, byPlanes } = held;
  const way = size[0] === 1 ? 'image' : split.volume.do3D ? 'volume' : 'planes';
  const { netSize, tiles, work, needs } =
    way === 'volume' ? planVolume(size, split, model) : planPlanes(size, split, model, byPlanes);
  const maxMemory = way === 'image' ? Infinity : split.volume.maxMemory;
  const choices = needs.map((need) => ({ ...need, bytes: given + need.bytes }));
  const choice = choices.find(({ bytes }) => bytes <= maxMemory);
  if (!choice) throw tooLarge(size, netSize, split, Math.min(...choices.map(({ bytes }) => bytes)));
  return { way, size, netSize, tiles, work, ...choice };
}

/** What a run may hold, in memory and elsewhere. */
type Needs = Pick<RunPlan, 'bytes' | 'slabBytes' | 'scratchBytes'>;

interface Plan extends Pick<RunPlan, 'netSize' | 'tiles' | 'work'> {
  /** The ways to do it, from the quickest to that which takes the least memory. */
  readonly needs: readonly Needs[];
}

/** Narrower slabs than this cost more time than they save memory. */
const smallestSlab = 2 ** 26;

/** In memory, by wide slabs or narrow ones; else through scratch storage. */
function planVolume(size: StackSize, split: SplitOptions, model: PlannedModel): Plan {
  const { anisotropy } = split.volume;
  const rescale = scaleOf(split, model);
  const netSize: StackSize = [
    Math.max(1, Math.trunc(size[0] * anisotropy * rescale)),
    Math.max(1, Math.trunc(size[1] * rescale)),
    Math.max(1, Math.trunc(size[2] * rescale)),
  ];
  const [lz, ly, lx] = netSize;
  const passes = [tilesOf(ly, lx, split, lz), tilesOf(lz, lx, split, ly), tilesOf(lz, ly, split, lx)];
  refuseUncountable(split.dynamics.resample ? size : netSize);
  const wide = Math.min(Math.max(2 * sizeOf(size), smallestSlab), 2 ** 30);
  const volume = { size, netSize, nchan: model.nchan, resample: split.dynamics.resample };
  const { scratch } = split.volume;
  const inBlocks = isPreparedInBlocks(split);
  const needs = [
    ...[wide, smallestSlab].map((slabBytes) => ({ slabBytes, scratchBytes: 0, bytes: volumeBytes(volume, slabBytes) })),
    // The flows are all that a run without masks is for.
    ...(scratch && split.dynamics.computeMasks
      ? [wide, Math.max(wide / 4, smallestSlab), smallestSlab].map((slabBytes) => ({
          slabBytes,
          ...scratchVolumeBytes({ ...volume, inBlocks }, slabBytes),
        }))
      : []),
  ];
  return { netSize, ...sum(passes), needs };
}

/** Voxels are numbered in 32 bits. */
function refuseUncountable(size: StackSize): void {
  const border = 8;
  if (size.reduce((n, extent) => n * (extent + border), 1) < 2 ** 31) return;
  throw new OptionError(
    'do3D',
    true,
    `do3D: needs volumes below 2^31 voxels; got ${size.join(' × ')}; try a part of the stack at a time, or stitchThreshold`,
  );
}

/** Bytes of values that percentiles over planes which are read one by one are taken of, about. */
const mostSampled = 2 ** 28;

/** All planes, unless they are read one by one; their flows, if they are kept; labels; one plane at work at a time. */
function planPlanes(size: StackSize, split: SplitOptions, model: PlannedModel, byPlanes: boolean): Plan {
  const [lz, ly, lx] = size;
  const rescale = scaleOf(split, model);
  const [ny, nx] = [ly, lx].map((n) => Math.max(1, Math.trunc(n * rescale)));
  const image = 4 * sizeOf(size);
  const out = split.dynamics.resample ? image : 4 * lz * ny * nx;
  const plane = 4 * Math.max(ly * lx, ny * nx);
  const flows = lz === 1 || split.volume.keepFlows ? 3 * out : 0;
  const labels = split.dynamics.pieces === 'any' ? image : 2 * image;
  const bytes = flows + labels + (byPlanes ? mostSampled : model.nchan * image) + 12 * plane;
  return {
    netSize: [lz, ny, nx],
    ...sum([tilesOf(ny, nx, split, lz)]),
    needs: [{ bytes, slabBytes: 0, scratchBytes: 0 }],
  };
}

function scaleOf({ diameter, rescale }: SplitOptions, { diamMean, diamLabels }: PlannedModel): number {
  return diameter > 0 ? diamMean / diameter : (rescale ?? diamMean / diamLabels);
}

interface Tiles {
  readonly tiles: number;
  readonly work: number;
}

/** Tiles of `count` planes. */
export function tilesOf(ly: number, lx: number, { tiling }: Pick<SplitOptions, 'tiling'>, count: number): Tiles {
  const [above, below, left, right] = getPadYX(ly, lx);
  const { ys, xs, h, w } = tileGrid(ly + above + below, lx + left + right, tiling);
  const tiles = count * ys.length * xs.length;
  return { tiles, work: (tiles * h * w) / (224 * 224) };
}

function sum(passes: readonly Tiles[]): Tiles {
  return {
    tiles: passes.reduce((all, { tiles }) => all + tiles, 0),
    work: passes.reduce((all, { work }) => all + work, 0),
  };
}

function tooLarge(size: StackSize, netSize: StackSize, split: SplitOptions, bytes: number): OptionError {
  const { maxMemory, do3D, anisotropy, scratch } = split.volume;
  const seen = size.join() === netSize.join() ? '' : `, for the network ${netSize.join(' × ')}`;
  const enlarged = sizeOf(netSize) > sizeOf(size);
  const remedies = [
    ...(do3D && enlarged && anisotropy > 1 ? ['a smaller anisotropy'] : []),
    ...(enlarged ? ['a larger diameter'] : ['resample: false']),
    ...(!do3D && split.volume.keepFlows ? ['keepFlows: false'] : []),
    ...(do3D && !scratch && split.dynamics.computeMasks ? ['scratch'] : []),
    'a part of the stack at a time',
    ...(do3D ? ['stitchThreshold in place of do3D'] : []),
    'or more memory (maxMemory)',
  ];
  return new OptionError(
    'maxMemory',
    maxMemory,
    `maxMemory: ${size.join(' × ')} voxels${seen} need ${gigabytes(bytes)} GB, ${gigabytes(maxMemory)} GB are there; ` +
      `try ${remedies.join(', ')}`,
  );
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toPrecision(3);
}
