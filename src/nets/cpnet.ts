/**
 * CPnet, the network of Cellpose: a residual U-net whose upward path is modulated by the style, the mean over the
 * deepest map. Its switches make other networks of it, the plain U-net of `UnetModel` among them (`unet`). Layers are
 * declared and applied as in the PyTorch original, so parameters carry its state-dict names in its order.
 * Source: Stringer et al., Nature Methods 18 (2021), Methods; cellpose 3.1 and, for the switches, 2.2.3 `resnet_torch.CPnet`.
 */
import { OptionError } from '../errors.ts';
import { Graph, type Value } from '../graph/graph.ts';

export interface CPnetConfig {
  /** Channels: of the input, then of each level from full resolution to the deepest; Cellpose's own [2, 32, 64, 128, 256]. */
  readonly nbase: readonly number[];
  /** Channels of the output; 3 for segmentation: flow y, flow x (5 × unit flow), cell probability as a logit. */
  readonly nout: number;
  /** False: the style is still computed, but the upward path sees zeros. Default true. */
  readonly styleOn?: boolean;
  /** Levels of two residual steps (true, default), or of two convolutions one after the other. */
  readonly residualOn?: boolean;
  /** The upward path joins the map of its level as further channels, or adds it (false, default). */
  readonly concatenation?: boolean;
  /** Between levels take the largest (true, default) or the mean of each 2 × 2 square. */
  readonly maxPool?: boolean;
}

/** Extent of an input: tiles of a batch, rows, columns. Rows and columns are divisible by 2^(levels − 1). */
export interface TileShape {
  readonly batch: number;
  readonly ly: number;
  readonly lx: number;
}

type Layer = (x: Value) => Value;
type StyledLayer = (x: Value, style: Value) => Value;
type UpLayer = (x: Value, skip: Value, style: Value) => Value;

/** Channels on the way up. */
interface UpChannels {
  readonly from: number;
  readonly to: number;
  readonly style: number;
}

/**
 * Describes the network for one shape of input.
 *
 * @returns  graph with input 'x' (batch, nbase[0], ly, lx), outputs 'y' (batch, nout, ly, lx) and 'style' (batch, nbase.at(-1)),
 *           and the state dict's tensors as parameters. Maps of a residual encoder are the values 'encoder.0', 'encoder.1', ….
 * @throws OptionError for numbers of channels that are none; ShapeError for rows or columns that do not divide.
 */
export function cpnet(config: CPnetConfig, { batch, ly, lx }: TileShape): Graph {
  const { nbase, nout, styleOn = true, maxPool = true, residualOn = true, concatenation = false } = config;
  checkChannels(nbase, nout);
  const g = new Graph();
  const levels = nbase.length - 1;
  const down = Array.from({ length: levels }, (_, n) =>
    residualOn
      ? resdown(g, `downsample.down.res_down_${n}`, nbase[n], nbase[n + 1], `encoder.${n}`)
      : convdown(g, `downsample.down.conv_down_${n}`, nbase[n], nbase[n + 1]),
  );
  const join = concatenation ? concatenated(g) : added(g);
  const up = Array.from({ length: levels }, (_, n) => {
    const channels = { from: nbase[Math.min(n + 2, levels)], to: nbase[n + 1], style: nbase[levels] };
    return residualOn
      ? resup(g, `upsample.up.res_up_${n}`, channels, join)
      : convup(g, `upsample.up.conv_up_${n}`, channels, join);
  });
  const output = batchconv(g, 'output', nbase[1], nout, 1);

  const x = g.input('x', [batch, nbase[0], ly, lx]);
  const maps: Value[] = [];
  for (const layer of down) {
    const above = maps.at(-1);
    maps.push(layer(above ? (maxPool ? g.maxPool(above) : g.averagePool(above)) : x));
  }
  const deepest = maps.at(-1)!;
  const style = makeStyle(g, deepest);
  const used = styleOn ? style : g.product(style, g.constant('zero', { data: new Float32Array(1), shape: [1] }));
  let t = up[levels - 1](deepest, deepest, used);
  for (let n = levels - 2; n >= 0; n--) t = up[n](g.upsample(t), maps[n], used);
  g.output('y', output(t));
  g.output('style', style);
  return g;
}

function checkChannels(nbase: readonly number[], nout: number): void {
  if (nbase.length >= 2 && [...nbase, nout].every((n) => Number.isInteger(n) && n >= 1)) return;
  const message = `cpnet: nbase needs the channels of the input and of one level or more, nout those of the output`;
  throw new OptionError('nbase', nbase, `${message}; got [${nbase.join(', ')}] and ${nout}`);
}

/** Batch normalisation, ReLU, convolution. The parameters of the two that have some are numbered as PyTorch's Sequential does. */
function batchconv(g: Graph, name: string, from: number, to: number, size = 3): Layer {
  const norm = batchNorm(g, `${name}.0`, from);
  const conv = convolution(g, `${name}.2`, from, to, size);
  return (x) => conv(g.relu(norm(x)));
}

/** The shortcut of a block: batch normalisation and a 1 × 1 convolution, without ReLU. */
function projection(g: Graph, name: string, from: number, to: number): Layer {
  const norm = batchNorm(g, `${name}.0`, from);
  const conv = convolution(g, `${name}.1`, from, to, 1);
  return (x) => conv(norm(x));
}

/** Two residual steps of two convolutions each, on the way down. */
function resdown(g: Graph, name: string, from: number, to: number, result: string): Layer {
  const conv = [0, 1, 2, 3].map((t) => batchconv(g, `${name}.conv.conv_${t}`, t ? to : from, to));
  const proj = projection(g, `${name}.proj`, from, to);
  return (x) => {
    const y = g.sum(proj(x), conv[1](conv[0](x)));
    return g.add('Add', [y, conv[3](conv[2](y))], {}, result);
  };
}

/** Two convolutions, one after the other, on the way down. */
function convdown(g: Graph, name: string, from: number, to: number): Layer {
  const [conv0, conv1] = [from, to].map((channels, t) => batchconv(g, `${name}.conv.conv_${t}`, channels, to));
  return (x) => conv1(conv0(x));
}

/** How the map of the same level joins the upward path, and by how much the channels grow. */
interface Join {
  readonly growth: number;
  readonly apply: (x: Value, skip: Value) => Value;
}

function added(g: Graph): Join {
  return { growth: 1, apply: (x, skip) => g.sum(x, skip) };
}

function concatenated(g: Graph): Join {
  return { growth: 2, apply: (x, skip) => g.concat([skip, x], 1) };
}

/** Two residual steps on the way up: the map of the same level joins after the first convolution, the style before the others. */
function resup(g: Graph, name: string, { from, to, style: length }: UpChannels, join: Join): UpLayer {
  const conv0 = batchconv(g, `${name}.conv.conv_0`, from, to);
  const [conv1, conv2, conv3] = [join.growth, 1, 1].map((growth, t) =>
    batchconvstyle(g, `${name}.conv.conv_${t + 1}`, { from: growth * to, to, style: length }),
  );
  const proj = projection(g, `${name}.proj`, from, to);
  return (x, skip, style) => {
    const y = g.sum(proj(x), conv1(join.apply(conv0(x), skip), style));
    return g.sum(y, conv3(conv2(y, style), style));
  };
}

/** Two convolutions on the way up; map and style join between them. */
function convup(g: Graph, name: string, { from, to, style: length }: UpChannels, join: Join): UpLayer {
  const conv0 = batchconv(g, `${name}.conv.conv_0`, from, to);
  const conv1 = batchconvstyle(g, `${name}.conv.conv_1`, { from: join.growth * to, to, style: length });
  return (x, skip, style) => conv1(join.apply(conv0(x), skip), style);
}

/** Adds a linear map of the style to each channel, then batch normalisation, ReLU, convolution. */
function batchconvstyle(g: Graph, name: string, { from, to, style: length }: UpChannels): StyledLayer {
  const conv = batchconv(g, `${name}.conv`, from, to);
  const weight = g.parameter(`${name}.full.weight`, [from, length]);
  const bias = g.parameter(`${name}.full.bias`, [from]);
  return (x, style) => {
    const feature = g.linear(style, weight, bias);
    return conv(g.sum(x, g.reshape(feature, [style.shape[0], from, 1, 1])));
  };
}

/** Mean over pixels, scaled to unit length. No ε: a map of zeros gives NaN, as in the original. */
function makeStyle(g: Graph, map: Value): Value {
  const mean = g.meanOver(map, [2, 3]);
  return g.quotient(mean, g.sqrt(g.sumOver(g.product(mean, mean), [1], true)));
}

function batchNorm(g: Graph, name: string, channels: number): Layer {
  const [gamma, beta, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map((part) =>
    g.parameter(`${name}.${part}`, [channels]),
  );
  return (x) => g.batchNorm(x, gamma, beta, mean, variance);
}

function convolution(g: Graph, name: string, from: number, to: number, size: number): Layer {
  const weight = g.parameter(`${name}.weight`, [to, from, size, size]);
  const bias = g.parameter(`${name}.bias`, [to]);
  return (x) => g.conv(x, weight, bias);
}
