/**
 * Tiles to learn restoration from: each image is scaled at random, made worse there, and then cut, turned and scaled to the
 * network's diameter; so noise is drawn out like everything else. Source: cellpose 3.1 `denoise.random_rotate_and_resize_noise`.
 */
import type { FloatArray } from '../array/ndarray.ts';
import type { Random } from '../array/random.ts';
import { drawAugmentation, randomRotateAndResize } from '../transforms/randomRotateAndResize.ts';
import { addNoise, kernelReach } from './addNoise.ts';
import type { BatchOptions, Source } from './batches.ts';
import { drawNoise, type NoiseRules } from './noiseKinds.ts';
import type { Batch } from './trainer.ts';

/** Size of the piece in which noise is added, for tiles of 224 pixels. */
const marginedSize = 340 / 224;

/**
 * One tile of each source, drawn by chance; of several rules each tile goes by one.
 *
 * @param sources  of one channel, with planes of labels as `restoreTask` has them: 1 in cells, flow y, flow x.
 * @returns        the worse tiles, and labels with the good ones as last plane.
 */
export function makeNoisyBatch(
  sources: readonly Source[],
  random: Random,
  { bsize, scaleRange, diamMean }: BatchOptions,
  noise: readonly NoiseRules[],
): Batch {
  const sizes = sources.map(() => diamMean * 2 ** (2 * random() - 1));
  const margined = Math.round(bsize * marginedSize);
  const scaled = randomRotateAndResize(
    sources.map(({ image }) => image),
    {
      labels: sources.map(({ targets }) => targets),
      draws: sources.map(() => ({ flip: 0, angle: 0, scale: 0.5, shiftX: random(), shiftY: random() })),
      rescale: sources.map(({ diameter }, i) => diameter / sizes[i]),
      ...{ scaleRange: 0, size: [margined, margined], flip: false, rotate: false },
    },
  );
  const pairs = worsened(scaled.images, sizes, noise, random);
  const rotate = noise.every(({ sigmas }) => sigmas !== 'alongY');
  const { images, labels } = randomRotateAndResize(pairs, {
    labels: partsOf(scaled.labels!),
    draws: sources.map(() => drawAugmentation(random)),
    rescale: sizes.map((size) => size / diamMean),
    ...{ scaleRange, size: [bsize, bsize], rotate },
  });
  return split(images, labels!);
}

/** Each image as two channels: the worse and the good one. */
function worsened(images: FloatArray, sizes: readonly number[], noise: readonly NoiseRules[], random: Random) {
  const [, , ly, lx] = images.shape;
  const good = partsOf(images).map(({ data }) => data.map((value) => Math.max(0, value)));
  const draws = sizes.map((size) => drawNoise(noise[Math.floor(random() * noise.length)], size, random));
  const reach = Math.max(...draws.map(({ blur }) => (blur ? kernelReach(blur) : 0)));
  return good.map((data, i) => {
    const both = new Float32Array(2 * data.length);
    both.set(addNoise({ data, ly, lx }, draws[i], random, reach));
    both.set(data, data.length);
    return { data: both, shape: [2, ly, lx] };
  });
}

/** (B, n, ly, lx) as B of (n, ly, lx). */
function partsOf({ data, shape: [count, ...shape] }: FloatArray): FloatArray[] {
  const n = data.length / count;
  return Array.from({ length: count }, (_, i) => ({ data: data.subarray(i * n, (i + 1) * n), shape }));
}

function split(images: FloatArray, labels: FloatArray): Batch {
  const [count, , ly, lx] = images.shape;
  const n = ly * lx;
  const planes = labels.shape[1];
  const x = new Float32Array(count * n);
  const lbl = new Float32Array(count * (planes + 1) * n);
  for (let i = 0; i < count; i++) {
    x.set(images.data.subarray(2 * i * n, (2 * i + 1) * n), i * n);
    const at = i * (planes + 1) * n;
    lbl.set(labels.data.subarray(i * planes * n, (i + 1) * planes * n), at);
    lbl.set(images.data.subarray((2 * i + 1) * n, (2 * i + 2) * n), at + planes * n);
  }
  return { x: { data: x, shape: [count, 1, ly, lx] }, lbl: { data: lbl, shape: [count, planes + 1, ly, lx] } };
}
