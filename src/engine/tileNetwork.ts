import type { NdArray } from '../array/ndarray.ts';

/** Output of a network for a batch of tiles. */
export interface TileOutput {
  /** (batch, nout, h, w); for Cellpose's own networks: flow y, flow x (5 × unit flow), cell probability as a logit. */
  readonly y: NdArray<Float32Array>;
  /** (batch, n): style of each tile, unit length. */
  readonly style: NdArray<Float32Array>;
}

/** A network that is ready to run: what `runNet` needs to know of it, and nothing more. */
export interface TileNetwork {
  readonly nchan: number;
  readonly nout: number;
  /** Whether the first two outputs are a flow along y and x, which turns with the picture; default true. */
  readonly hasFlows?: boolean;
  /** Tiles per run that serve best on this engine; `batchSize` is the upper bound. */
  readonly tilesPerRun: number;
  /** Runs that may be under way at once. */
  readonly concurrency: number;
  /** What runs it, for the result's record. */
  readonly engine: string;
  /** What was asked for and could not be had, for the result's notes; known from the first tile on. */
  readonly notes?: readonly string[];
  /**
   * Runs a batch of tiles (batch, nchan, h, w), float32, h and w divisible by 8.
   *
   * @param inAll  tiles that the caller has in all, in this call and in others at the same time; by default those of this call.
   *               It changes how they share the processor, and no bit of the result.
   */
  forward(tiles: NdArray<Float32Array>, inAll?: number): Promise<TileOutput>;
  /** Called after a large picture, before its masks take memory: gives up what can soon be had again. */
  readonly rest?: () => Promise<void>;
}
