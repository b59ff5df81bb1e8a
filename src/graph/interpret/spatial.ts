/** The interpreter's rules for pictures, (batch, channel, y, x): convolution, normalisation, pooling, enlargement. */
import type { Shape } from '../operator.ts';
import type { ConvAttributes } from '../ops/convolution.ts';
import { type Rules, type Tensor, zeros } from './tensor.ts';

type Names = 'Conv' | 'BatchNormalization' | 'MaxPool' | 'AveragePool' | 'Resize';

export const spatial: Pick<Rules, Names> = {
  Conv: ([x, w, b], attributes, shape) => conv(x, w, b, attributes, shape),
  BatchNormalization: ([x, gamma, beta, mean, variance], { epsilon }) => {
    const channels = x.shape[1];
    const run = x.data.length / (x.shape[0] * channels);
    const data = x.data.map((v, i) => {
      const c = Math.floor(i / run) % channels;
      return (gamma.data[c] * (v - mean.data[c])) / Math.sqrt(variance.data[c] + epsilon) + beta.data[c];
    });
    return { data, shape: x.shape };
  },
  MaxPool: ([x], _, shape) => pool(x, shape, Math.max),
  AveragePool: ([x], _, shape) => pool(x, shape, (a, b, c, d) => (a + b + c + d) / 4),
  Resize: ([x], { scales: [sy, sx] }, shape) => {
    const out = zeros(shape);
    const lx = shape[3];
    for (let i = 0, row = 0; i < out.data.length; row++)
      for (let j = 0; j < lx; j++) out.data[i++] = x.data[Math.floor(row / sy) * x.shape[3] + Math.floor(j / sx)];
    return out;
  },
};

function conv(x: Tensor, w: Tensor, b: Tensor | undefined, attributes: ConvAttributes, shape: Shape): Tensor {
  const { pads, strides, group } = attributes;
  const out = zeros(shape);
  const [batch, outs, ly, lx] = shape;
  const [, ins, ky, kx] = w.shape;
  const [, channels, my, mx] = x.shape;
  let i = 0;
  for (let n = 0; n < batch; n++)
    for (let o = 0; o < outs; o++) {
      const first = n * channels + Math.floor((o * group) / outs) * ins;
      for (let y = 0; y < ly; y++)
        for (let xx = 0; xx < lx; xx++) {
          let sum = b ? b.data[o] : 0;
          for (let dy = 0; dy < ky; dy++) {
            const sy = y * strides[0] + dy - pads[0];
            if (sy < 0 || sy >= my) continue;
            for (let dx = 0; dx < kx; dx++) {
              const sx = xx * strides[1] + dx - pads[1];
              if (sx < 0 || sx >= mx) continue;
              for (let c = 0; c < ins; c++)
                sum += x.data[((first + c) * my + sy) * mx + sx] * w.data[((o * ins + c) * ky + dy) * kx + dx];
            }
          }
          out.data[i++] = sum;
        }
    }
  return out;
}

type OfFour = (a: number, b: number, c: number, d: number) => number;

function pool(x: Tensor, shape: Shape, f: OfFour): Tensor {
  const out = zeros(shape);
  const [batch, channels, ly, lx] = shape;
  const [, , my, mx] = x.shape;
  let i = 0;
  for (let plane = 0; plane < batch * channels; plane++)
    for (let y = 0; y < ly; y++)
      for (let xx = 0; xx < lx; xx++) {
        const at = (plane * my + 2 * y) * mx + 2 * xx;
        out.data[i++] = f(x.data[at], x.data[at + 1], x.data[at + mx], x.data[at + mx + 1]);
      }
  return out;
}
