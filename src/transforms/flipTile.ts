/**
 * Flips tiles for test-time augmentation, and undoes it on what the network made of them.
 * Source: cellpose 3.1 `transforms.make_tiles` and `unaugment_tiles`.
 */

/** Flips the tile (j, i) in place. `tile` is (channels, h, w). */
export function flipTile(tile: Float32Array, h: number, w: number, [j, i]: readonly [number, number]): void {
  const { flipY, flipX } = tileFlip(j, i);
  for (let start = 0; start < tile.length; start += h * w) {
    const plane = tile.subarray(start, start + h * w);
    if (flipY && flipX) plane.reverse();
    else if (flipY) reverseRows(plane, h, w);
    else if (flipX) for (let y = 0; y < h; y++) plane.subarray(y * w, y * w + w).reverse();
  }
}

/**
 * Turns the network's output for the flipped tile (j, i) back, in place: the flow changes sign along a flipped axis.
 * `output` is (flow y, flow x, cell probability, …; h; w).
 */
export function unflipOutput(output: Float32Array, h: number, w: number, [j, i]: readonly [number, number]): void {
  flipTile(output, h, w, [j, i]);
  const { flipY, flipX } = tileFlip(j, i);
  if (flipY) negate(output.subarray(0, h * w));
  if (flipX) negate(output.subarray(h * w, 2 * h * w));
}

/** How the tile in row j and column i of an augmented grid is turned: odd columns upside down, odd rows left to right. */
function tileFlip(j: number, i: number): { flipY: boolean; flipX: boolean } {
  return { flipY: i % 2 === 1, flipX: j % 2 === 1 };
}

function reverseRows(plane: Float32Array, h: number, w: number): void {
  const row = new Float32Array(w);
  for (let top = 0, bottom = h - 1; top < bottom; top++, bottom--) {
    row.set(plane.subarray(top * w, top * w + w));
    plane.copyWithin(top * w, bottom * w, bottom * w + w);
    plane.set(row, bottom * w);
  }
}

function negate(values: Float32Array): void {
  for (let k = 0; k < values.length; k++) values[k] = -values[k];
}
