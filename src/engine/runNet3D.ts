/**
 * Runs a network over a volume: over its planes along each of the three axes, and adds up what they say. Source: cellpose
 * 3.1 `core.run_3D` and the volume branch of `CellposeModel._run_net`.
 */
import { checkArray, type FloatArray } from '../array/ndarray.ts';
import { arrayReader } from '../array/window.ts';
import { OptionError, ShapeError } from '../errors.ts';
import { resizeVolume, resizeVolumeImage, type VolumeSize } from './resizeVolume.ts';
import { netSize } from './runNetSize.ts';
import { type RunNetOptions, runNetWindows } from './runNetWindows.ts';
import type { TileNetwork } from './tileNetwork.ts';
import { planeReader, planeSize, planeWriter, type VolumePass, volumePasses } from './volumePlanes.ts';

export interface RunNet3DOptions extends Omit<RunNetOptions, 'onProgress' | 'pictures'> {
  /** Distance of planes over size of a pixel: planes are added so that steps are alike along all axes. Default 1. */
  readonly anisotropy?: number | undefined;
  /** Network for the planes along z, (z, x) and (z, y); default: the same for all. */
  readonly netOrtho?: TileNetwork | undefined;
  /** Bring the output back to the size of the volume (default true). */
  readonly resample?: boolean | undefined;
  /** Called after each plane. */
  readonly onProgress?: ((progress: VolumeProgress) => void) | undefined;
}

export interface VolumeProgress {
  /** Planes under way: 'YX', 'ZX' or 'ZY'. */
  readonly planes: VolumePass['name'];
  /** Share of all work that is done, 0 to 1. */
  readonly fraction: number;
}

export interface Net3DOutput {
  /** (3, lz, ly, lx): flow along z, y, x, each the sum of two passes. */
  readonly dP: FloatArray;
  /** (lz, ly, lx): sum of the three logits. */
  readonly cellprob: FloatArray;
  /** (lx, n): styles of the planes of the last pass, (z, y), as Cellpose gives them. */
  readonly style: FloatArray;
  /** (lz, ly, lx) that the network saw. */
  readonly netSize: VolumeSize;
}

/**
 * Flows and cell probability of a volume. Planes (y, x), then (z, x), then (z, y) run through the network as pictures of
 * their own; each voxel gets the sum of what the planes through it say.
 *
 * Held at once are the volume and the output, which is four times as large as one channel: for a volume of one channel six times the
 * larger of image and network size, in float32.
 *
 * @param volume  (lz, ly, lx, nchan), scaled as the network expects; or its first channels, where the others are all 0. Not changed.
 * @throws as `runNetWindows`; ShapeError for a volume of other rank; OptionError ('anisotropy') where no plane is left.
 */
export function runNet3D(net: TileNetwork, volume: FloatArray, options: RunNet3DOptions = {}): Promise<Net3DOutput> {
  return runNet3DAndLetGo(net, { volume }, options);
}

/** As `runNet3D`; leaves a volume without data in the record as soon as the volume is not needed any more. */
export async function runNet3DAndLetGo(
  net: TileNetwork,
  record: { volume: FloatArray },
  options: RunNet3DOptions,
): Promise<Net3DOutput> {
  const { rescale = 1, anisotropy = 1, resample = true, netOrtho = net } = options;
  const { shape } = record.volume;
  if (shape.length !== 4) throw new ShapeError('runNet3D', `(lz, ly, lx, ${net.nchan})`, shape);
  checkArray('runNet3D', record.volume);
  if (net.nout !== 3) throw new ShapeError('runNet3D', 'a network of 3 outputs, two flows and a logit', [net.nout]);
  const original = shape.slice(0, 3) as unknown as VolumeSize;
  const size = volumeNetSize(original, rescale, anisotropy, options);
  const to = resample ? original : size;
  const isResized = rescale !== 1 || anisotropy !== 1;
  const n = size[0] * size[1] * size[2];
  const all = to.join() === size.join() ? new Float32Array(4 * n) : undefined;
  const sums = Array.from({ length: 4 }, (_, k) => all?.subarray(k * n, (k + 1) * n) ?? new Float32Array(n));
  const style = await runPasses([net, netOrtho, netOrtho], record, isResized ? size : undefined, sums, options);
  return { ...separate(all ?? joined(sums, size, to), to), style, netSize: size };
}

/** Runs the three passes, adds their outputs to the sums for z, y, x and cell probability, and returns the styles of the last. */
async function runPasses(
  nets: readonly TileNetwork[],
  record: { volume: FloatArray },
  size: VolumeSize | undefined,
  sums: readonly Float32Array[],
  options: RunNet3DOptions,
): Promise<FloatArray> {
  const image = size ? resizeVolumeImage(record.volume, size, nets[0].nchan) : record.volume;
  record.volume = { data: new Float32Array(0), shape: [0, 0, 0, 0] };
  let style: FloatArray = { data: new Float32Array(0), shape: [0, 0] };
  for (const [i, pass] of volumePasses.entries()) {
    const onFraction = (fraction: number): void =>
      options.onProgress?.({ planes: pass.name, fraction: (i + fraction) / volumePasses.length });
    style = await runPass(nets[i], image, pass, sums, { ...options, onFraction });
    // What is compiled fits planes of one size.
    if (i === 2 || planeSize(image.shape, pass) !== planeSize(image.shape, volumePasses[i + 1])) await nets[i].rest?.();
  }
  return style;
}

/** (lz, ly, lx) that the network sees: z times `rescale` and `anisotropy`, y and x times `rescale`, rounded down. */
function volumeNetSize(
  [lz, ly, lx]: VolumeSize,
  rescale: number,
  anisotropy: number,
  options: RunNet3DOptions,
): VolumeSize {
  const planes = Math.trunc(lz * anisotropy * rescale);
  if (!(planes >= 1 && Number.isFinite(planes))) {
    const message = `runNet3D: with anisotropy ${anisotropy} and rescale ${rescale} nothing is left of ${lz} planes`;
    throw new OptionError('anisotropy', anisotropy, message);
  }
  return [planes, ...netSize(ly, lx, rescale, { ...options, nout: 4 * planes })];
}

/** Runs all planes of one pass and adds their outputs to the sums for z, y, x and cell probability. */
async function runPass(
  net: TileNetwork,
  image: FloatArray,
  pass: VolumePass,
  sums: readonly Float32Array[],
  { onFraction, ...options }: RunNet3DOptions & { onFraction: (fraction: number) => void },
): Promise<FloatArray> {
  const count = image.shape[pass.across];
  const read = planeReader(image, pass, net.nchan);
  const planeOptions: RunNetOptions = { ...options, rescale: 1, onProgress: undefined, pictures: count };
  const styles: FloatArray[] = [];
  const underWay = new Set<Promise<void>>();
  let done = 0;
  const runPlane = async (index: number): Promise<void> => {
    const makeWriter = () => planeWriter(sums, image.shape, pass, index);
    const { style } = await runNetWindows(net, arrayReader(read(index)), makeWriter, planeOptions);
    styles[index] = style;
    onFraction(++done / count);
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
  const length = styles[0].data.length;
  const data = new Float32Array(count * length);
  styles.forEach((style, index) => {
    data.set(style.data, index * length);
  });
  return { data, shape: [count, length] };
}

/** The sums at the wanted size, one after the other; empties the list, so that memory is given back on the way. */
function joined(sums: Float32Array[], from: VolumeSize, to: VolumeSize): Float32Array {
  const n = to[0] * to[1] * to[2];
  const all = new Float32Array(4 * n);
  for (let k = 0; k < 4; k++) resizeVolume({ data: sums.shift()!, shape: from }, to, all.subarray(k * n, (k + 1) * n));
  return all;
}

function separate(all: Float32Array, size: VolumeSize): { dP: FloatArray; cellprob: FloatArray } {
  const n = all.length / 4;
  return {
    dP: { data: all.subarray(0, 3 * n), shape: [3, ...size] },
    cellprob: { data: all.subarray(3 * n), shape: size },
  };
}
