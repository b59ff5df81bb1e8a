/** From floats to whole numbers: how a range of activations is spread over 8 bits, and how weights become int8. */
import type { FloatArray, NdArray } from '../../array/ndarray.ts';

/** A number x is held as round(x / scale) + zero, 0…255. */
export interface Quantization {
  readonly scale: number;
  readonly zero: number;
}

/** A kernel in int8 with zero point 0, a scale for each output channel, and the bias in units of both scales. */
export interface QuantizedKernel {
  readonly kernel: NdArray<Int8Array>;
  readonly scales: FloatArray;
  readonly bias: NdArray<Int32Array>;
}

/** Biases stay below this, so that sums of products fit on top of them in 32 bits. */
const largestBias = 2 ** 30;

/** Spreads a range over 0…255. It is widened to hold 0, which is held exactly: pads and ReLU need it. */
export function quantizationOf([min, max]: readonly [number, number]): Quantization {
  const [low, high] = [Math.min(0, min), Math.max(0, max)];
  const scale = Math.fround((high - low) / 255);
  return scale > 0 ? { scale, zero: Math.round(Math.abs(low) / scale) } : { scale: 1, zero: 0 };
}

/**
 * @param kernel     (O, …), any number of taps.
 * @param bias       (O).
 * @param inScale    of the convolution's input.
 * @param largest    of the whole numbers: 127 for 8 bits, 63 for 7.
 */
export function quantizeKernel(
  { data, shape }: NdArray<Float32Array | Float64Array>,
  bias: ArrayLike<number>,
  inScale: number,
  largest: number,
): QuantizedKernel {
  const [outs] = shape;
  const taps = data.length / outs;
  const kernel = new Int8Array(data.length);
  const scales = new Float32Array(outs);
  const wholeBias = new Int32Array(outs);
  for (let o = 0; o < outs; o++) {
    let most = 0;
    for (let i = o * taps; i < (o + 1) * taps; i++) most = Math.max(most, Math.abs(data[i]));
    // A channel of tiny weights beside a large bias: a coarser scale, so that the bias fits.
    const scale = Math.fround(Math.max(most / largest, Math.abs(bias[o]) / (inScale * largestBias))) || 1;
    scales[o] = scale;
    for (let i = o * taps; i < (o + 1) * taps; i++) kernel[i] = Math.round(data[i] / scale);
    wholeBias[o] = Math.round(bias[o] / (inScale * scale));
  }
  return {
    kernel: { data: kernel, shape },
    scales: { data: scales, shape: [outs] },
    bias: { data: wholeBias, shape: [outs] },
  };
}
