/** Runs a network over neighbouring planes of a volume, as pictures of their own. */
import type { FloatArray } from '../array/ndarray.ts';
import { arrayReader } from '../array/window.ts';
import { type RunNetOptions, runNetWindows } from './runNetWindows.ts';
import type { TileNetwork } from './tileNetwork.ts';
import { planeReader, planeWriter, type VolumePass, volumePasses } from './volumePlanes.ts';

export interface VolumeProgress {
  /** Planes under way: 'YX', 'ZX' or 'ZY'. */
  readonly planes: VolumePass['name'];
  /** Share of all work that is done, 0 to 1. */
  readonly fraction: number;
}

/** Counts the planes of the i-th pass that are done. */
export function passProgress(
  i: number,
  planes: number,
  onProgress: ((progress: VolumeProgress) => void) | undefined,
): () => void {
  let done = 0;
  return () => {
    done++;
    onProgress?.({ planes: volumePasses[i].name, fraction: (i + done / planes) / volumePasses.length });
  };
}

export interface RunPlanesOptions extends Omit<RunNetOptions, 'onProgress' | 'pictures'> {
  /** Called after each plane. */
  readonly onPlane: () => void;
}

/**
 * Runs the planes of a volume, or of a block of one, along one axis, and adds their outputs to the sums for z, y, x and cell
 * probability.
 *
 * @param image   (lz, ly, lx, c) of the block.
 * @param planes  of the whole volume along that axis.
 * @param sums    (lz, ly, lx) of the block each; the one along the axis is not touched.
 * @returns       the styles of the planes.
 */
export async function runPlanes(
  net: TileNetwork,
  image: FloatArray,
  { pass, planes }: { readonly pass: VolumePass; readonly planes: number },
  sums: readonly Float32Array[],
  { onPlane, ...options }: RunPlanesOptions,
): Promise<FloatArray[]> {
  const count = image.shape[pass.across];
  const read = planeReader(image, pass, net.nchan);
  const planeOptions: RunNetOptions = { ...options, rescale: 1, onProgress: undefined, pictures: planes };
  const styles: FloatArray[] = [];
  const underWay = new Set<Promise<void>>();
  const runPlane = async (index: number): Promise<void> => {
    const makeWriter = () => planeWriter(sums, image.shape, pass, index);
    const { style } = await runNetWindows(net, arrayReader(read(index)), makeWriter, planeOptions);
    styles[index] = style;
    onPlane();
  };
  try {
    for (let index = 0; index < count; index++) {
      options.signal?.throwIfAborted();
      // The next planes keep the network busy meanwhile. Planes write to places of their own.
      if (underWay.size >= Math.max(1, net.concurrency)) await Promise.race(underWay);
      // One that fails stays in the set, so that it is met even if another plane has won the race.
      const run: Promise<void> = runPlane(index).then(() => void underWay.delete(run));
      underWay.add(run);
    }
    await Promise.all(underWay);
  } finally {
    await Promise.allSettled(underWay);
  }
  return styles;
}

/** (planes, n) */
export function joinStyles(styles: readonly FloatArray[]): FloatArray {
  const length = styles[0].data.length;
  const data = new Float32Array(styles.length * length);
  styles.forEach((style, index) => {
    data.set(style.data, index * length);
  });
  return { data, shape: [styles.length, length] };
}
