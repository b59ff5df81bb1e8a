/** A prepared stack as one volume through the network and the dynamics: the steps of `do3D`. */
import { type ResizeAndComputeMasksOptions, resizeAndComputeMasks } from '../dynamics/resizeAndComputeMasks.ts';
import { type RunNet3DOptions, runNet3DAndLetGo } from '../engine/runNet3D.ts';
import type { TileNetwork } from '../engine/tileNetwork.ts';
import { gaussianFilterInPlace } from '../transforms/gaussianFilter.ts';
import type { SplitOptions } from './evalOptions.ts';
import { inPieces } from './inPieces.ts';
import type { PreparedImage } from './prepareImage.ts';
import type { RunOptions } from './runOptions.ts';
import type { Segmented, Segmenter } from './segmentImage.ts';
import { usedChannels } from './usedChannels.ts';

export interface VolumeSteps {
  /** Size of the network's input relative to the volume, along y and x. */
  readonly rescale: number;
  readonly niter: number;
  readonly slabBytes: number;
}

/** @param prepared  its volume is gone afterwards. */
export async function segmentVolume(
  { network, networkOrtho }: Segmenter,
  prepared: PreparedImage,
  steps: VolumeSteps,
  options: SplitOptions & { run: RunOptions },
): Promise<Segmented> {
  const { dynamics, run } = options;
  const begin = performance.now();
  const { shape } = prepared.volume;
  prepared.volume = usedChannels(prepared.volume);
  const net = netOptions(steps.rescale, networkOrtho, options);
  const { dP, cellprob, style } = await runNet3DAndLetGo(network, prepared, net);
  const networkDone = performance.now();
  gaussianFilterInPlace(dP, [0, ...options.volume.flow3DSmooth]);
  const masks = dynamics.computeMasks
    ? inPieces(await resizeAndComputeMasks(dP, cellprob, maskOptions(shape, steps, options)), dynamics)
    : undefined;
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

export function netOptions(
  rescale: number,
  netOrtho: TileNetwork | undefined,
  { tiling, dynamics, diameter, volume: { anisotropy, maxMemory }, run }: SplitOptions & { run: RunOptions },
): RunNet3DOptions {
  return {
    ...tiling,
    netOrtho,
    signal: run.signal,
    rescale,
    anisotropy,
    diameter: diameter || undefined,
    resample: dynamics.resample,
    // Where the caller has said how much there is, the plan has seen to it.
    memoryLimit: maxMemory === Infinity ? undefined : Infinity,
    onProgress: (progress) => run.onProgress?.({ stage: 'network', ...progress }),
  };
}

/** There is no flow check in 3D. @param size  (lz, ly, lx) of the masks. */
export function maskOptions(
  [lz, ly, lx]: readonly number[],
  { niter, slabBytes }: VolumeSteps,
  { dynamics, run }: SplitOptions & { run: RunOptions },
): ResizeAndComputeMasksOptions {
  return {
    ...dynamics,
    ...(run.signal ? { signal: run.signal } : {}),
    niter,
    slabBytes,
    threads: run.threads,
    rules: dynamics.rules.dynamics,
    resize: [lz, ly, lx],
  };
}
