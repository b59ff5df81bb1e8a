/** `normalizeImg` of volumes that are at hand in blocks of planes only: value for value the same. */
import type { FloatArray } from '../array/ndarray.ts';
import { percentile } from '../array/percentile.ts';
import { sampleSteps, scaleValues } from './normalize99.ts';
import { fillChannel, type NormalizeParams, readScaling, scaleChannels, scaleToBounds } from './normalizeImg.ts';
import { refuseNonFinite } from './refuseNonFinite.ts';
import { smoothSharpenImg } from './smoothSharpenImg.ts';

export interface BlockScaler {
  /** Takes note of the intensities of some planes, (n, ly, lx, nchan). All planes in their order, before any is scaled. */
  look(block: FloatArray): void;
  /** Scales some planes, perhaps in their place. */
  scale(block: FloatArray): FloatArray;
  /** How many channels there are without the last ones that are all 0 when they are scaled; at least 1. */
  usedChannels(): number;
}

/** Whether percentiles are of the whole volume; those of tiles are smoothed over all of it. */
export function scalesInBlocks({ lowhigh, tileNormBlocksize }: NormalizeParams): boolean {
  return Boolean(lowhigh) || (tileNormBlocksize ?? 0) === 0;
}

/** @param size  (lz, ly, lx) of the volume. @throws as `normalizeImg`. */
export function blockScaler(size: readonly number[], nchan: number, params: NormalizeParams): BlockScaler {
  const { bounds, percents, normalize, invert, rules, filters } = readScaling(params, nchan);
  const filtered = (block: FloatArray): FloatArray => (bounds ? block : smoothSharpenImg(block, filters));
  const channels = Array.from({ length: nchan }, (_, c) => new ChannelValues(size, nchan, c));
  let limits: (readonly number[])[] | undefined;
  const scale = (block: FloatArray): FloatArray => {
    if (bounds) return scaleChannels(block, invert, (out, c) => scaleToBounds(out, c, bounds[c]));
    limits ??= channels.map(({ sample }) => (normalize ? percentile(sample, percents) : []));
    return scaleChannels(block, invert, (out, c) => {
      if (!normalize) return false;
      const differs = channels[c].low !== channels[c].high;
      const [low, high] = limits![c];
      if (differs) scaleValues(out.data, low, high, { offset: c, stride: nchan });
      else if (rules.flatChannels === 'zero') fillChannel(out, c, 0);
      return differs;
    });
  };
  return {
    look(block) {
      refuseNonFinite('normalizeImg', block.data);
      const values = filtered(block);
      for (const channel of channels) channel.add(values);
    },
    scale: (block) => scale(filtered(block)),
    usedChannels() {
      // Scaling keeps the order of values, so what lies between two zeros is 0.
      const ends = new Float32Array(2 * nchan);
      for (const [c, { low, high }] of channels.entries()) [ends[c], ends[nchan + c]] = [low, high];
      const { data } = scale({ data: ends, shape: [1, 1, 2, nchan] });
      for (let used = nchan; used > 1; used--) if (data[used - 1] !== 0 || data[nchan + used - 1] !== 0) return used;
      return 1;
    },
  };
}

/** What is to be known of a channel: its ends, and the values that its percentiles are taken of. */
class ChannelValues {
  low = Infinity;
  high = -Infinity;
  readonly sample: Float32Array;
  readonly #steps: readonly number[];
  readonly #nchan: number;
  readonly #c: number;
  #n = 0;
  #z = 0;

  constructor(size: readonly number[], nchan: number, c: number) {
    this.#steps = sampleSteps(size);
    this.#nchan = nchan;
    this.#c = c;
    this.sample = new Float32Array(size.reduce((n, extent, axis) => n * Math.ceil(extent / this.#steps[axis]), 1));
  }

  /** Adds the next planes. */
  add({ data, shape: [lz, ly, lx] }: FloatArray): void {
    const [stepZ, stepY, stepX] = this.#steps;
    const nchan = this.#nchan;
    let { low, high } = this;
    for (let p = this.#c; p < data.length; p += nchan) {
      if (data[p] < low) low = data[p];
      if (data[p] > high) high = data[p];
    }
    [this.low, this.high] = [low, high];
    for (let z = 0; z < lz; z++, this.#z++) {
      if (this.#z % stepZ !== 0) continue;
      for (let y = 0; y < ly; y += stepY) {
        const end = (z * ly + y + 1) * lx * nchan;
        for (let p = end - lx * nchan + this.#c; p < end; p += stepX * nchan) this.sample[this.#n++] = data[p];
      }
    }
  }
}
