/** The interpreter's rules for operators on 8-bit numbers: exact integers between roundings, scales in float64. */
import type { Shape } from '../operator.ts';
import type { ConvAttributes } from '../ops/convolution.ts';
import { type Rules, type Tensor, zeros } from './tensor.ts';
import { stepsOf, walk } from './walk.ts';

type Names = 'QuantizeLinear' | 'DequantizeLinear' | 'QLinearConv' | 'QLinearAdd' | 'NhwcMaxPool';

export const quantized: Pick<Rules, Names> = {
  QuantizeLinear: ([x, scale, zero]) => ({ data: x.data.map((v) => toByte(v, scale, zero)), shape: x.shape }),
  DequantizeLinear: ([q, scale, zero]) => {
    return { data: q.data.map((v) => (v - zero.data[0]) * scale.data[0]), shape: q.shape };
  },
  QLinearConv: (inputs, attributes, shape) => conv(inputs, attributes, shape),
  QLinearAdd: ([a, aScale, aZero, b, bScale, bZero, scale, zero], _, shape) => {
    const out = zeros(shape);
    let i = 0;
    walk(shape, [stepsOf(a.shape, shape.length), stepsOf(b.shape, shape.length)], ([p, q]) => {
      const sum = aScale.data[0] * (a.data[p] - aZero.data[0]) + bScale.data[0] * (b.data[q] - bZero.data[0]);
      out.data[i++] = toByte(sum, scale, zero);
    });
    return out;
  },
  NhwcMaxPool: ([x], _, shape) => {
    const out = zeros(shape);
    const [, ly, lx, channels] = shape;
    const [, my, mx] = x.shape;
    let i = 0;
    for (let n = 0; n < shape[0]; n++)
      for (let y = 0; y < ly; y++)
        for (let xx = 0; xx < lx; xx++)
          for (let c = 0; c < channels; c++) {
            const at = ((n * my + 2 * y) * mx + 2 * xx) * channels + c;
            const below = at + mx * channels;
            out.data[i++] = Math.max(x.data[at], x.data[at + channels], x.data[below], x.data[below + channels]);
          }
    return out;
  },
};

/** Ties to even, as processors round. */
function toByte(v: number, scale: Tensor, zero: Tensor): number {
  const exact = v / scale.data[0];
  const below = Math.floor(exact);
  const rest = exact - below;
  const rounded = rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
  return Math.min(255, Math.max(0, rounded + zero.data[0]));
}

/** Places outside the picture hold the zero point, that is 0. */
function conv(
  [x, xScale, xZero, w, wScales, wZero, scale, zero, bias]: readonly Tensor[],
  { pads, strides, group }: ConvAttributes,
  shape: Shape,
): Tensor {
  const out = zeros(shape);
  const [batch, ly, lx, outs] = shape;
  const [, ins, ky, kx] = w.shape;
  const [, my, mx, channels] = x.shape;
  let i = 0;
  for (let n = 0; n < batch; n++)
    for (let y = 0; y < ly; y++)
      for (let xx = 0; xx < lx; xx++)
        for (let o = 0; o < outs; o++) {
          const first = Math.floor((o * group) / outs) * ins;
          let sum = bias.data[o];
          for (let dy = 0; dy < ky; dy++) {
            const sy = y * strides[0] + dy - pads[0];
            if (sy < 0 || sy >= my) continue;
            for (let dx = 0; dx < kx; dx++) {
              const sx = xx * strides[1] + dx - pads[1];
              if (sx < 0 || sx >= mx) continue;
              const at = ((n * my + sy) * mx + sx) * channels + first;
              for (let c = 0; c < ins; c++)
                sum += (x.data[at + c] - xZero.data[0]) * (w.data[((o * ins + c) * ky + dy) * kx + dx] - wZero.data[0]);
            }
          }
          out.data[i++] = toByte(sum * xScale.data[0] * wScales.data[o], scale, zero);
        }
  return out;
}
