/** Arrays on their way to another thread. */
import type { NdArray } from '../array/ndarray.ts';

export type Feeds = Readonly<Record<string, NdArray<Float32Array>>>;

/** A message copies the whole buffer behind an array: of a part of a larger one, only the part shall go. */
export function withoutSurroundings(feeds: Feeds): Feeds {
  const whole = ({ data, shape }: NdArray<Float32Array>) => ({
    data: data.byteLength < data.buffer.byteLength ? data.slice() : data,
    shape,
  });
  return Object.fromEntries(Object.entries(feeds).map(([name, array]) => [name, whole(array)]));
}
