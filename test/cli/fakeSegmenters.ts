/** Models for tests of the command line that take no time, since they paint labels by rule, and images for them. */
import { type EvalOptions, type NdArray, wholeImage } from 'cellpose-ts';
import type { Segmenter } from '../../apps/cli/segmenter.ts';

type Paint = (image: NdArray, options: EvalOptions) => Int32Array;

function fakeSegmenter(name: string, paint: Paint): Segmenter {
  return {
    name,
    diamMean: 17,
    diamLabels: 20,
    estimatesDiameter: false,
    release: async () => {},
    eval: async (given, options) => {
      const image = await wholeImage(given);
      options.signal?.throwIfAborted();
      options.onProgress?.({ stage: 'network', fraction: 1 });
      const { shape } = image;
      const masks = paint(image, options);
      const axes = options.do3D ? 3 : 2;
      return {
        masks: { data: masks, shape },
        dP: { data: new Float32Array(axes * masks.length).map((_, i) => i % 7), shape: [axes, ...shape] },
        cellprob: { data: new Float32Array(masks.length), shape },
        style: { data: new Float32Array(1), shape: [1] },
        count: new Set(masks).size - 1,
        diameter: options.diameter ?? 20,
        rescale: 1,
        niter: 200,
        preset: 'dynamics3',
        engine: 'none',
        axes: shape.length === 2 ? 'YX' : options.tAxis === 0 ? 'TYX' : 'ZYX',
        notes: [],
        timing: { network: 1, masks: 1, total: 2 },
      };
    },
  };
}

/** Label 1 is what is above 128 on the left, label 2 on the right. */
export const brightPixels = fakeSegmenter('bright', ({ data, shape }) => {
  const lx = shape.at(-1)!;
  return Int32Array.from(data, (v, i) => (Number(v) > 128 ? (i % lx < lx / 2 ? 1 : 2) : 0));
});

/** The values of the image are the labels. */
export const pixelsAsLabels = fakeSegmenter('pixels', ({ data }) => Int32Array.from(data, Number));

export const twoCells: NdArray<Uint8Array> = {
  data: Uint8Array.from({ length: 96 }, (_, i) =>
    (i % 12 > 1 && i % 12 < 5) || (i % 12 > 7 && i % 12 < 11) ? 200 : 10,
  ),
  shape: [8, 12],
};
export const noCells: NdArray<Uint8Array> = { data: new Uint8Array(96).fill(10), shape: [8, 12] };
