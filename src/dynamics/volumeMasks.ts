/** The masks of a volume, whose flow is in memory or lies in scratch storage: what walks, by which flow, and where it came to rest. */
import type { FloatArray, Masks } from '../array/ndarray.ts';
import type { ScratchVolume } from '../array/scratchVolume.ts';
import type { ComputeMasksOptions } from './computeMasks.ts';
import type { FollowRules } from './followRules.ts';
import { masksOfBins, noBins, paddingOf } from './getMasks.ts';
import { dynamics3 } from './rules.ts';
import { type SlabWalk, walkSlabs } from './walkSlabs.ts';

/** What a walk needs to know of a volume. */
export interface VolumeFlow extends Pick<SlabWalk, 'walks' | 'writeFlow'> {
  /** (lz, ly, lx) */
  readonly shape: readonly number[];
}

/** Of `computeMasks`, for a volume: before holes are filled and small masks removed. */
export async function masksOfFlow(
  { shape, walks, writeFlow }: VolumeFlow,
  { rules = dynamics3, maxSizeFraction = 0.4, interp = true, ...options }: ComputeMasksOptions,
): Promise<Masks> {
  const { niter, threads, signal, slabBytes } = options;
  const padding = paddingOf(shape, rules.masks);
  const [sz, sy] = padding.strides;
  const bins = noBins(shape, padding, rules.masks);
  let walkers = 0;
  await walkSlabs({
    shape: [shape[0], shape[1], shape[2]],
    sampling: interp ? rules.follow.volumeSampling : 'nearest',
    walks,
    writeFlow,
    rest(i, z, y, x) {
      bins[i] = (z + padding.rpad) * sz + (y + padding.rpad) * sy + x + padding.rpad;
      walkers++;
    },
    ...{ niter, threads, signal, slabBytes },
  });
  if (walkers === 0) return { data: bins.fill(0), shape };
  return masksOfBins(bins, shape, { maxSizeFraction, rules: rules.masks });
}

interface CellRules {
  readonly cellprobThreshold: number;
  readonly rules: FollowRules;
}

/** The flow of a volume in memory. @param dP  (3, lz, ly, lx). @param cellprob  (lz, ly, lx). */
export function flowInMemory(
  dP: FloatArray,
  { data: cellprob, shape }: FloatArray,
  { cellprobThreshold, rules }: CellRules,
): VolumeFlow {
  const components = componentsOf(dP);
  const moves = mover(components, rules);
  return {
    shape,
    walks: (i) => cellprob[i] > cellprobThreshold && moves(i),
    writeFlow(flow, from, to) {
      const cells = cellprob.subarray(from, to);
      for (const [k, component] of components.entries())
        writeLane(flow.subarray(k), component.subarray(from, to), cells, { cellprobThreshold, rules });
    },
  };
}

/** One in scratch storage, of which a bit for each voxel is kept and a few blocks are read at a time. @param dP  along z, y, x. */
export async function flowInScratch(
  dP: readonly ScratchVolume[],
  cellprob: ScratchVolume,
  { cellprobThreshold, rules, signal }: CellRules & { readonly signal?: AbortSignal | undefined },
): Promise<VolumeFlow> {
  const [lz, ly, lx] = cellprob.size;
  const plane = ly * lx;
  const bits = new Uint8Array(Math.ceil((lz * plane) / 8));
  const blocks = cellprob.blocks(0);
  // Used again and again: garbage would be half a volume before it is collected.
  const [cellRoom, flowRoom] = [0, 1].map(() => new Float32Array((blocks[0].to - blocks[0].from) * plane));
  for (const block of blocks) {
    signal?.throwIfAborted();
    const cells = await cellprob.read(block, cellRoom);
    const moves = mover(rules.walkers === 'cells' ? [] : await Promise.all(dP.map((part) => part.read(block))), rules);
    for (let i = 0, at = block.from * plane; i < cells.length; i++, at++)
      if (cells[i] > cellprobThreshold && moves(i)) bits[at >>> 3] |= 1 << (at & 7);
  }
  return {
    shape: cellprob.size,
    walks: (i) => ((bits[i >>> 3] >> (i & 7)) & 1) === 1,
    async writeFlow(flow, from, to) {
      for (const block of blocks) {
        const first = block.from * plane;
        const [start, end] = [Math.max(from, first), Math.min(to, block.to * plane)];
        if (start >= end) continue;
        signal?.throwIfAborted();
        const cells = (await cellprob.read(block, cellRoom)).subarray(start - first, end - first);
        for (const [k, part] of dP.entries()) {
          const component = (await part.read(block, flowRoom)).subarray(start - first, end - first);
          writeLane(flow.subarray(4 * (start - from) + k), component, cells, { cellprobThreshold, rules });
        }
      }
    },
  };
}

/** Flows of at most this length, in pixels per step, move nothing by the older rules. */
const stillFlow = 1e-3;

/** Tells of pixels of cells whether they walk by the rules. @param components  of the flow. */
export function mover(
  components: readonly Float32Array[],
  { walkers, flowScale }: FollowRules,
): (pixel: number) => boolean {
  if (walkers === 'cells') return () => true;
  const looked = walkers === 'firstFlow' ? components.slice(0, 1) : components;
  return (i) => looked.some((component) => Math.abs(Math.fround(component[i] / flowScale)) > stillFlow);
}

/** Components of a flow (axes, …), as views. */
export function componentsOf({ data, shape: [axes] }: FloatArray): Float32Array[] {
  const n = data.length / axes;
  return Array.from({ length: axes }, (_, k) => data.subarray(k * n, (k + 1) * n));
}

/** Writes one component of the flow of cells into every fourth place, in voxels per step. */
function writeLane(
  flow: Float32Array,
  component: Float32Array,
  cellprob: Float32Array,
  { cellprobThreshold, rules: { flowScale } }: CellRules,
): void {
  for (let i = 0; i < component.length; i++)
    if (cellprob[i] > cellprobThreshold) flow[4 * i] = component[i] / flowScale;
}
