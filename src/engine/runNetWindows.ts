/**
 * Runs a network over a picture in tiles, reading and writing by windows: memory does not grow with the height of the
 * picture. Source: cellpose 3.1 `core.run_net`.
 */
import type { FloatArray } from '../array/ndarray.ts';
import type { WindowReader, WindowWriter } from '../array/window.ts';
import { OptionError, ShapeError } from '../errors.ts';
import { averageTiles, type TileAverage } from '../transforms/averageTiles.ts';
import { flipTile, unflipOutput } from '../transforms/flipTile.ts';
import { getPadYX } from '../transforms/getPadYX.ts';
import { type TileGrid, type TileOptions, tileGrid } from '../transforms/tileGrid.ts';
import { netSize, type SizeLimits } from './runNetSize.ts';
import { normalizeStyle } from './runNetStyle.ts';
import { type TileSource, tileSource } from './runNetTiles.ts';
import type { TileNetwork, TileOutput } from './tileNetwork.ts';

export interface RunNetOptions extends TileOptions, Omit<SizeLimits, 'nout'> {
  /** Size of the network's input relative to the picture; default 1. */
  readonly rescale?: number | undefined;
  /** Largest number of tiles in one run; default 8. The network may prefer fewer. The result does not depend on it. */
  readonly batchSize?: number | undefined;
  /** Pictures of this size that the caller has at the same time, this one among them; default 1. The result does not depend on it. */
  readonly pictures?: number | undefined;
  /** Stops between runs, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each run. */
  readonly onProgress?: ((progress: TileProgress) => void) | undefined;
}

/** From so many tiles on a picture is large, and what it takes to start the network anew is little beside them. */
const manyTiles = 64;

export interface TileProgress {
  /** Tiles done. */
  readonly done: number;
  /** Tiles in all. */
  readonly total: number;
}

export interface NetSummary {
  /** (n): style of the picture, unit length. */
  readonly style: FloatArray;
  /** (ly, lx) of the network's output. */
  readonly netSize: readonly [number, number];
}

/**
 * Runs the network over a picture; the writer gets its output at network size, bands of rows from top to bottom.
 *
 * The picture is resized, padded with zeros (`getPadYX`), cut into tiles (`tileGrid`); outputs are averaged
 * (`averageTiles`) in the order of the grid, so that batch size and number of runs under way do not change a bit.
 *
 * @throws OptionError for options that cannot work, for sizes beyond `memoryLimit` (see `netSize`).
 * @throws ShapeError if the picture has another number of channels than the network.
 */
export async function runNetWindows(
  net: TileNetwork,
  reader: WindowReader,
  makeWriter: (netSize: readonly [number, number]) => WindowWriter,
  options: RunNetOptions = {},
): Promise<NetSummary> {
  const { rescale = 1, bsize = 224, batchSize = 8 } = options;
  if (reader.nchan !== net.nchan) {
    throw new ShapeError('runNet', `(ly, lx, ${net.nchan})`, [reader.ly, reader.lx, reader.nchan]);
  }
  if (!(bsize >= 16) || bsize % 8 !== 0) {
    throw new OptionError('bsize', bsize, `runNet: bsize must be a multiple of 8 from 16 on; got ${bsize}`);
  }
  if (!(batchSize >= 1) || !Number.isInteger(batchSize)) {
    throw new OptionError(
      'batchSize',
      batchSize,
      `runNet: batchSize must be a whole number from 1 on; got ${batchSize}`,
    );
  }
  const size = netSize(reader.ly, reader.lx, rescale, { ...options, nout: net.nout });
  const [above, below, left, right] = getPadYX(size[0], size[1]);
  const grid = tileGrid(size[0] + above + below, size[1] + left + right, { ...options, bsize });
  const writer = makeWriter(size);
  const inner = { y: above, x: left, h: size[0], w: size[1] };
  const average = averageTiles(grid, net.nout, inner, (band, values) => writer.write(band, values));
  const tiles = tileSource(reader, size, [above, left], grid);
  const style = await runTiles(net, tiles, grid, average, { ...options, batchSize });
  if (grid.ys.length * grid.xs.length >= manyTiles) await net.rest?.();
  normalizeStyle(style);
  return { style: { data: style, shape: [style.length] }, netSize: size };
}

/** Runs all tiles, `net.concurrency` runs at a time, and adds up their results in order. Returns the sum of styles. */
async function runTiles(
  net: TileNetwork,
  tiles: TileSource,
  grid: TileGrid,
  average: TileAverage,
  { signal, onProgress, batchSize, pictures = 1 }: RunNetOptions & { batchSize: number },
): Promise<Float32Array> {
  const total = grid.ys.length * grid.xs.length;
  const perRun = Math.max(1, Math.min(batchSize, net.tilesPerRun, total));
  const spare: Float32Array[] = [];
  const underWay: Run[] = [];
  let style: Float32Array | undefined;
  let started = 0;
  let done = 0;
  try {
    while (done < total) {
      signal?.throwIfAborted();
      if (started < total && underWay.length < Math.max(1, net.concurrency)) {
        const buffer = spare.pop() ?? new Float32Array(perRun * net.nchan * grid.h * grid.w);
        const run = await startRun(
          net,
          tiles,
          grid,
          buffer,
          [started, Math.min(perRun, total - started)],
          pictures * total,
        );
        underWay.push(run);
        started += run.count;
        continue;
      }
      const run = underWay[0];
      const output = await run.output;
      underWay.shift();
      spare.push(run.buffer);
      style = addStyles(style, output, run.count);
      await addOutputs(average, output, run, grid, net);
      done += run.count;
      onProgress?.({ done, total });
    }
  } finally {
    await Promise.allSettled(underWay.map((run) => run.output));
  }
  return style ?? new Float32Array(0);
}

interface Run {
  readonly first: number;
  readonly count: number;
  readonly buffer: Float32Array;
  readonly output: Promise<TileOutput>;
}

/** Reads `count` tiles from the `first` on into the buffer and hands them to the network. */
async function startRun(
  net: TileNetwork,
  tiles: TileSource,
  grid: TileGrid,
  buffer: Float32Array,
  [first, count]: readonly [number, number],
  inAll: number,
): Promise<Run> {
  const size = net.nchan * grid.h * grid.w;
  const data = buffer.subarray(0, count * size);
  for (let k = 0; k < count; k++) {
    const [j, i] = place(grid, first + k);
    await tiles.read(j, i, data.subarray(k * size, (k + 1) * size));
  }
  const output = net.forward({ data, shape: [count, net.nchan, grid.h, grid.w] }, inAll);
  output.catch(() => undefined); // a failure is met where the result is awaited
  return { first, count, buffer, output };
}

/** Row and column of the n-th tile. */
function place({ xs }: TileGrid, n: number): [number, number] {
  return [Math.floor(n / xs.length), n % xs.length];
}

async function addOutputs(
  average: TileAverage,
  { y }: TileOutput,
  { first, count }: Run,
  grid: TileGrid,
  { nout, hasFlows = true }: TileNetwork,
): Promise<void> {
  const unflip = hasFlows ? unflipOutput : flipTile;
  const size = nout * grid.h * grid.w;
  if (y.data.length !== count * size)
    throw new ShapeError('runNet', `(${count}, ${nout}, ${grid.h}, ${grid.w})`, y.shape);
  for (let k = 0; k < count; k++) {
    const tile = y.data.subarray(k * size, (k + 1) * size);
    if (grid.augment) unflip(tile, grid.h, grid.w, place(grid, first + k));
    await average.add(tile);
  }
}

function addStyles(sum: Float32Array | undefined, { style }: TileOutput, count: number): Float32Array {
  const n = style.data.length / count;
  const total = sum ?? new Float32Array(n);
  for (let k = 0; k < style.data.length; k++) total[k % n] += style.data[k];
  return total;
}
