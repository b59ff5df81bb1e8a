/**
 * `cellpose-ts make_train`: cuts pictures to be labelled out of stacks, from planes at random places along each axis, so that
 * a network learns how the cells look from all sides. Source: Cellpose 3.1, gui/make_train.py; other random numbers.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  convertImage,
  type NdArray,
  normalize99Tile,
  randomOrder,
  resizeImage,
  seededRandom,
  smoothSharpenImg,
  writeTiff,
} from 'cellpose-ts';
import { checkFlags } from './checkFlags.ts';
import { describeError } from './describeError.ts';
import { RunError, UsageError } from './errors.ts';
import { evalOptions } from './evalOptions.ts';
import type { Args } from './flags.ts';
import type { Host } from './host.ts';
import { imagesOf } from './imagesOf.ts';
import type { Parsed } from './parseFlags.ts';
import { readPicture } from './readPicture.ts';
import { writeWhole } from './wholeFile.ts';
import { imagePlace } from './zarrFolder.ts';

type Random = ReturnType<typeof seededRandom>;
type Volume = NdArray<Float32Array>;

/** Along which axis (z, x, y) planes are taken, and what is then seen. */
const views = [
  { name: 'YX', axis: 0 },
  { name: 'ZY', axis: 2 },
  { name: 'ZX', axis: 1 },
] as const;

/** @returns the exit code: 1 if an image could not be cut. @throws UsageError, RunError */
export async function makeTrain(parsed: Parsed, host: Host): Promise<number> {
  const { args } = parsed;
  checkFlags(parsed);
  if (args.dry_run) throw new UsageError('--dry_run: says what would be segmented; make_train has no such thing');
  if (args.dir === null && args.image_path === null)
    throw new UsageError('make_train: needs --dir FOLDER or --image_path FILE, the stacks to cut pictures out of');
  const images = await imagesOf(args);
  const random = seededRandom(args.seed);
  let [written, failed] = [0, 0];
  const folders = new Set<string>();
  const owners = new Map<string, string>();
  for (const image of images) {
    const folder = join(args.savedir ?? imagePlace(image).folder, 'train');
    try {
      const start = join(folder, imagePlace(image).stem);
      const owner = owners.get(start);
      if (owner !== undefined)
        throw new RunError(`its pictures would replace those of ${owner}; rename one of the two`);
      owners.set(start, image);
      await mkdir(folder, { recursive: true });
      const pieces = await cut(image, args, random);
      for (const { name, picture } of pieces) {
        await (host.writeFile ?? writeWhole)(join(folder, name), writeTiff(picture, { rgb: false }));
      }
      folders.add(folder);
      written += pieces.length;
      host.stdout.write(`${image}: ${plural(pieces.length)}\n`);
    } catch (error) {
      failed++;
      host.stderr.write(`${image}: FAILED: ${describeError(error)}\n`);
    }
  }
  host.stdout.write(`${plural(written)} in ${[...folders].join(', ')}; label them and train with --train --dir\n`);
  return failed > 0 ? 1 : 0;
}

function plural(pictures: number): string {
  return pictures === 1 ? '1 picture' : `${pictures} pictures`;
}

interface Piece {
  readonly name: string;
  readonly picture: NdArray;
}

async function cut(path: string, args: Args, random: Random): Promise<Piece[]> {
  const { image, axes } = await readPicture(path);
  const { channels, channelAxis, zAxis, tAxis } = evalOptions(args, { estimatesDiameter: true }, axes);
  const { image: converted } = convertImage(image, { channels, channelAxis, zAxis: zAxis ?? tAxis, nchan: 2 });
  const [ly, lx, nchan] = converted.shape.slice(-3) as [number, number, number];
  const lz = converted.data.length / (ly * lx * nchan);
  const volume: Volume = { data: converted.data as Float32Array, shape: [lz, ly, lx, nchan] };
  // A picture has one side only.
  return (lz === 1 ? views.slice(0, 1) : views).flatMap(({ name, axis }) => {
    const planes = randomOrder(volume.shape[axis]!, random).subarray(0, args.nimg_per_tif);
    return [...planes].map((at, k) => {
      const plane = prepared(planeOf(volume, axis, at), axis, args);
      const file = `${imagePlace(path).stem}_${name}_${k}.tif`;
      return { name: file, picture: withoutEmptyChannel(crop(plane, args.crop_size, random)) };
    });
  });
}

/** The plane (rows, columns, channels) at a place along an axis of a volume; z comes first where it is one of the two. */
function planeOf({ data, shape }: Volume, axis: 0 | 1 | 2, at: number): Volume {
  const [, ly, lx, nchan] = shape as [number, number, number, number];
  const strides = [ly * lx * nchan, lx * nchan, nchan];
  const [rows, columns] = [0, 1, 2].filter((other) => other !== axis) as [number, number];
  const [height, width] = [shape[rows]!, shape[columns]!];
  const out = new Float32Array(height * width * nchan);
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      const from = at * strides[axis]! + i * strides[rows]! + j * strides[columns]!;
      out.set(data.subarray(from, from + nchan), (i * width + j) * nchan);
    }
  }
  return { data: out, shape: [height, width, nchan] };
}

/** Planes along z as far apart as pixels are; then what the flags want of the intensities. */
function prepared(plane: Volume, axis: number, { anisotropy, tile_norm, sharpen_radius }: Args): Volume {
  const [height, width] = plane.shape as [number, number];
  let picture = axis > 0 && anisotropy > 1 ? resizeImage(plane, Math.floor(anisotropy * height), width) : plane;
  if (tile_norm > 0) picture = normalize99Tile(picture, { blocksize: tile_norm }) as Volume;
  if (sharpen_radius > 0) picture = smoothSharpenImg(picture, { sharpenRadius: sharpen_radius }) as Volume;
  return picture;
}

/** A square of the plane at a random place, or all of it where that is smaller. */
function crop({ data, shape }: Volume, size: number, random: Random): Volume {
  const [ly, lx, nchan] = shape as [number, number, number];
  const [y, x] = [ly, lx].map((length) => Math.floor(random() * Math.max(1, length - size))) as [number, number];
  const [height, width] = [Math.min(size, ly), Math.min(size, lx)];
  const out = new Float32Array(height * width * nchan);
  for (let i = 0; i < height; i++) {
    const from = ((y + i) * lx + x) * nchan;
    out.set(data.subarray(from, from + width * nchan), i * width * nchan);
  }
  return { data: out, shape: [height, width, nchan] };
}

/** (2, y, x), or (y, x) where the second channel has nothing in it: fewer to choose from for who labels. */
function withoutEmptyChannel({ data, shape }: Volume): NdArray {
  const [ly, lx, nchan] = shape as [number, number, number];
  const channel = (c: number) => Float32Array.from({ length: ly * lx }, (_, i) => data[i * nchan + c]!);
  const all = Array.from({ length: nchan }, (_, c) => channel(c));
  const used = all.filter((values, c) => c === 0 || values.some((v) => v !== 0));
  if (used.length === 1) return { data: used[0]!, shape: [ly, lx] };
  const out = new Float32Array(used.length * ly * lx);
  for (const [c, values] of used.entries()) out.set(values, c * values.length);
  return { data: out, shape: [used.length, ly, lx] };
}
