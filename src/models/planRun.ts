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
import type { EvalOptions } from './types.ts';

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
}

type StackSize = readonly [lz: number, ly: number, lx: number];

/**
 * Plans a run of `CellposeModel.eval` with these options, which must have a diameter or leave it to the model.
 *
 * @param shape         of the image, in any order of axes that `eval` takes.
 * @param elementBytes  of a number of the image; default 2.
 * @throws as `eval` does for such an image and options; OptionError ('maxMemory') where no plan fits, with what would.
 *
 * For volumes `bytes` is at most six times the larger of image and network input as one channel in float32, and what the image
 * itself takes: two channels, where the second is not empty, add another time or two.
 */
export function planRun(
  shape: readonly number[],
  options: EvalOptions,
  model: PlannedModel,
  elementBytes: number = 2,
): RunPlan {
  const split = splitOptions(options);
  const isVolume = split.volume.do3D || split.volume.stitchThreshold > 0;
  if (isVolume) refuseUnclearPlanes(shape, split.input);
  const picks = { ...split.input, nchan: model.nchan, do3D: isVolume };
  const { z, y, x } = convertAxes(shape, picks);
  const size: StackSize = [z < 0 ? 1 : shape[z], shape[y], shape[x]];
  const given = sizeOf(shape) * elementBytes;
  return planStack(size, split, model, given);
}

/** As `planRun`, of an image whose axes are settled and that takes `given` bytes. */
export function planStack(size: StackSize, split: SplitOptions, model: PlannedModel, given: number): RunPlan {
  const way = size[0] === 1 ? 'image' : split.volume.do3D ? 'volume' : 'planes';
  const plan = way === 'volume' ? planVolume(size, split, model) : planPlanes(size, split, model);
  const maxMemory = way === 'image' ? Infinity : split.volume.maxMemory;
  const slabBytes = [plan.slabBytes, smallestSlab].find((slab) => given + plan.bytes(slab) <= maxMemory);
  if (slabBytes === undefined) throw tooLarge(size, plan, split, given + plan.bytes(smallestSlab));
  const { netSize, tiles, work } = plan;
  return { way, size, netSize, tiles, work, bytes: given + plan.bytes(slabBytes), slabBytes };
}

/** Narrower slabs than this cost more time than they save memory. */
const smallestSlab = 2 ** 26;

interface Plan extends Pick<RunPlan, 'netSize' | 'tiles' | 'work' | 'slabBytes'> {
  readonly bytes: (slabBytes: number) => number;
}

/** While the image is scaled, resized, seen; while the sums are resized; flows, labels, and a slab or the histogram. */
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
  const image = 4 * sizeOf(size);
  const net = 4 * sizeOf(netSize);
  const out = split.dynamics.resample ? image : net;
  const resized = net === image ? 0 : net;
  // Planes at image size, as many as the network saw.
  const flat = (image * netSize[0]) / size[0];
  const bytes = (slab: number): number =>
    Math.max(
      (model.nchan + 1) * image,
      image + 2 * resized,
      5 * net,
      net === out ? 0 : Math.max(4 * net + out, net + 4 * out) + flat,
      5 * out + Math.max(Math.min(slab, 4 * out), out),
    );
  return { netSize, ...sum(passes), slabBytes: Math.min(Math.max(image / 2, smallestSlab), 2 ** 30), bytes };
}

/** All planes before, and their flows after the network; one plane at work at a time. */
function planPlanes(size: StackSize, split: SplitOptions, model: PlannedModel): Plan {
  const [lz, ly, lx] = size;
  const rescale = scaleOf(split, model);
  const [ny, nx] = [ly, lx].map((n) => Math.max(1, Math.trunc(n * rescale)));
  const image = 4 * sizeOf(size);
  const out = split.dynamics.resample ? image : 4 * lz * ny * nx;
  const plane = 4 * Math.max(ly * lx, ny * nx);
  const bytes = () => 3 * out + Math.max(model.nchan, 3) * image + 12 * plane;
  return { netSize: [lz, ny, nx], ...sum([tilesOf(ny, nx, split, lz)]), slabBytes: 0, bytes };
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

function tooLarge(size: StackSize, { netSize }: Plan, { volume }: SplitOptions, bytes: number): OptionError {
  const { maxMemory, do3D, anisotropy } = volume;
  const seen = size.join() === netSize.join() ? '' : `, for the network ${netSize.join(' × ')}`;
  const enlarged = sizeOf(netSize) > sizeOf(size);
  const remedies = [
    ...(do3D && enlarged && anisotropy > 1 ? ['a smaller anisotropy'] : []),
    ...(enlarged ? ['a larger diameter'] : ['resample: false']),
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
