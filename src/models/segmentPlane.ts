/** One prepared plane through the network, and what it says through the dynamics: the steps of 2D. */
import type { FloatArray, Masks, Masks2D } from '../array/ndarray.ts';
import type { CheckedCells } from '../dynamics/checkedCells.ts';
import { resizeAndComputeMasks } from '../dynamics/resizeAndComputeMasks.ts';
import { resizeOutput, runNet } from '../engine/runNet.ts';
import type { TileNetwork } from '../engine/tileNetwork.ts';
import { resizeImage } from '../transforms/resizeImage.ts';
import type { SplitOptions } from './evalOptions.ts';
import type { RunOptions } from './runOptions.ts';

/** What the network says of a plane. */
export interface PlaneFlows {
  /** (2, ly, lx) at image size, or at network size without resample. */
  readonly dP: FloatArray;
  readonly cellprob: FloatArray;
  readonly style: FloatArray;
}

/**
 * @param plane    (ly, lx, nchan), scaled.
 * @param rescale  size of the network's input relative to the plane.
 */
export async function planeFlows(
  net: TileNetwork,
  plane: FloatArray,
  rescale: number,
  { tiling, dynamics, diameter, run }: SplitOptions & { run: RunOptions },
): Promise<PlaneFlows> {
  const output = await runNet(net, plane, {
    ...tiling,
    signal: run.signal,
    pictures: run.imagesAtOnce,
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

/**
 * @param size         (ly, lx) of the image.
 * @param minSize      in place of the one among the options.
 * @param onFlowCheck  called with what the flow check has measured, if there is one.
 * @returns            labels (ly, lx).
 */
export async function planeMasks(
  { dP, cellprob }: PlaneFlows,
  size: readonly [number, number],
  niter: number,
  options: SplitOptions & { run: RunOptions; minSize?: number; onFlowCheck?: (checked: CheckedCells) => void },
): Promise<Masks2D> {
  const { dynamics, run, minSize = dynamics.minSize, onFlowCheck } = options;
  const { rules } = dynamics;
  const fits = cellprob.shape[0] === size[0] && cellprob.shape[1] === size[1];
  const masks: Masks = await resizeAndComputeMasks(dP, cellprob, {
    ...dynamics,
    ...(run.signal ? { signal: run.signal } : {}),
    ...(onFlowCheck && { onFlowCheck }),
    minSize,
    niter,
    rules: rules.dynamics,
    threads: run.threads,
    resize: fits || rules.sizesAt === 'flows' ? null : size,
  });
  const { data } = fits || rules.sizesAt === 'image' ? masks : resizeImage(masks, ...size, 'nearest');
  return { data, shape: size };
}
