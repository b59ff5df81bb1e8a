/** One prepared plane through the network and the dynamics: the order of steps of Cellpose 3.1 in 2D. */
import type { FloatArray, Masks2D } from '../array/ndarray.ts';
import { resizeAndComputeMasks } from '../dynamics/resizeAndComputeMasks.ts';
import { runNet } from '../engine/runNet.ts';
import type { TileNetwork } from '../engine/tileNetwork.ts';
import { resizeImage } from '../transforms/resizeImage.ts';
import { baseNiter } from './defaults.ts';
import type { DynamicsOptions, TilingOptions } from './evalOptions.ts';
import type { ProgressEvent } from './types.ts';

export interface RunOptions {
  readonly threads: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (event: ProgressEvent) => void;
}

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
  { tiling, dynamics, run }: { tiling: TilingOptions; dynamics: DynamicsOptions; run: RunOptions },
): Promise<PlaneResult> {
  const [ly, lx] = plane.shape as [number, number, number];
  const begin = performance.now();
  const report = (stage: 'network' | 'masks') => (fraction: number) => run.onProgress?.({ stage, fraction });
  const control = run.signal ? { signal: run.signal } : {};
  const output = await runNet(net, plane, { ...tiling, ...control, rescale, onProgress: report('network') });
  const y = dynamics.resample ? atImageSize(output.y, ly, lx) : output.y;
  const [, hy, hx] = y.shape as [number, number, number];
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
  report('masks')(1);
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

/** Network output (3, h, w) brought back to the image's size, each plane by itself. */
function atImageSize(y: FloatArray, ly: number, lx: number): FloatArray {
  const [c, h, w] = y.shape as [number, number, number];
  if (h === ly && w === lx) return y;
  const data = new Float32Array(c * ly * lx);
  for (let k = 0; k < c; k++) {
    const plane = { data: y.data.subarray(k * h * w, (k + 1) * h * w), shape: [h, w] };
    data.set(resizeImage(plane, ly, lx, 'linear').data, k * ly * lx);
  }
  return { data, shape: [c, ly, lx] };
}
