/** Where the tiles of a picture lie. Source: cellpose 3.1 `transforms.make_tiles`. */
import { OptionError } from '../errors.ts';
import { checkSize } from './checkSize.ts';

export interface TileOptions {
  /** Tile size in pixels; default 224. */
  readonly bsize?: number | undefined;
  /** Overlap of neighbouring tiles as a fraction of the tile; held within 0.05–0.5; default 0.1. */
  readonly tileOverlap?: number | undefined;
  /** Half-overlapping tiles, flipped by turns, so that each place is seen in several orientations; default false. */
  readonly augment?: boolean | undefined;
}

/** Tiles in rows and columns; tile (j, i) begins at (ys[j], xs[i]) and is h × w pixels. */
export interface TileGrid {
  readonly ys: readonly number[];
  readonly xs: readonly number[];
  readonly h: number;
  readonly w: number;
  /** Size that the tiles cover: that of the picture, or with `augment` at least one tile (zeros below and right of it). */
  readonly ly: number;
  readonly lx: number;
  readonly augment: boolean;
}

/**
 * Lays tiles over a (padded) picture of (ly, lx) pixels, evenly spread, first and last at the borders.
 *
 * @throws OptionError if the size is below 1 × 1 or bsize is not a whole number from 1, or tileOverlap not within 0–1.
 */
export function tileGrid(ly: number, lx: number, options: TileOptions = {}): TileGrid {
  const { bsize = 224, tileOverlap = 0.1, augment = false } = options;
  checkSize('tileGrid', ly, lx);
  if (!(bsize >= 1) || !Number.isInteger(bsize)) {
    throw new OptionError('bsize', bsize, `tileGrid: bsize must be a whole number of pixels; got ${bsize}`);
  }
  if (!(tileOverlap >= 0 && tileOverlap <= 1)) {
    const message = `tileGrid: tileOverlap is a fraction of the tile, 0.05 to 0.5; got ${tileOverlap}`;
    throw new OptionError('tileOverlap', tileOverlap, message);
  }
  if (augment) {
    const [gly, glx] = [Math.max(ly, bsize), Math.max(lx, bsize)];
    const count = (size: number): number => Math.max(2, Math.ceil((2 * size) / bsize));
    const ys = spread(gly - bsize, count(gly));
    const xs = spread(glx - bsize, count(glx));
    return { ys, xs, h: bsize, w: bsize, ly: gly, lx: glx, augment };
  }
  const overlap = Math.min(0.5, Math.max(0.05, tileOverlap));
  const count = (size: number): number => (size <= bsize ? 1 : Math.ceil(((1 + 2 * overlap) * size) / bsize));
  const [h, w] = [Math.min(bsize, ly), Math.min(bsize, lx)];
  return { ys: spread(ly - h, count(ly)), xs: spread(lx - w, count(lx)), h, w, ly, lx, augment };
}

/** `count` whole numbers from 0 to `last`, rounded down as numpy's `linspace(0, last, count).astype(int)`. */
function spread(last: number, count: number): number[] {
  const step = count > 1 ? last / (count - 1) : 0;
  return Array.from({ length: count }, (_, k) => (k > 0 && k === count - 1 ? last : Math.trunc(k * step)));
}
