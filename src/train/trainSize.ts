/**
 * Trains a size model: from the style of a picture, which the network gives beside its masks, to the diameter of its cells, by
 * ridge regression on turned and scaled tiles. Source: cellpose 3.1 `train.train_size`.
 */
import { seededRandom } from '../array/random.ts';
import type { StateDict } from '../array/stateDict.ts';
import { createNetwork, type Network } from '../engine/network.ts';
import { OptionError } from '../errors.ts';
import type { SizeParams } from '../io/sizeModelNpy.ts';
import { drawAugmentation, randomRotateAndResize } from '../transforms/randomRotateAndResize.ts';
import { drawImages } from './drawImages.ts';
import { ridge } from './ridge.ts';
import type { TrainingExample } from './trainingSet.ts';

export interface TrainSizeOptions {
  /** Times that each image is looked at. @default 10 */
  readonly epochs?: number;
  /**
   * Size of tiles in pixels, a multiple of 8. Cellpose takes 512, which small images do not fill: their style is then that of
   * a mostly empty tile, as the network never gives it later. @default 224, the tiles of `eval`
   */
  readonly bsize?: number;
  /** Tiles are scaled by up to ± half of this. @default 1 */
  readonly scaleRange?: number;
  /** Weight of the squared coefficients. @default 1 */
  readonly l2?: number;
  /** Images drawn in an epoch. @default all, each once */
  readonly nimgPerEpoch?: number;
  /** Of all random numbers. @default 0 */
  readonly seed?: number;
  /** Processor threads. @default all */
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

export interface TrainSizeResult {
  /** For `SizeModel`, `Cellpose.load` or `writeSizeModelNpy`. */
  readonly params: SizeParams;
  /** Between true and predicted logarithm of the diameter, over the tiles that it was trained on; NaN where all are equal. */
  readonly correlation: number;
}

/**
 * @param stateDict  the trained network whose styles are used.
 * @param all        from `makeTrainingSet`; images, not tiles of a fixed diameter. Those without cells are left out.
 * @throws OptionError for impossible options; FormatError as `createNetwork`; the signal's reason after cancellation.
 */
export async function trainSize(
  stateDict: StateDict,
  all: readonly TrainingExample[],
  options: TrainSizeOptions = {},
): Promise<TrainSizeResult> {
  const { epochs = 10, bsize = 224, l2 = 1 } = options;
  const examples = all.filter(({ cells }) => cells > 0);
  if (examples.length === 0) throw new OptionError('examples', 0, 'trainSize: there are no images with cells');
  if (!(Number.isInteger(epochs) && epochs >= 1))
    throw new OptionError('epochs', epochs, `epochs: needs a whole number, 1 or more; got ${epochs}`);
  if (!(Number.isInteger(bsize) && bsize >= 32 && bsize % 8 === 0))
    throw new OptionError('bsize', bsize, `bsize: needs a multiple of 8 pixels, 32 or more; got ${bsize}`);
  if (!(l2 > 0)) throw new OptionError('l2', l2, `l2: needs a number above 0; got ${l2}`);
  const network = await createNetwork(stateDict, options.threads ? { threads: options.threads } : {});
  try {
    const { styles, sizes } = await lookAt(network, examples, { ...options, epochs, bsize });
    return fit(styles, sizes, network.config.diamMean, l2);
  } finally {
    await network.release();
  }
}

interface Looks {
  /** (n, style), one row for each tile. */
  readonly styles: Float32Array;
  /** Logarithm of the diameter in the tile over the network's. */
  readonly sizes: Float32Array;
}

async function lookAt(
  network: Network,
  examples: readonly TrainingExample[],
  options: TrainSizeOptions & { readonly epochs: number; readonly bsize: number },
): Promise<Looks> {
  const { epochs, bsize, scaleRange = 1, nimgPerEpoch = examples.length, seed = 0, signal, onProgress } = options;
  const total = epochs * nimgPerEpoch;
  const { styleLength, diamMean } = network.config;
  const styles = new Float32Array(total * styleLength);
  const sizes = new Float32Array(total);
  let done = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const random = seededRandom(seed, epoch);
    const drawn = drawImages(examples.length, nimgPerEpoch, random);
    // Several at a time, so that the network always has the next; their order does not matter to it.
    for (let first = 0; first < drawn.length; first += network.concurrency) {
      signal?.throwIfAborted();
      const looks = [...drawn.slice(first, first + network.concurrency)].map((i) => {
        const { image, diameter } = examples[i];
        const draws = [drawAugmentation(random)];
        const { images, scale } = randomRotateAndResize([image], { draws, scaleRange, size: [bsize, bsize] });
        return { diameter, scale: scale[0], output: network.forward(images, drawn.length) };
      });
      const outputs = await Promise.all(looks.map(({ output }) => output));
      for (const [k, { diameter, scale }] of looks.entries()) {
        styles.set(outputs[k].style.data, done * styleLength);
        sizes[done] = Math.log(diameter) - Math.log(diamMean) + Math.log(scale);
        done++;
      }
      onProgress?.({ done, total });
    }
  }
  return { styles, sizes };
}

function fit(styles: Float32Array, sizes: Float32Array, diamMean: number, l2: number): TrainSizeResult {
  const n = sizes.length;
  const m = styles.length / n;
  const smean = new Float32Array(m);
  for (let i = 0; i < m; i++) {
    let sum = 0;
    for (let r = 0; r < n; r++) sum += styles[r * m + i];
    smean[i] = sum / n;
  }
  const ymean = sizes.reduce((sum, size) => sum + size, 0) / n;
  const rows = Float64Array.from(styles, (v, k) => v - smean[k % m]);
  const values = Float64Array.from(sizes, (size) => size - ymean);
  const A = ridge(rows, values, l2);
  const predicted = values.map((_, r) => A.reduce((sum, a, i) => sum + a * rows[r * m + i], 0));
  return { params: { A, smean, diamMean, ymean, styleRescale: 1 }, correlation: correlation(values, predicted) };
}

function correlation(a: Float64Array, b: Float64Array): number {
  const mean = (values: Float64Array) => values.reduce((sum, v) => sum + v, 0) / values.length;
  const [ma, mb] = [mean(a), mean(b)];
  const dot = (f: (i: number) => number) => a.reduce((sum, _, i) => sum + f(i), 0);
  return dot((i) => (a[i] - ma) * (b[i] - mb)) / Math.sqrt(dot((i) => (a[i] - ma) ** 2) * dot((i) => (b[i] - mb) ** 2));
}
