/**
 * Finds the ranges that a network's values take over some tiles, for computing in 8-bit numbers: the smallest and the
 * largest over all tiles. Of the ways to choose ranges that were tried (least squares, percentiles), none gave better cells.
 */
import { createSession } from '#platform';
import type { FloatArray, NdArray } from '../array/ndarray.ts';
import type { StateDict } from '../array/stateDict.ts';
import { OptionError } from '../errors.ts';
import { encodeOnnx } from '../graph/onnx/encode.ts';
import { valuesToCalibrate } from '../graph/passes/quantize.ts';
import type { BoundGraph } from '../graph/passes/splitUpsampledConv.ts';
import { threadCount } from '../kernels/threadCount.ts';
import { cpnet } from '../nets/cpnet.ts';
import { readCPnetState } from '../nets/cpnetState.ts';
import { checkTiles } from './checkTiles.ts';
import { type ActivationRanges, fingerprint, foldForQuantization } from './precision.ts';
import { SessionCache } from './sessionCache.ts';

export interface CalibrateOptions {
  /** Processor threads; default: all. */
  readonly threads?: number;
  /** As for the network that will use the ranges. */
  readonly styleOn?: boolean;
  readonly maxPool?: boolean;
  /** Ends the work within a tile. */
  readonly signal?: AbortSignal;
}

/**
 * Runs the float network over tiles and keeps the range of each value that is to be held in 8 bits.
 *
 * @param tiles  arrays (n, nchan, h, w), scaled as the network expects, h and w divisible by 8, of one size or several;
 *   8 to 20 tiles of the images to be segmented, of all their kinds. What lies far beyond all of them will be cut off.
 * @returns      plain data for `NetworkOptions.ranges`; it can be kept as JSON.
 * @throws OptionError ('tiles') where there is no tile, or where pixels or what the network makes of them are not finite;
 *   ShapeError for tiles of another shape; as `createNetwork` for the weights.
 */
export async function calibrate(
  stateDict: StateDict,
  tiles: readonly FloatArray[],
  options: CalibrateOptions = {},
): Promise<ActivationRanges> {
  const { styleOn = true, maxPool = true } = options;
  const threads = threadCount('calibrate', options.threads);
  const { config, weights } = readCPnetState(stateDict);
  const nchan = config.nbase[0];
  for (const { shape } of tiles) checkTiles('calibrate', shape, nchan, 2 ** (config.nbase.length - 2));
  if (tiles.length === 0) throw new OptionError('tiles', tiles, 'calibrate: needs tiles, better 8 to 20; got none');
  const sessions = new SessionCache(1, ([ly, lx]) => {
    const whole = cpnet({ ...config, styleOn, maxPool }, { batch: 1, ly, lx });
    const { graph, weights: bound } = withExtremes(foldForQuantization(whole, weights));
    return createSession(encodeOnnx(graph, bound), { threads });
  });
  const values: Record<string, [number, number]> = {};
  let count = 0;
  try {
    for (const x of tiles.flatMap(oneByOne)) {
      options.signal?.throwIfAborted();
      widen(values, await sessions.use(x.shape.slice(2), (session) => session.run({ x })), count++);
    }
  } finally {
    await sessions.release();
  }
  return { format: 'cellpose-ts ranges', version: 1, weights: fingerprint(weights), tiles: count, values };
}

function oneByOne({ data, shape: [batch, ...shape] }: FloatArray): FloatArray[] {
  const n = data.length / batch!;
  return Array.from({ length: batch! }, (_, i) => ({ data: data.subarray(i * n, (i + 1) * n), shape: [1, ...shape] }));
}

/** The graph with the smallest and the largest of each value as outputs, `min …` and `max …`. */
function withExtremes({ graph, weights }: BoundGraph): BoundGraph {
  for (const value of valuesToCalibrate(graph, weights)) {
    const attributes = { axes: [0, 1, 2, 3], keepdims: false };
    graph.output(`min ${value.name}`, graph.add('ReduceMin', [value], attributes));
    graph.output(`max ${value.name}`, graph.add('ReduceMax', [value], attributes));
  }
  return { graph, weights };
}

type Outputs = Readonly<Record<string, NdArray<Float32Array>>>;

function widen(values: Record<string, [number, number]>, outputs: Outputs, tile: number): void {
  // Extremes of numbers that are not all finite may look finite; the result cannot, it depends on all of them.
  if (!outputs['y'].data.every(Number.isFinite))
    throw new OptionError(
      'tiles',
      tile,
      `calibrate: needs tiles of finite numbers that the network can follow; from tile ${tile} it makes numbers that are not finite`,
    );
  for (const output of Object.keys(outputs)) {
    if (!output.startsWith('min ')) continue;
    const name = output.slice('min '.length);
    const [min, max] = ['min', 'max'].map((which) => +outputs[`${which} ${name}`].data[0].toPrecision(6));
    const [low, high] = values[name] ?? [min, max];
    values[name] = [Math.min(low, min), Math.max(high, max)];
  }
}
