/** A part of a sample picture as the tensors of a network, what the network makes of it, and a picture for people. */
import {
  convertImage,
  createNetwork,
  type FloatArray,
  type Masks,
  type NdArray,
  normalizeImg,
  resizeImage,
  type StateDict,
} from 'cellpose-ts';
import { cellsOverlay } from './cellsOverlay.ts';
import { RunError } from './errors.ts';
import type { NamedAxes } from './readPicture.ts';
import type { Segmenter } from './segmenter.ts';

export interface SampleTensors {
  /** (1, nchan, ly, lx): scaled to the network's diameter, intensities as they are. */
  readonly raw: FloatArray;
  /** (1, nout, ly, lx) */
  readonly flow: FloatArray;
  /** (1, styleLength) */
  readonly style: FloatArray;
  /** (ly, 2 lx, 3): the part of the picture, and the same with the cells that were found. */
  readonly cover: NdArray<Uint8Array>;
  readonly count: number;
}

interface Sample {
  readonly image: NdArray;
  readonly axes: NamedAxes;
  readonly channels: readonly [number, number];
  /** Of its cells, in pixels. */
  readonly diameter: number;
}

/** Large enough to show cells, small enough for a test: pixels of the network. */
const mostPixels = 256;

/** @throws RunError where the sample is a stack or too small; the errors of `convertImage`. */
export async function sampleTensors(sample: Sample, stateDict: StateDict, model: Segmenter): Promise<SampleTensors> {
  const network = await createNetwork(stateDict, { threads: 1 });
  try {
    const { nbase } = network.config;
    const step = 2 ** (nbase.length - 2);
    const part = scaledPart(sample, network.nchan, model.diamMean / sample.diameter, step);
    const raw = channelsFirst(part);
    const { y, style } = await network.forward(channelsFirst(normalizeImg(copyOf(part))));
    const { diamMean: diameter } = model;
    const { masks, count } = await model.eval(part, { channels: eachAsItIs, channelAxis: 2, diameter });
    return { raw, flow: y, style, cover: coverOf(part, masks), count };
  } finally {
    await network.release();
  }
}

/** Of a picture whose channels are the network's already. */
const eachAsItIs: readonly [number, number] = [1, 2];

/** The middle of the sample at the size at which the network sees it, (ly, lx, nchan). */
function scaledPart({ image, axes, channels }: Sample, nchan: number, rescale: number, step: number): FloatArray {
  const { image: picture } = convertImage(image, { ...axes, channels, nchan });
  if (picture.shape.length !== 3) throw new RunError('--sample: needs one picture, not a stack; give one plane of it');
  const [ly, lx] = picture.shape as readonly [number, number];
  const scaled = resizeImage(picture, Math.round(ly * rescale), Math.round(lx * rescale));
  const [hy, hx, c] = scaled.shape as readonly [number, number, number];
  const side = Math.floor(Math.min(hy, hx, mostPixels) / step) * step;
  if (side < 8 * step)
    throw new RunError(`--sample: needs ${8 * step} pixels or more at the size of the network; has ${hy} x ${hx}`);
  const [top, left] = [(hy - side) >> 1, (hx - side) >> 1];
  const data = new Float32Array(side * side * c);
  for (let y = 0; y < side; y++) {
    const from = ((top + y) * hx + left) * c;
    data.set(scaled.data.subarray(from, from + side * c), y * side * c);
  }
  return { data, shape: [side, side, c] };
}

function copyOf({ data, shape }: FloatArray): FloatArray {
  return { data: data.slice(), shape };
}

/** (ly, lx, c) as (1, c, ly, lx). */
function channelsFirst({ data, shape }: FloatArray): FloatArray {
  const [ly, lx, c] = shape as readonly [number, number, number];
  const out = new Float32Array(data.length);
  for (let i = 0; i < ly * lx; i++) for (let k = 0; k < c; k++) out[k * ly * lx + i] = data[i * c + k]!;
  return { data: out, shape: [1, c, ly, lx] };
}

/** Both pictures side by side, twice as wide as high. */
function coverOf(part: FloatArray, masks: Masks): NdArray<Uint8Array> {
  const [ly, lx] = part.shape as readonly [number, number];
  const nothing = { data: new Int32Array(ly * lx), shape: [ly, lx] };
  const [plain, cells] = [cellsOverlay(part, nothing), cellsOverlay(part, masks)];
  const data = new Uint8Array(2 * plain.data.length);
  const row = 3 * lx;
  for (let y = 0; y < ly; y++) {
    data.set(plain.data.subarray(y * row, (y + 1) * row), 2 * y * row);
    data.set(cells.data.subarray(y * row, (y + 1) * row), (2 * y + 1) * row);
  }
  return { data, shape: [ly, 2 * lx, 3] };
}
