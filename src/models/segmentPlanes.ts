/** The planes of a prepared stack, each by itself, and joined to a volume if asked for. An image is a stack of one plane. */
import type { Masks } from '../array/ndarray.ts';
import type { CheckedCells } from '../dynamics/checkedCells.ts';
import { fillVoidsAndRemoveSmallMasksInPlace } from '../masks/fillVoidsAndRemoveSmallMasks.ts';
import { stitch3DInPlace } from '../masks/stitch3D.ts';
import type { SplitOptions } from './evalOptions.ts';
import { inPieces } from './inPieces.ts';
import type { PreparedImage } from './prepareImage.ts';
import type { PreparedPlanes } from './preparePlanes.ts';
import type { RunOptions } from './runOptions.ts';
import type { Segmented, Segmenter } from './segmentImage.ts';
import { type PlaneFlows, planeFlows, planeMasks } from './segmentPlane.ts';

/**
 * @param prepared  a volume in it is gone when the network is done with it.
 * @param rescale   size of the network's input relative to the planes.
 */
export async function segmentPlanes(
  { network }: Segmenter,
  prepared: PreparedImage | PreparedPlanes,
  { rescale, niter }: { readonly rescale: number; readonly niter: number },
  options: SplitOptions & { run: RunOptions },
): Promise<Segmented> {
  const { shape, plane } = planesOf(prepared);
  const [lz, ly, lx] = shape;
  const isStack = lz > 1;
  const masks = options.dynamics.computeMasks ? new Int32Array(lz * ly * lx) : undefined;
  const flowChecks = new Array<CheckedCells | undefined>(lz).fill(undefined);
  const spent = { network: 0, masks: 0 };
  let all: PlaneFlows | undefined;
  for (let z = 0; z < lz; z++) {
    const begin = performance.now();
    const run = { ...options.run, ...partOf(options.run, z, lz) };
    const flows = await planeFlows(network, await plane(z), rescale, { ...options, run });
    if (z + 1 === lz && 'volume' in prepared) prepared.volume = { data: new Float32Array(0), shape: [0, 0, 0, 0] };
    const networkDone = performance.now();
    spent.network += networkDone - begin;
    const onFlowCheck = (checked: CheckedCells) => {
      flowChecks[z] = checked;
    };
    if (masks) masks.set((await maskPlane(flows, shape, niter, { ...options, onFlowCheck })).data, z * ly * lx);
    spent.masks += performance.now() - networkDone;
    if (isStack) {
      all ??= roomFor(flows, lz, options.volume.keepFlows);
      put(flows, all, z);
    } else all = flows;
  }
  const begin = performance.now();
  const labels = masks && joinedInPlace({ data: masks, shape: isStack ? [lz, ly, lx] : [ly, lx] }, options);
  options.run.onProgress?.({ stage: 'masks', fraction: 1 });
  return {
    masks: labels ?? { data: new Int32Array(0), shape: [0, 0] },
    ...all!,
    flowChecks,
    networkMs: spent.network,
    masksMs: spent.masks + performance.now() - begin,
  };
}

/** Its planes (ly, lx, nchan), in memory or not. */
function planesOf(prepared: PreparedImage | PreparedPlanes): Planes {
  if ('plane' in prepared) return prepared;
  const { shape } = prepared.volume;
  const plane = async (z: number) => {
    const { data } = prepared.volume;
    const n = data.length / shape[0];
    return { data: data.subarray(z * n, (z + 1) * n), shape: shape.slice(1) };
  };
  return { shape, plane };
}

type Planes = Pick<PreparedPlanes, 'plane'> & { readonly shape: readonly number[] };

/** dP (2, lz, ly, lx), cellprob (lz, ly, lx), style (lz, n); the first two may be left without room. */
function roomFor({ dP, cellprob, style }: PlaneFlows, lz: number, keepFlows: boolean): PlaneFlows {
  const room = keepFlows ? [lz, ...cellprob.shape] : [0, 0, 0];
  return {
    dP: { data: new Float32Array(keepFlows ? lz * dP.data.length : 0), shape: [2, ...room] },
    cellprob: { data: new Float32Array(keepFlows ? lz * cellprob.data.length : 0), shape: room },
    style: { data: new Float32Array(lz * style.data.length), shape: [lz, ...style.shape] },
  };
}

function put({ dP, cellprob, style }: PlaneFlows, all: PlaneFlows, z: number): void {
  all.style.data.set(style.data, z * style.data.length);
  if (all.cellprob.data.length === 0) return;
  const n = cellprob.data.length;
  const [, lz] = all.dP.shape;
  for (let axis = 0; axis < 2; axis++) all.dP.data.set(dP.data.subarray(axis * n, (axis + 1) * n), (axis * lz + z) * n);
  all.cellprob.data.set(cellprob.data, z * n);
}

/** Labels of one plane of a stack. Small masks wait for the volume where planes are joined: a cell may be small in one plane. */
async function maskPlane(
  flows: PlaneFlows,
  [lz, ly, lx]: readonly number[],
  niter: number,
  options: SplitOptions & { run: RunOptions; onFlowCheck: (checked: CheckedCells) => void },
): Promise<Masks> {
  const isStitched = options.volume.stitchThreshold > 0 && lz > 1;
  const minSize = isStitched ? -1 : options.dynamics.minSize;
  const masks = await planeMasks(flows, [ly, lx], niter, { ...options, minSize });
  return isStitched ? masks : inPieces(masks, options.dynamics);
}

/** The labels of all planes, joined in their array if asked for. */
function joinedInPlace(masks: Masks, { volume, dynamics }: SplitOptions): Masks {
  const { stitchThreshold, stitchGap } = volume;
  if (stitchThreshold === 0 || masks.shape.length < 3) return masks;
  const stitched = stitch3DInPlace(masks, stitchThreshold, { gap: stitchGap });
  return inPieces(fillVoidsAndRemoveSmallMasksInPlace(stitched, dynamics.minSize), dynamics);
}

/** The progress of one of `count` planes as part of the whole. */
function partOf({ onProgress }: RunOptions, index: number, count: number): Pick<RunOptions, 'onProgress'> {
  if (!onProgress) return {};
  return { onProgress: (event) => onProgress({ ...event, fraction: (index + event.fraction) / count }) };
}
