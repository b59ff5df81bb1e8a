/**
 * A network that is ready to run: weights bound to CPnet's graph, encoded and compiled once for each size of tile.
 *
 * Tiles run one at a time in each session, while the caller prepares the next; a lone tile has all threads, many are shared
 * out among two sessions (`SessionLanes`). Measured on two cores with tiles of 224 × 224, in ms a tile: one session on two
 * threads 162, two of one thread each 134, and while the caller uses half a core 217 against 160; batches of several in one
 * session cost memory (batch 8: three times) and win nothing. The same bits come out for any number of threads and any batch.
 */
import { createSession, prepareSessions, sessionsSideBySide } from '#platform';
import type { NdArray } from '../array/ndarray.ts';
import type { StateDict } from '../array/stateDict.ts';
import { OptionError } from '../errors.ts';
import { encodeOnnx } from '../graph/onnx/encode.ts';
import { threadCount } from '../kernels/threadCount.ts';
import { cpnet } from '../nets/cpnet.ts';
import { type CPnetDescription, readCPnetState } from '../nets/cpnetState.ts';
import type { Device } from '../platform/types.ts';
import { checkTiles } from './checkTiles.ts';
import { type PrecisionOptions, planPrecision } from './precision.ts';
import { SessionLanes } from './sessionLanes.ts';
import type { TileNetwork, TileOutput } from './tileNetwork.ts';

export interface NetworkOptions extends PrecisionOptions {
  /** Processor threads; default: all. The numbers that come out do not depend on it. */
  readonly threads?: number;
  /** What shall compute; default 'cpu'. */
  readonly device?: Device;
  /** False: the upward path sees zeros in place of the style. Default true. */
  readonly styleOn?: boolean;
  /** Between levels take the largest (true, default) or the mean of each 2 × 2 square. */
  readonly maxPool?: boolean;
  /** False: all outputs are classes, none a flow. Default true where there are three or more outputs. */
  readonly hasFlows?: boolean;
}

/** A `TileNetwork` with its description, to be released after use. */
export interface Network extends TileNetwork {
  readonly config: CPnetDescription;
  /** The networks whose average this is; absent for one alone. */
  readonly members?: readonly Network[];
  /** Frees the compiled networks once the runs under way are done; afterwards `forward` throws. */
  release(): Promise<void>;
}

/**
 * Reads weights and makes them ready to run. Nothing is compiled before the first tile.
 *
 * @throws FormatError, UnsupportedError  where the weights are not those of a CPnet; see `readCPnetState`.
 * @throws OptionError                    where `threads` is not a whole number from 1; for `precision` and `ranges` as `planPrecision`.
 */
export async function createNetwork(stateDict: StateDict, options: NetworkOptions = {}): Promise<Network> {
  const { styleOn = true, maxPool = true, device = 'cpu' } = options;
  const threads = threadCount('createNetwork', options.threads);
  checkDevice(device);
  prepareSessions(threads > 1 ? 2 : 1);
  const { config: read, weights } = readCPnetState(stateDict);
  const config = { ...read, styleOn, maxPool };
  const precision = planPrecision(weights, options);
  const makeModel = ([ly, lx]: readonly number[]) => {
    const lean = precision.prepare(cpnet(config, { batch: 1, ly, lx }));
    return encodeOnnx(lean.graph, lean.weights);
  };
  const sessions = new SessionLanes(threads, sessionsSideBySide, makeModel, (model, share) =>
    createSession(model, { threads: share, device }),
  );
  const nchan = config.nbase[0];
  return {
    config,
    nchan,
    nout: config.nout,
    hasFlows: options.hasFlows ?? config.nout >= 3,
    tilesPerRun: 1,
    concurrency: sessions.concurrency,
    get engine() {
      return sessions.engine + precision.label;
    },
    get notes() {
      return sessions.notes;
    },
    async forward(tiles, inAll = tiles.shape[0]): Promise<TileOutput> {
      checkTiles('forward', tiles.shape, nchan, 2 ** (config.nbase.length - 2));
      return runTiles(tiles, inAll, config, sessions);
    },
    rest: () => sessions.rest(),
    release: () => sessions.release(),
  };
}

function checkDevice(device: string): void {
  if (['auto', 'cpu', 'webgpu'].includes(device)) return;
  throw new OptionError('device', device, `createNetwork: device must be 'auto', 'cpu' or 'webgpu'; got '${device}'`);
}

async function runTiles(
  tiles: NdArray<Float32Array>,
  inAll: number,
  config: CPnetDescription,
  sessions: SessionLanes,
): Promise<TileOutput> {
  const [batch, nchan, ly, lx] = tiles.shape;
  const { nout, styleLength } = config;
  const y = new Float32Array(batch * nout * ly * lx);
  const style = new Float32Array(batch * styleLength);
  const size = nchan * ly * lx;
  const runTile = async (i: number): Promise<void> => {
    const x = { data: tiles.data.subarray(i * size, (i + 1) * size), shape: [1, nchan, ly, lx] };
    const out = await sessions.use([ly, lx], inAll, (session) => session.run({ x }));
    y.set(out['y'].data, i * nout * ly * lx);
    style.set(out['style'].data, i * styleLength);
  };
  const runs = await Promise.allSettled(Array.from({ length: batch }, (_, i) => runTile(i)));
  for (const run of runs) if (run.status === 'rejected') throw run.reason;
  return { y: { data: y, shape: [batch, nout, ly, lx] }, style: { data: style, shape: [batch, styleLength] } };
}
