/** Makes the network's input tile by tile: window of the picture, resized, padded with zeros, channels first, flipped. */

import type { Window, WindowReader } from '../array/window.ts';
import { flipTile } from '../transforms/flipTile.ts';
import { linearResizer } from '../transforms/resizeLinear.ts';
import type { TileGrid } from '../transforms/tileGrid.ts';

export interface TileSource {
  /** Fills `tile` (nchan, h, w) with the tile in row j and column i of the grid. */
  read(j: number, i: number, tile: Float32Array): Promise<void>;
}

/**
 * Tiles of a picture that is resized to `size` and padded, without holding the resized picture.
 *
 * @param size  (ly, lx) of the resized picture.
 * @param origin  place (y, x) of its first pixel in the padded picture, over which the grid lies.
 */
export function tileSource(
  reader: WindowReader,
  size: readonly [number, number],
  origin: readonly [number, number],
  grid: TileGrid,
): TileSource {
  const { h, w } = grid;
  const { nchan } = reader;
  const readWindow = resizedReader(reader, size);
  return {
    async read(j, i, tile) {
      const [top, left] = [grid.ys[j] - origin[0], grid.xs[i] - origin[1]];
      const [y, x] = [Math.max(0, top), Math.max(0, left)];
      const window = { y, x, h: Math.min(top + h, size[0]) - y, w: Math.min(left + w, size[1]) - x };
      tile.fill(0);
      if (window.h <= 0 || window.w <= 0) return;
      const pixels = await readWindow(window);
      spreadChannels(pixels, window, nchan, tile, [h, w], [y - top, x - left]);
      if (grid.augment) flipTile(tile, h, w, [j, i]);
    },
  };
}

/** Reads windows of the picture as it is after resizing. */
function resizedReader(reader: WindowReader, [ly, lx]: readonly [number, number]): WindowReader['read'] {
  if (ly === reader.ly && lx === reader.lx) return (window) => reader.read(window);
  const resizer = linearResizer([reader.ly, reader.lx], [ly, lx], reader.nchan);
  let buffer = new Float32Array(0);
  return async (window) => {
    const from = resizer.sourceWindow(window);
    const needed = window.h * window.w * reader.nchan;
    if (buffer.length < needed) buffer = new Float32Array(needed);
    resizer.resize(await reader.read(from), from, window, buffer);
    return buffer;
  };
}

/** Copies pixels (h, w, nchan) of a window into the planes of a tile of the given size, at (atY, atX). */
function spreadChannels(
  pixels: Float32Array,
  window: Window,
  nchan: number,
  tile: Float32Array,
  [h, w]: readonly [number, number],
  [atY, atX]: readonly [number, number],
): void {
  for (let r = 0; r < window.h; r++) {
    const row = (atY + r) * w + atX;
    for (let c = 0; c < nchan; c++) {
      const to = c * h * w + row;
      let from = r * window.w * nchan + c;
      for (let k = 0; k < window.w; k++, from += nchan) tile[to + k] = pixels[from];
    }
  }
}
