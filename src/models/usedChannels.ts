/** The channels of a volume that say something. */
import type { FloatArray } from '../array/ndarray.ts';

/** Without the last channels that are all 0, such as the second of a grey volume. @param volume  (lz, ly, lx, nchan). */
export function usedChannels({ data, shape }: FloatArray): FloatArray {
  const nchan = shape[3];
  let used = 1;
  for (let i = 0; i < data.length && used < nchan; i++) if (data[i] !== 0 && i % nchan >= used) used = (i % nchan) + 1;
  return firstChannels({ data, shape }, used);
}

/** As many of its channels; the volume itself where it has no more. */
export function firstChannels({ data, shape }: FloatArray, count: number): FloatArray {
  const nchan = shape[3];
  if (count === nchan) return { data, shape };
  const out = new Float32Array((data.length / nchan) * count);
  for (let i = 0, k = 0; i < data.length; i += nchan) for (let c = 0; c < count; c++) out[k++] = data[i + c];
  return { data: out, shape: [...shape.slice(0, 3), count] };
}
