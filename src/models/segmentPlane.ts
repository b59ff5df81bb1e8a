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

/**
 * @param plane    (ly, lx, nchan), scaled.
 * @param rescale  size of the network's input relative to the plane.
 */
export async function segmentPlane(
  net: TileNetwork,
  plane: FloatArray,
  rescale: number,
  {
    tiling,
    dynamics,
    run,
    diameter,
  }: { tiling: TilingOptions; dynamics: DynamicsOptions; run: RunOptions; diameter: number },
): Promise<PlaneResult> {
  const [ly, lx] = plane.shape;
  const begin = performance.now();
  const report = (stage: 'network' | 'masks', fraction: number): void => run.onProgress?.({ stage, fraction });
  const control = run.signal ? { signal: run.signal } : {};
  const output = await runNet(net, plane, {
    ...tiling,
    ...control,
    rescale,
    diameter: diameter || undefined,
    onProgress: ({ done, total }) => report('network', done / total),
  });
  const y = dynamics.resample ? resizeOutput(output.y, ly, lx) : output.y;
  const [, hy, hx] = y.shape;
  const n = hy * hx;
  const dP: FloatArray = { data: y.data.subarray(0, 2 * n), shape: [2, hy, hx] };
  const cellprob: FloatArray = { data: y.data.subarray(2 * n, 3 * n), shape: [hy, hx] };
  const networkDone = performance.now();

  const niter = Math.trunc(dynamics.niter || (dynamics.resample ? (1 / rescale) * baseNiter : baseNiter));
  const masks: Masks2D = dynamics.computeMasks
    ? await resizeAndComputeMasks(dP, cellprob, {
        ...dynamics,
        ...control,
        niter,
        threads: run.threads,
        resize: hy === ly && hx === lx ? null : [ly, lx],
      })
    : { data: new Int32Array(0), shape: [0, 0] };
  report('masks', 1);
  return {
    masks,
    dP,
    cellprob,
    style: output.style,
    niter,
    networkMs: networkDone - begin,
    masksMs: performance.now() - networkDone,
  };
}
