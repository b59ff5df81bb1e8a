/**
 * Enlarges and shrinks volumes, bilinear: first all planes (y, x), then along z. The order and rounding of cellpose 3.1,
 * which turns the volume and resizes its planes (z, x) with `transforms.resize_image`.
 */
import type { FloatArray } from '../array/ndarray.ts';
import { resizeImage, resizePlanes } from '../transforms/resizeImage.ts';

export type VolumeSize = readonly [lz: number, ly: number, lx: number];

/** Resizes an image (lz, ly, lx, nchan); a new array even where the size stays. */
export function resizeVolumeImage(volume: FloatArray, [lz, ly, lx]: VolumeSize): FloatArray {
  const flat = resizeImage(volume, ly, lx);
  const nchan = volume.shape[3];
  return alongZ(flat, lz, lx * nchan, (plane, sz) => resizeImage({ data: plane, shape: [sz, lx, nchan] }, lz, lx));
}

/** Resizes one quantity (lz, ly, lx), as part of the output of a network; gives it back where the size stays. */
export function resizeVolume(volume: FloatArray, [lz, ly, lx]: VolumeSize): FloatArray {
  const [sz, sy, sx] = volume.shape;
  const flat = sy === ly && sx === lx ? volume : resizePlanes(volume, ly, lx);
  if (sz === lz) return flat;
  return alongZ(flat, lz, lx, (plane) => resizePlanes({ data: plane, shape: [1, sz, lx] }, lz, lx));
}

/** Takes the planes (z, x …) of each y, resizes them to `lz` rows, and puts them back. `width` values make up a row. */
function alongZ(
  { data, shape }: FloatArray,
  lz: number,
  width: number,
  resize: (plane: Float32Array, sz: number) => FloatArray,
): FloatArray {
  const [sz, ly] = shape;
  const out = new Float32Array(lz * ly * width);
  const plane = new Float32Array(sz * width);
  for (let y = 0; y < ly; y++) {
    for (let z = 0; z < sz; z++) plane.set(data.subarray((z * ly + y) * width, (z * ly + y + 1) * width), z * width);
    const resized = resize(plane, sz).data;
    for (let z = 0; z < lz; z++) out.set(resized.subarray(z * width, (z + 1) * width), (z * ly + y) * width);
  }
  return { data: out, shape: [lz, ...shape.slice(1)] };
}
