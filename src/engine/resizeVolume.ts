/**
 * Enlarges and shrinks volumes, bilinear: first all planes (y, x), then along z. The order and rounding of cellpose 3.1,
 * which turns the volume and resizes its planes (z, x) with `transforms.resize_image`.
 */
import type { FloatArray } from '../array/ndarray.ts';
import { resizePlanes, resizeStack } from '../transforms/resizeImage.ts';

export type VolumeSize = readonly [lz: number, ly: number, lx: number];

/**
 * Resizes an image (lz, ly, lx, nchan); a new array even where the size stays.
 *
 * @param channels  of the whole image, where these are its first ones; rounding depends on it.
 */
export function resizeVolumeImage(
  volume: FloatArray,
  [lz, ly, lx]: VolumeSize,
  channels: number = volume.shape[3],
): FloatArray {
  const flat = resizeStack(volume, ly, lx, channels);
  const nchan = volume.shape[3];
  const out = new Float32Array(lz * ly * lx * nchan);
  alongZ(flat, lz, lx * nchan, out, (plane, sz) =>
    resizeStack({ data: plane, shape: [1, sz, lx, nchan] }, lz, lx, channels),
  );
  return { data: out, shape: [lz, ly, lx, nchan] };
}

/** Resizes one quantity (lz, ly, lx), as part of the output of a network, into an array that is there. */
export function resizeVolume(volume: FloatArray, [lz, ly, lx]: VolumeSize, out: Float32Array): void {
  const [sz, sy, sx] = volume.shape;
  const flat = sy === ly && sx === lx ? volume : resizePlanes(volume, ly, lx);
  if (sz === lz) out.set(flat.data);
  else alongZ(flat, lz, lx, out, (plane) => resizePlanes({ data: plane, shape: [1, sz, lx] }, lz, lx));
}

/** Takes the planes (z, x …) of each y of (lz, ly, …), resizes them to `lz` rows, and puts them into `out`. `width` values make up a row. */
export function alongZ(
  { data, shape }: FloatArray,
  lz: number,
  width: number,
  out: Float32Array,
  resize: (plane: Float32Array, sz: number) => FloatArray,
): void {
  const [sz, ly] = shape;
  const plane = new Float32Array(sz * width);
  for (let y = 0; y < ly; y++) {
    for (let z = 0; z < sz; z++) plane.set(data.subarray((z * ly + y) * width, (z * ly + y + 1) * width), z * width);
    const resized = resize(plane, sz).data;
    for (let z = 0; z < lz; z++) out.set(resized.subarray(z * width, (z + 1) * width), (z * ly + y) * width);
  }
}
