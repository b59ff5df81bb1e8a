/**
 * A volume in scratch storage, to be read and written by blocks of planes along any of its axes. It lies there in bricks: each axis
 * is cut into sixteen parts, so that a block along z is one run of numbers, one along y sixteen, and one along x 256.
 */
import type { Scratch } from './scratch.ts';

/** Axes are 0 z, 1 y, 2 x. */
export type VolumeAxis = 0 | 1 | 2;
type Size = readonly [lz: number, ly: number, lx: number];

/** The k-th of the blocks of neighbouring planes along an axis: those from `from` to before `to`. */
export interface VolumeBlock {
  readonly axis: VolumeAxis;
  readonly k: number;
  readonly from: number;
  readonly to: number;
}

export interface ScratchVolume {
  readonly size: Size;
  /** Interleaved values of a voxel. */
  readonly nchan: number;
  /** All blocks along an axis, in order. Volumes of the same extent there have the same blocks. */
  blocks(axis: VolumeAxis): VolumeBlock[];
  /** (lz, ly, lx) of a block. */
  blockSize(block: VolumeBlock): Size;
  /** Values of a block, (lz, ly, lx, nchan): a new array, or the beginning of one that has room for them. */
  read(block: VolumeBlock, into?: Float32Array): Promise<Float32Array>;
  write(block: VolumeBlock, values: Float32Array): Promise<void>;
  /** Gives the room back. */
  release(): Promise<void>;
}

/** Parts that an axis is cut into, if it has as many planes. */
const parts = 16;

/** Makes room for a volume, all 0. */
export async function createScratchVolume(scratch: Scratch, size: Size, nchan: number = 1): Promise<ScratchVolume> {
  const file = await scratch.create(size[0] * size[1] * size[2] * nchan);
  const cuts = size.map(cutsOf);
  const volume = { size, nchan };
  return {
    ...volume,
    blocks: (axis) => volumeBlocks(size, axis),
    blockSize: (block) => blockSize(size, block),
    async read(block, into) {
      const [dz, dy, dx] = blockSize(size, block);
      const length = dz * dy * dx * nchan;
      const values = into?.subarray(0, length) ?? new Float32Array(length);
      const buffer = new Float32Array(longestRun(volume, cuts, block));
      for (const run of runsOf(volume, cuts, block)) {
        const numbers = buffer.subarray(0, run.length);
        await file.read(run.at, numbers);
        eachRow(run.bricks, nchan, [dy, dx], (at, row, n) => values.set(numbers.subarray(at, at + n), row));
      }
      return values;
    },
    async write(block, values) {
      const [, dy, dx] = blockSize(size, block);
      const buffer = new Float32Array(longestRun(volume, cuts, block));
      for (const run of runsOf(volume, cuts, block)) {
        const numbers = buffer.subarray(0, run.length);
        eachRow(run.bricks, nchan, [dy, dx], (at, row, n) => numbers.set(values.subarray(row, row + n), at));
        await file.write(run.at, numbers);
      }
    },
    release: () => file.release(),
  };
}

/** The blocks along an axis that volumes of this size have. */
export function volumeBlocks(size: Size, axis: VolumeAxis): VolumeBlock[] {
  return cutsOf(size[axis]).map(([from, to], k) => ({ axis, k, from, to }));
}

/** The largest share of a volume that a block has. */
export function blockShare(size: Size): number {
  return Math.max(...size.map((n) => Math.ceil(n / parts) / n));
}

type Cut = readonly [from: number, to: number];

function cutsOf(n: number): Cut[] {
  const step = Math.ceil(n / parts);
  return Array.from({ length: Math.ceil(n / step) }, (_, k) => [k * step, Math.min(n, (k + 1) * step)]);
}

function blockSize(size: Size, { axis, from, to }: VolumeBlock): Size {
  const [lz, ly, lx] = size.map((n, other) => (other === axis ? to - from : n));
  return [lz, ly, lx];
}

/** Places of a brick along z, y, x, counted from the corner of a block. */
type Brick = readonly [z: Cut, y: Cut, x: Cut];

/** Bricks of a block that lie one after the other. */
interface Run {
  readonly at: number;
  readonly length: number;
  readonly bricks: readonly Brick[];
}

function* runsOf(
  { size: [, ly, lx], nchan }: Pick<ScratchVolume, 'size' | 'nchan'>,
  cuts: readonly (readonly Cut[])[],
  block: VolumeBlock,
): Generator<Run> {
  const [zs, ys, xs] = cuts.map((all, axis) => (axis === block.axis ? [all[block.k]] : all));
  const [z0, y0, x0] = [zs[0][0], ys[0][0], xs[0][0]];
  for (const [zFrom, zTo] of zs) {
    const dz = zTo - zFrom;
    for (const [yFrom, yTo] of ys) {
      const dy = yTo - yFrom;
      yield {
        at: (zFrom * ly * lx + dz * (yFrom * lx + dy * x0)) * nchan,
        length: dz * dy * (xs[xs.length - 1][1] - x0) * nchan,
        bricks: xs.map(([from, to]) => [
          [zFrom - z0, zTo - z0],
          [yFrom - y0, yTo - y0],
          [from - x0, to - x0],
        ]),
      };
    }
  }
}

function longestRun(...args: Parameters<typeof runsOf>): number {
  let longest = 0;
  for (const { length } of runsOf(...args)) longest = Math.max(longest, length);
  return longest;
}

/** Visits the rows of the bricks of a run: where each begins in the run and in the block, and how many values it has. */
function eachRow(
  bricks: readonly Brick[],
  nchan: number,
  [ly, lx]: readonly [number, number],
  visit: (at: number, row: number, n: number) => void,
): void {
  let at = 0;
  for (const [[z0, z1], [y0, y1], [x0, x1]] of bricks) {
    const n = (x1 - x0) * nchan;
    for (let z = z0; z < z1; z++) for (let y = y0; y < y1; y++, at += n) visit(at, ((z * ly + y) * lx + x0) * nchan, n);
  }
}
