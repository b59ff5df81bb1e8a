/** A model for tests of the command line that finds bright pixels, so that it takes no time, and images for it. */
import type { NdArray } from 'cellpose-ts';
import type { Segmenter } from '../../apps/cli/segmenter.ts';

/** Label 1 is what is above 128 on the left, label 2 on the right. */
export const brightPixels: Segmenter = {
  name: 'bright',
  diamMean: 17,
  diamLabels: 20,
  estimatesDiameter: false,
  release: async () => {},
  eval: async ({ data, shape }, options) => {
    options.signal?.throwIfAborted();
    options.onProgress?.({ stage: 'network', fraction: 1 });
    const lx = shape.at(-1)!;
    const masks = Int32Array.from(data, (v, i) => (v > 128 ? (i % lx < lx / 2 ? 1 : 2) : 0));
    const axes = options.do3D ? 3 : 2;
    const dP = { data: new Float32Array(axes * masks.length).map((_, i) => i % 7), shape: [axes, ...shape] };
    return {
      masks: { data: masks, shape },
      dP,
      cellprob: { data: new Float32Array(masks.length), shape },
      style: { data: new Float32Array(1), shape: [1] },
      count: new Set(masks).size - 1,
      diameter: options.diameter ?? 20,
      rescale: 1,
      niter: 200,
      preset: 'dynamics3',
      engine: 'none',
      axes: shape.length === 2 ? 'YX' : 'ZYX',
      notes: [],
      timing: { network: 1, masks: 1, total: 2 },
    };
  },
};

export const twoCells: NdArray<Uint8Array> = {
  data: Uint8Array.from({ length: 96 }, (_, i) =>
    (i % 12 > 1 && i % 12 < 5) || (i % 12 > 7 && i % 12 < 11) ? 200 : 10,
  ),
  shape: [8, 12],
};
export const noCells: NdArray<Uint8Array> = { data: new Uint8Array(96).fill(10), shape: [8, 12] };
