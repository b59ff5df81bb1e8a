/** `prepareImage` for volumes that do not fit into memory as float32: converted and scaled some planes at a time, into scratch storage. */
import type { FloatArray } from '../array/ndarray.ts';
import type { Scratch } from '../array/scratch.ts';
import { createScratchVolume, type ScratchVolume, volumeBlocks } from '../array/scratchVolume.ts';
import type { ImagePlanes } from '../io/imagePlanes.ts';
import { imageConverter } from '../transforms/convertImage.ts';
import { blockScaler, scalesInBlocks } from '../transforms/normalizeBlocks.ts';
import type { SplitOptions } from './evalOptions.ts';
import { type PreparedImage, prepareImage, refuseUnclearPlanes } from './prepareImage.ts';
import { firstChannels, usedChannels } from './usedChannels.ts';

export interface PreparedInScratch extends Omit<PreparedImage, 'volume'> {
  /** Scaled, without last channels that are 0. Released when it is segmented. */
  readonly volume: ScratchVolume;
}

export interface ScratchOptions {
  readonly scratch: Scratch;
  readonly signal?: AbortSignal | undefined;
}

/** @throws as `prepareImage`, and what the scratch throws. */
export async function prepareInScratch(
  image: ImagePlanes,
  options: SplitOptions,
  nchan: number,
  { scratch, signal }: ScratchOptions,
): Promise<PreparedInScratch> {
  const { shape, bytes } = image;
  refuseUnclearPlanes(shape, options.input);
  const { layout, convert, axes, notes } = imageConverter(shape, { ...options.input, nchan, do3D: true });
  const { z, y, x } = layout;
  const size = [shape[z], shape[y], shape[x]] as const;
  const prepared = { given: image.isInMemory ? bytes : 0, axes, notes };
  if (!isPreparedInBlocks(options)) {
    const whole = prepareImage(await image.read(z, 0, size[0]), options, nchan);
    return { ...prepared, volume: await moveToScratch(whole, { scratch, signal }) };
  }
  // `normalize: false` in a record of parameters switches all of them off, as for images in memory.
  const normalize = options.normalize.normalize === false ? { normalize: false } : options.normalize;
  const scaler = blockScaler(size, nchan, { ...normalize, norm3D: true });
  const blocks = volumeBlocks(size, 0);
  const readBlock = async (k: number): Promise<FloatArray> => {
    signal?.throwIfAborted();
    return convert(await image.read(z, blocks[k].from, blocks[k].to));
  };
  for (const { k } of blocks) scaler.look(await readBlock(k));
  const used = scaler.usedChannels();
  const volume = await createScratchVolume(scratch, size, used);
  for (const block of blocks)
    await volume.write(block, firstChannels(scaler.scale(await readBlock(block.k)), used).data);
  return { ...prepared, volume };
}

/** Whether a volume is prepared without ever being in memory as a whole. */
export function isPreparedInBlocks({ normalize }: SplitOptions): boolean {
  return normalize.normalize === false || scalesInBlocks(normalize);
}

/** Moves a prepared volume to scratch storage, without last channels that are 0; none is left in the record. */
export async function moveToScratch(
  prepared: PreparedImage,
  { scratch, signal }: ScratchOptions,
): Promise<ScratchVolume> {
  const { data, shape } = usedChannels(prepared.volume);
  prepared.volume = { data: new Float32Array(0), shape: [0, 0, 0, 0] };
  const [lz, ly, lx, nchan] = shape;
  const stored = await createScratchVolume(scratch, [lz, ly, lx], nchan);
  const plane = ly * lx * nchan;
  for (const block of stored.blocks(0)) {
    signal?.throwIfAborted();
    await stored.write(block, data.subarray(block.from * plane, block.to * plane));
  }
  return stored;
}
