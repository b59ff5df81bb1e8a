/** A prepared stack as one volume through the network and the dynamics: the steps of `do3D`. */
import type { FloatArray, Masks } from '../array/ndarray.ts';
import { resizeAndComputeMasks } from '../dynamics/resizeAndComputeMasks.ts';
import { runNet3DAndLetGo } from '../engine/runNet3D.ts';
import { gaussianFilterInPlace } from '../transforms/gaussianFilter.ts';
import type { SplitOptions } from './evalOptions.ts';
import { inPieces } from './inPieces.ts';
import type { PreparedImage } from './prepareImage.ts';
import type { RunOptions } from './runOptions.ts';
import type { Segmented, Segmenter } from './segmentImage.ts';

/**
 * @param prepared  its volume is gone afterwards.
 * @param rescale   size of the network's input relative to the volume, along y and x.
 */
export async function segmentVolume(
  { network, networkOrtho }: Segmenter,
  prepared: PreparedImage,
  { rescale, niter, slabBytes }: { readonly rescale: number; readonly niter: number; readonly slabBytes: number },
  options: SplitOptions & { run: RunOptions },
): Promise<Segmented> {
  const { tiling, dynamics, diameter, run } = options;
  const { anisotropy, flow3DSmooth } = options.volume;
  const begin = performance.now();
  const { shape } = prepared.volume;
  prepared.volume = usedChannels(prepared.volume);
  const { dP, cellprob, style } = await runNet3DAndLetGo(network, prepared, {
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
  const masks = dynamics.computeMasks ? await masksOf(dP, cellprob, shape, { niter, slabBytes }, options) : undefined;
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

/** Without the last channels that are all 0, such as the second of a grey volume. */
function usedChannels({ data, shape }: FloatArray): FloatArray {
  const nchan = shape[3];
  let used = 1;
  for (let i = 0; i < data.length && used < nchan; i++) if (data[i] !== 0 && i % nchan >= used) used = (i % nchan) + 1;
  if (used === nchan) return { data, shape };
  const out = new Float32Array((data.length / nchan) * used);
  for (let i = 0, k = 0; i < data.length; i += nchan) for (let c = 0; c < used; c++) out[k++] = data[i + c];
  return { data: out, shape: [...shape.slice(0, 3), used] };
}

/** There is no flow check in 3D. */
async function masksOf(
  dP: FloatArray,
  cellprob: FloatArray,
  [lz, ly, lx]: readonly number[],
  steps: { readonly niter: number; readonly slabBytes: number },
  { dynamics, run }: SplitOptions & { run: RunOptions },
): Promise<Masks> {
  const masks = await resizeAndComputeMasks(dP, cellprob, {
    ...dynamics,
    ...(run.signal ? { signal: run.signal } : {}),
    ...steps,
    threads: run.threads,
    rules: dynamics.rules.dynamics,
    resize: [lz, ly, lx],
  });
  return inPieces(masks, dynamics);
}
