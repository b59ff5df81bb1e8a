/** A prepared stack as one volume through the network and the dynamics: the steps of `do3D`. */
import type { FloatArray, Masks } from '../array/ndarray.ts';
import { resizeAndComputeMasks } from '../dynamics/resizeAndComputeMasks.ts';
import { runNet3D } from '../engine/runNet3D.ts';
import { gaussianFilterInPlace } from '../transforms/gaussianFilter.ts';
import type { SplitOptions } from './evalOptions.ts';
import type { RunOptions } from './runOptions.ts';
import type { Segmented, Segmenter } from './segmentImage.ts';

/**
 * @param volume   (lz, ly, lx, nchan), scaled.
 * @param rescale  size of the network's input relative to the volume, along y and x.
 */
export async function segmentVolume(
  { network, networkOrtho }: Segmenter,
  volume: FloatArray,
  { rescale, niter }: { readonly rescale: number; readonly niter: number },
  options: SplitOptions & { run: RunOptions },
): Promise<Segmented> {
  const { tiling, dynamics, diameter, run } = options;
  const { anisotropy, flow3DSmooth } = options.volume;
  const begin = performance.now();
  const { dP, cellprob, style } = await runNet3D(network, volume, {
    ...tiling,
    netOrtho: networkOrtho,
    signal: run.signal,
    rescale,
    anisotropy,
    diameter: diameter || undefined,
    resample: dynamics.resample,
    onProgress: (progress) => run.onProgress?.({ stage: 'network', ...progress }),
  });
  const networkDone = performance.now();
  gaussianFilterInPlace(dP, [0, ...flow3DSmooth]);
  const masks = dynamics.computeMasks ? await masksOf(dP, cellprob, volume.shape, niter, options) : undefined;
  run.onProgress?.({ stage: 'masks', fraction: 1 });
  return {
    masks: masks ?? { data: new Int32Array(0), shape: [0, 0] },
    dP,
    cellprob,
    style,
    networkMs: networkDone - begin,
    masksMs: performance.now() - networkDone,
  };
}

/** There is no flow check in 3D. */
function masksOf(
  dP: FloatArray,
  cellprob: FloatArray,
  [lz, ly, lx]: readonly number[],
  niter: number,
  { dynamics, run }: SplitOptions & { run: RunOptions },
): Promise<Masks> {
  return resizeAndComputeMasks(dP, cellprob, {
    ...dynamics,
    ...(run.signal ? { signal: run.signal } : {}),
    niter,
    threads: run.threads,
    rules: dynamics.rules.dynamics,
    resize: [lz, ly, lx],
  });
}
