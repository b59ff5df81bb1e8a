/** The planes of a prepared stack, each by itself, and joined to a volume if asked for. An image is a stack of one plane. */
import type { FloatArray, Masks, Masks2D } from '../array/ndarray.ts';
import type { TileNetwork } from '../engine/tileNetwork.ts';
import { fillHolesAndRemoveSmallMasks } from '../masks/fillHolesAndRemoveSmallMasks.ts';
import { stitch3D } from '../masks/stitch3D.ts';
import type { SplitOptions } from './evalOptions.ts';
import type { PreparedImage } from './prepareImage.ts';
import type { RunOptions } from './runOptions.ts';
import type { Segmented, Segmenter } from './segmentImage.ts';
import { type PlaneFlows, planeFlows, planeMasks } from './segmentPlane.ts';
import { stackFlows, stackPlanes } from './stackPlanes.ts';

/** @param rescale  size of the network's input relative to the planes. */
export async function segmentPlanes(
  { network }: Segmenter,
  { volume }: PreparedImage,
  { rescale, niter }: { readonly rescale: number; readonly niter: number },
  options: SplitOptions & { run: RunOptions },
): Promise<Segmented> {
  const begin = performance.now();
  const flows = await allFlows(network, volume, rescale, options);
  const networkDone = performance.now();
  const masks = options.dynamics.computeMasks ? await allMasks(flows, volume.shape, niter, options) : undefined;
  options.run.onProgress?.({ stage: 'masks', fraction: 1 });
  return {
    masks: masks ?? { data: new Int32Array(0), shape: [0, 0] },
    dP: stackFlows(flows.map((plane) => plane.dP)),
    cellprob: stackPlanes(flows.map((plane) => plane.cellprob)),
    style: stackPlanes(flows.map((plane) => plane.style)),
    networkMs: networkDone - begin,
    masksMs: performance.now() - networkDone,
  };
}

async function allFlows(
  network: TileNetwork,
  { data, shape }: FloatArray,
  rescale: number,
  options: SplitOptions & { run: RunOptions },
): Promise<PlaneFlows[]> {
  const [lz, ...size] = shape;
  const n = data.length / lz;
  const flows: PlaneFlows[] = [];
  for (let z = 0; z < lz; z++) {
    const run = { ...options.run, ...partOf(options.run, z, lz) };
    const plane = { data: data.subarray(z * n, (z + 1) * n), shape: size };
    flows.push(await planeFlows(network, plane, rescale, { ...options, run }));
  }
  return flows;
}

/** Small masks wait for the volume where planes are joined: a cell may be small in one plane. */
async function allMasks(
  flows: readonly PlaneFlows[],
  [lz, ly, lx]: readonly number[],
  niter: number,
  options: SplitOptions & { run: RunOptions },
): Promise<Masks> {
  const { stitchThreshold } = options.volume;
  const { minSize } = options.dynamics;
  const isStitched = stitchThreshold > 0 && lz > 1;
  const planes: Masks2D[] = [];
  for (const plane of flows) {
    planes.push(await planeMasks(plane, [ly, lx], niter, { ...options, minSize: isStitched ? -1 : minSize }));
    if (planes.length < lz) options.run.onProgress?.({ stage: 'masks', fraction: planes.length / lz });
  }
  const masks = stackPlanes(planes);
  return isStitched ? fillHolesAndRemoveSmallMasks(stitch3D(masks, stitchThreshold), minSize) : masks;
}

/** The progress of one of `count` planes as part of the whole. */
function partOf({ onProgress }: RunOptions, index: number, count: number): Pick<RunOptions, 'onProgress'> {
  if (!onProgress) return {};
  return { onProgress: (event) => onProgress({ ...event, fraction: (index + event.fraction) / count }) };
}
