/** How long a network takes, measured. */
import type { TileNetwork } from './tileNetwork.ts';

/**
 * Seconds that a tile of bsize × bsize pixels takes where there are many: the mean of two, after two that get everything ready,
 * which takes a second or two.
 */
export async function secondsPerTile(net: TileNetwork, bsize: number = 224): Promise<number> {
  const shape = [2, net.nchan, bsize, bsize];
  const run = () => net.forward({ data: new Float32Array(2 * net.nchan * bsize * bsize), shape });
  await run();
  const begin = performance.now();
  await run();
  const seconds = (performance.now() - begin) / 2000;
  await net.rest?.();
  return seconds;
}
