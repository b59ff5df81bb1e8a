/** The planes of a prepared stack, each by itself, and joined to a volume if asked for. An image is a stack of one plane. */
import type { FloatArray, Masks } from '../array/ndarray.ts';
import type { CheckedCells } from '../dynamics/checkedCells.ts';
import type { TileNetwork } from '../engine/tileNetwork.ts';
import { fillHolesAndRemoveSmallMasks } from '../masks/fillHolesAndRemoveSmallMasks.ts';
import { stitch3D } from '../masks/stitch3D.ts';
import type { SplitOptions } from './evalOptions.ts';
import { inPieces } from './inPieces.ts';
import type { PreparedImage } from './prepareImage.ts';
import type { RunOptions } from './runOptions.ts';
import type { Segmented, Segmenter } from './segmentImage.ts';
import { type PlaneFlows, planeFlows, planeMasks } from './segmentPlane.ts';

/**
 * @param prepared  its volume is gone when the network is done.
 * @param rescale   size of the network's input relative to the planes.
 */
export async function segmentPlanes(
  { network }: Segmenter,
  prepared: PreparedImage,
  { rescale, niter }: { readonly rescale: number; readonly niter: number },
  options: SplitOptions & { run: RunOptions },
): Promise<Segmented> {
  const begin = performance.now();
  const { shape } = prepared.volume;
  const flows = await allFlows(network, prepared.volume, rescale, options);
  prepared.volume = { data: new Float32Array(0), shape: [0, 0, 0, 0] };
  const networkDone = performance.now();
  const flowChecks = new Array<CheckedCells | undefined>(shape[0]).fill(undefined);
  const onFlowCheck = (checked: CheckedCells, z: number) => {
    flowChecks[z] = checked;
  };
  const masks = options.dynamics.computeMasks
    ? await allMasks(flows, shape, niter, { ...options, onFlowCheck })
    : undefined;
  options.run.onProgress?.({ stage: 'masks', fraction: 1 });
  return {
    masks: masks ?? { data: new Int32Array(0), shape: [0, 0] },
    ...flows,
    flowChecks,
    networkMs: networkDone - begin,
    masksMs: performance.now() - networkDone,
  };
}

/** dP (2, [lz,] ly, lx), cellprob ([lz,] ly, lx), style ([lz,] n): without lz of a single plane. */
async function allFlows(
  network: TileNetwork,
  { data, shape }: FloatArray,
  rescale: number,
  options: SplitOptions & { run: RunOptions },
): Promise<PlaneFlows> {
  const [lz, ...size] = shape;
  const n = data.length / lz;
  let all: PlaneFlows | undefined;
  for (let z = 0; z < lz; z++) {
    const run = { ...options.run, ...partOf(options.run, z, lz) };
    const plane = { data: data.subarray(z * n, (z + 1) * n), shape: size };
    const flows = await planeFlows(network, plane, rescale, { ...options, run });
    if (lz === 1) return flows;
    all ??= roomFor(flows, lz);
    put(flows, all, z);
  }
  return all as PlaneFlows;
}

function roomFor({ dP, cellprob, style }: PlaneFlows, lz: number): PlaneFlows {
  return {
    dP: { data: new Float32Array(lz * dP.data.length), shape: [2, lz, ...cellprob.shape] },
    cellprob: { data: new Float32Array(lz * cellprob.data.length), shape: [lz, ...cellprob.shape] },
    style: { data: new Float32Array(lz * style.data.length), shape: [lz, ...style.shape] },
  };
}

function put({ dP, cellprob, style }: PlaneFlows, all: PlaneFlows, z: number): void {
  const n = cellprob.data.length;
  const [, lz] = all.dP.shape;
  for (let axis = 0; axis < 2; axis++) all.dP.data.set(dP.data.subarray(axis * n, (axis + 1) * n), (axis * lz + z) * n);
  all.cellprob.data.set(cellprob.data, z * n);
  all.style.data.set(style.data, z * style.data.length);
}

/** The flows of one plane of all. */
function planeOf({ dP, cellprob, style }: PlaneFlows, z: number): PlaneFlows {
  if (cellprob.shape.length === 2) return { dP, cellprob, style };
  const [lz, ...size] = cellprob.shape;
  const n = cellprob.data.length / lz;
  const flow = new Float32Array(2 * n);
  for (let axis = 0; axis < 2; axis++)
    flow.set(dP.data.subarray((axis * lz + z) * n, (axis * lz + z + 1) * n), axis * n);
  return {
    dP: { data: flow, shape: [2, ...size] },
    cellprob: { data: cellprob.data.subarray(z * n, (z + 1) * n), shape: size },
    style,
  };
}

/** Small masks wait for the volume where planes are joined: a cell may be small in one plane. */
async function allMasks(
  flows: PlaneFlows,
  [lz, ly, lx]: readonly number[],
  niter: number,
  options: SplitOptions & { run: RunOptions; onFlowCheck: (checked: CheckedCells, z: number) => void },
): Promise<Masks> {
  const { stitchThreshold, stitchGap } = options.volume;
  const { minSize } = options.dynamics;
  const isStitched = stitchThreshold > 0 && lz > 1;
  const data = new Int32Array(lz * ly * lx);
  for (let z = 0; z < lz; z++) {
    const plane = await planeMasks(planeOf(flows, z), [ly, lx], niter, {
      ...options,
      minSize: isStitched ? -1 : minSize,
      onFlowCheck: (checked) => options.onFlowCheck(checked, z),
    });
    const masks = isStitched ? plane : inPieces(plane, options.dynamics);
    if (lz === 1) return masks;
    data.set(masks.data, z * ly * lx);
    if (z + 1 < lz) options.run.onProgress?.({ stage: 'masks', fraction: (z + 1) / lz });
  }
  const masks = { data, shape: [lz, ly, lx] };
  if (!isStitched) return masks;
  const joined = stitch3D(masks, stitchThreshold, { gap: stitchGap });
  return inPieces(fillHolesAndRemoveSmallMasks(joined, minSize), options.dynamics);
}

/** The progress of one of `count` planes as part of the whole. */
function partOf({ onProgress }: RunOptions, index: number, count: number): Pick<RunOptions, 'onProgress'> {
  if (!onProgress) return {};
  return { onProgress: (event) => onProgress({ ...event, fraction: (index + event.fraction) / count }) };
}
