/** What a run of `do3D` holds when it holds most: all in memory, or the image and its flows in scratch storage. */
import { sizeOf } from '../array/ndarray.ts';
import { blockShare } from '../array/scratchVolume.ts';

type Size = readonly [lz: number, ly: number, lx: number];

export interface VolumeRun {
  /** (lz, ly, lx) of the image. */
  readonly size: Size;
  /** (lz, ly, lx) that the network sees. */
  readonly netSize: Size;
  /** Channels that the network takes. */
  readonly nchan: number;
  /** The flows are brought to the size of the image. */
  readonly resample: boolean;
}

/**
 * Bytes in memory, without the image as given, where all is there: while the image is scaled, resized, seen; while the sums are
 * resized; flows, labels, and a slab or the histogram.
 */
export function volumeBytes({ size, netSize, nchan, resample }: VolumeRun, slabBytes: number): number {
  const { image, net, out, flat } = bytesOf(size, netSize, resample);
  const resized = net === image ? 0 : net;
  return Math.max(
    (nchan + 1) * image,
    image + 2 * resized,
    5 * net,
    net === out ? 0 : Math.max(4 * net + out, net + 4 * out) + flat,
    5 * out + Math.max(Math.min(slabBytes, 4 * out), out),
  );
}

/** Planes that a slab has at least. */
const slabPlanes = 6;

/**
 * The same where the image and its flows are in scratch storage, and what these take there. In memory are blocks: of the image while it
 * is scaled, with what its percentiles are taken of; of the image and three sums while it is seen; then labels, a slab with two
 * blocks of flow, and the histogram; labels at both sizes.
 *
 * @param inBlocks  the image is scaled in blocks, not as a whole.
 */
export function scratchVolumeBytes(
  { size, netSize, nchan, resample, inBlocks }: VolumeRun & { readonly inBlocks: boolean },
  slabBytes: number,
): { readonly bytes: number; readonly scratchBytes: number } {
  const { image, net, out, flat, thin } = bytesOf(size, netSize, resample);
  const [, ly, lx] = resample ? size : netSize;
  const [imageShare, netShare] = [blockShare(size), blockShare(netSize)];
  const outShare = resample ? imageShare : netShare;
  const slab = Math.min(Math.max(slabBytes, slabPlanes * 16 * ly * lx), 4 * out);
  const bytes = Math.max(
    inBlocks ? (2 * nchan + 1) * imageShare * image + nchan * Math.min(image, sampleBytes) : (nchan + 1) * image,
    (nchan + 3) * netShare * net,
    // A slab is not given back as soon as it is let go.
    2 * out + slab + 2 * outShare * out + out / 32,
    out === image ? 0 : net + flat + image,
  );
  const isResized = size.join() !== netSize.join();
  const scratchBytes = Math.max(
    nchan * image + (isResized ? nchan * thin : 0),
    isResized ? nchan * (thin + net) : 0,
    (nchan + 4) * net,
    !(isResized && resample) ? 0 : flat + Math.max(4 * net, 3 * net + out, net + 3 * out, 4 * out),
  );
  return { bytes, scratchBytes };
}

/** At most so many bytes of a channel are looked at for its percentiles. */
const sampleBytes = 8e7;

function bytesOf(size: Size, netSize: Size, resample: boolean) {
  const image = 4 * sizeOf(size);
  const net = 4 * sizeOf(netSize);
  return {
    image,
    net,
    out: resample ? image : net,
    /** Planes at image size, as many as the network saw. */
    flat: (image * netSize[0]) / size[0],
    /** Planes at the size that the network saw, as many as the image has. */
    thin: (net * size[0]) / netSize[0],
  };
}
