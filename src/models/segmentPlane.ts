/** One prepared plane through the network and the dynamics: the order of steps of Cellpose 3.1 in 2D. */
import type { FloatArray, Masks2D } from '../array/ndarray.ts';
import { resizeAndComputeMasks } from '../dynamics/resizeAndComputeMasks.ts';
import { resizeOutput, runNet } from '../engine/runNet.ts';
import type { TileNetwork } from '../engine/tileNetwork.ts';
import { baseNiter } from './defaults.ts';
import type { DynamicsOptions, TilingOptions } from './evalOptions.ts';
import type { RunOptions } from './runOptions.ts';

export interface PlaneResult {
  readonly masks: Masks2D;
  /** (2, ly, lx) at image size, or at network size without resample. */
  readonly dP: FloatArray;
  readonly cellprob: FloatArray;
  readonly style: FloatArray;
  readonly niter: number;
  readonly networkMs: number;
  readonly masksMs: number;
}

export interface PlaneOptions {
  readonly tiling: TilingOptions;
  readonly dynamics: DynamicsOptions;
  readonly run: RunOptions;
  /** In pixels; 0: not given. For messages about sizes only, `rescale` follows from it. */
  readonly diameter: number;
}

/**
 * @param plane    (ly, lx, nchan), scaled.
 * @param rescale  size of the network's input relative to the plane.
 */
export async function segmentPlane(
  net: TileNetwork,
  plane: FloatArray,
  rescale: number,
  options: PlaneOptions,
): Promise<PlaneResult> {
  const { dynamics, run } = options;
  const [ly, lx] = plane.shape;
  const begin = performance.now();
  const { dP, cellprob, style } = await networkFlows(net, plane, rescale, options);
  const networkDone = performance.now();
  const niter = Math.trunc(dynamics.niter || (dynamics.resample ? (1 / rescale) * baseNiter : baseNiter));
  const masks: Masks2D = dynamics.computeMasks
    ? await resizeAndComputeMasks(dP, cellprob, {
        ...dynamics,
        ...(run.signal ? { signal: run.signal } : {}),
        niter,
        threads: run.threads,
        resize: cellprob.shape[0] === ly && cellprob.shape[1] === lx ? null : [ly, lx],
      })
    : { data: new Int32Array(0), shape: [0, 0] };
  run.onProgress?.({ stage: 'masks', fraction: 1 });
  const masksMs = performance.now() - networkDone;
  return { masks, dP, cellprob, style, niter, networkMs: networkDone - begin, masksMs };
}

/** What the network says of a plane, at its size or, without resample, at the network's. */
async function networkFlows(
  net: TileNetwork,
  plane: FloatArray,
  rescale: number,
  { tiling, dynamics, run, diameter }: PlaneOptions,
): Promise<Pick<PlaneResult, 'dP' | 'cellprob' | 'style'>> {
  const output = await runNet(net, plane, {
    ...tiling,
    signal: run.signal,
    rescale,
    diameter: diameter || undefined,
    onProgress: ({ done, total }) => run.onProgress?.({ stage: 'network', fraction: done / total }),
  });
  const y = dynamics.resample ? resizeOutput(output.y, plane.shape[0], plane.shape[1]) : output.y;
  const [, hy, hx] = y.shape;
  const n = hy * hx;
  return {
    dP: { data: y.data.subarray(0, 2 * n), shape: [2, hy, hx] },
    cellprob: { data: y.data.subarray(2 * n, 3 * n), shape: [hy, hx] },
    style: output.style,
  };
}
