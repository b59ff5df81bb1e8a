/**
 * Augmentation for training: each image is mirrored, turned, scaled and moved by chance, and a tile is cut out of it, the same
 * way for pixels and labels. Chance comes as plain numbers that can be kept and played again.
 * Source: cellpose 3.1 `transforms.random_rotate_and_resize`.
 */
import { type FloatArray, sizeOf } from '../array/ndarray.ts';
import type { Random } from '../array/random.ts';
import { OptionError, ShapeError } from '../errors.ts';
import { type AffineMap, warpAffine } from './warpAffine.ts';

/** What chance decides for one image: numbers from 0 to below 1, in the order in which Cellpose draws them. */
export interface AugmentationDraw {
  /** Above 0.5: mirrored left to right. */
  readonly flip: number;
  /** Share of a full turn. */
  readonly angle: number;
  /** Place within the range of scales. */
  readonly scale: number;
  /** Place of the tile within what the scaled image has more than it. */
  readonly shiftX: number;
  readonly shiftY: number;
}

export function drawAugmentation(random: Random): AugmentationDraw {
  return { flip: random(), angle: random(), scale: random(), shiftX: random(), shiftY: random() };
}

export interface AugmentationOptions {
  /** Labels of each image, (n, ly, lx): the first plane is read at the nearest pixel, the others between pixels. */
  readonly labels?: readonly FloatArray[];
  /** What to do with each image. */
  readonly draws: readonly AugmentationDraw[];
  /** Scales lie between 1 − half of this and 1 + half of it, 0–2. @default 1 */
  readonly scaleRange?: number;
  /** Each image is made smaller by this first: its diameter over the network's, for example. @default 1 for all */
  readonly rescale?: readonly number[];
  /** Size of tiles, (ly, lx). @default [224, 224] */
  readonly size?: readonly [number, number];
  /** @default true */
  readonly flip?: boolean;
  /** @default true */
  readonly rotate?: boolean;
  /** What the last two planes of the labels are: flows y and x, which turn with the image, or nothing special. @default 'flows' */
  readonly lastLabels?: 'flows' | 'plain';
}

export interface Augmented {
  /** (images, nchan, ly, lx). */
  readonly images: FloatArray;
  /** (images, n, ly, lx), where labels were given. */
  readonly labels?: FloatArray;
  /** By how much each image was enlarged, float32. */
  readonly scale: Float32Array;
}

/**
 * @param images  each (nchan, ly, lx), of any sizes. Not changed.
 * @throws ShapeError if images have other numbers of channels, or labels other sizes than their images; OptionError if draws or
 *   rescale are not as many as images.
 */
export function randomRotateAndResize(images: readonly FloatArray[], options: AugmentationOptions): Augmented {
  const { labels, draws, rescale, size = [224, 224], lastLabels = 'flows' } = options;
  check(images, options);
  const nchan = images[0].shape[0];
  const planes = labels?.[0].shape[0] ?? 0;
  const pixels = size[0] * size[1];
  const out = new Float32Array(images.length * nchan * pixels);
  const outLabels = new Float32Array(images.length * planes * pixels);
  const scale = new Float32Array(images.length);
  for (const [n, image] of images.entries()) {
    const [, ly, lx] = image.shape;
    const geometry = geometryOf(draws[n], [ly, lx], rescale?.[n], options);
    scale[n] = geometry.scale;
    const tile = { image, size, geometry };
    for (let k = 0; k < nchan; k++) warpPlane(tile, k, 'linear', out.subarray((n * nchan + k) * pixels));
    if (!labels) continue;
    const target = outLabels.subarray(n * planes * pixels, (n + 1) * planes * pixels);
    const source = { ...tile, image: labels[n] };
    for (let k = 0; k < planes; k++) warpPlane(source, k, k === 0 ? 'nearest' : 'linear', target.subarray(k * pixels));
    if (planes > 1 && lastLabels === 'flows') turnFlows(target.subarray((planes - 2) * pixels), pixels, geometry);
  }
  return {
    images: { data: out, shape: [images.length, nchan, ...size] },
    ...(labels && { labels: { data: outLabels, shape: [images.length, planes, ...size] } }),
    scale,
  };
}

interface Geometry {
  readonly flip: boolean;
  /** In radians. */
  readonly angle: number;
  readonly scale: number;
  readonly map: AffineMap;
}

/** The image's centre goes to the tile's centre and then by the shift; points are rounded to float32, as OpenCV takes them. */
function geometryOf(
  draw: AugmentationDraw,
  [ly, lx]: readonly [number, number],
  rescale: number | undefined,
  { scaleRange = 1, size = [224, 224], flip = true, rotate = true }: AugmentationOptions,
): Geometry {
  const range = Math.max(0, Math.min(2, scaleRange));
  const f = Math.fround;
  const drawn = f(1 - range / 2 + range * draw.scale);
  const scale = rescale === undefined ? drawn : f(drawn * (1 / rescale));
  const angle = rotate ? draw.angle * Math.PI * 2 : 0;
  const shiftX = (draw.shiftX - 0.5) * Math.max(0, lx * scale - size[1]);
  const shiftY = (draw.shiftY - 0.5) * Math.max(0, ly * scale - size[0]);
  const centre = [lx / 2 - (lx - size[1]) / 2 + shiftX, ly / 2 - (ly - size[0]) / 2 + shiftY];
  const [x, y] = centre.map(f);
  const alongX = [f(centre[0] + scale * Math.cos(angle)) - x, f(centre[1] + scale * Math.sin(angle)) - y];
  const right = Math.PI / 2 + angle;
  const alongY = [f(centre[0] + scale * Math.cos(right)) - x, f(centre[1] + scale * Math.sin(right)) - y];
  const offset = (k: 0 | 1, to: number) => to - alongX[k] * (lx / 2) - alongY[k] * (ly / 2);
  const map: AffineMap = [alongX[0], alongY[0], offset(0, x), alongX[1], alongY[1], offset(1, y)];
  return { flip: flip && draw.flip > 0.5, angle, scale, map };
}

interface Tile {
  readonly image: FloatArray;
  readonly size: readonly [number, number];
  readonly geometry: Geometry;
}

function warpPlane({ image, size, geometry }: Tile, k: number, sampling: 'linear' | 'nearest', to: Float32Array): void {
  const [, ly, lx] = image.shape;
  const plane = image.data.subarray(k * ly * lx, (k + 1) * ly * lx);
  const data = geometry.flip ? mirrored(plane, lx) : plane;
  warpAffine({ data, ly, lx }, { data: to, ly: size[0], lx: size[1] }, geometry.map, sampling);
}

function mirrored(plane: Float32Array, lx: number): Float32Array {
  const out = plane.slice();
  for (let at = 0; at < out.length; at += lx) out.subarray(at, at + lx).reverse();
  return out;
}

/** Vectors turn with the picture; their x changes its sign in a mirrored one. */
function turnFlows(flows: Float32Array, n: number, { flip, angle }: Geometry): void {
  const f = Math.fround;
  const sin = f(Math.sin(-angle));
  const cos = f(Math.cos(-angle));
  for (let i = 0; i < n; i++) {
    const y = flows[i];
    const x = flip ? -flows[n + i] : flows[n + i];
    flows[i] = f(f(-x * sin) + f(y * cos));
    flows[n + i] = f(f(x * cos) + f(y * sin));
  }
}

function check(images: readonly FloatArray[], { labels, draws, rescale }: AugmentationOptions): void {
  for (const [option, list] of Object.entries({ labels, draws, rescale }))
    if (list && list.length !== images.length)
      throw new OptionError(
        option,
        list,
        `randomRotateAndResize: needs as many ${option} as images, ${images.length}; got ${list.length}`,
      );
  for (const [n, { data, shape }] of images.entries()) {
    if (shape.length !== 3 || shape[0] !== images[0].shape[0] || sizeOf(shape) !== data.length)
      throw new ShapeError('randomRotateAndResize', `images (${images[0].shape[0]}, ly, lx)`, shape);
    const own = labels?.[n].shape;
    if (own && (own.length !== 3 || own[0] !== labels[0].shape[0] || own[1] !== shape[1] || own[2] !== shape[2]))
      throw new ShapeError('randomRotateAndResize', `labels (${labels[0].shape[0]}, ${shape[1]}, ${shape[2]})`, own);
  }
}
