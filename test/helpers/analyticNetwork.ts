/** A stand-in for a network whose outputs are simple formulas of pixel values and places in the tile: exact in float32. */
import type { TileNetwork, TileOutput } from '../../src/engine/tileNetwork.ts';

/** (x0 + ramp, x1 − ramp, x0·x1) with ramp = y/4 + x/8; style k = one pixel of the tile + 0.5. */
export function analyticNetwork(tilesPerRun = 1, concurrency = 1): TileNetwork & { readonly runs: number[] } {
  const runs: number[] = [];
  return {
    nchan: 2,
    nout: 3,
    tilesPerRun,
    concurrency,
    engine: 'formulas',
    runs,
    async forward({ data, shape }): Promise<TileOutput> {
      const [n, nchan, h, w] = shape;
      runs.push(n);
      const size = h * w;
      const y = new Float32Array(n * 3 * size);
      const style = new Float32Array(n * 256);
      for (let t = 0; t < n; t++) {
        const x0 = data.subarray(t * nchan * size, t * nchan * size + size);
        const x1 = data.subarray(t * nchan * size + size, (t + 1) * nchan * size);
        for (let p = 0; p < size; p++) {
          const ramp = Math.floor(p / w) / 4 + (p % w) / 8;
          y[t * 3 * size + p] = x0[p] + ramp;
          y[(t * 3 + 1) * size + p] = x1[p] - ramp;
          y[(t * 3 + 2) * size + p] = x0[p] * x1[p];
        }
        for (let k = 0; k < 256; k++) {
          style[t * 256 + k] = (k % 2 ? x1 : x0)[((7 * k) % h) * w + ((13 * k) % w)] + 0.5;
        }
      }
      // later runs finish earlier, so that order must be kept by the caller
      await new Promise((resolve) => setTimeout(resolve, runs.length % 2 ? 4 : 0));
      return { y: { data: y, shape: [n, 3, h, w] }, style: { data: style, shape: [n, 256] } };
    },
  };
}
