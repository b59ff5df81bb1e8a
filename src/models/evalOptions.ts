/** Splits the flat options of `eval` into what each stage sees, checks them, and fills in the defaults. */
import type { Scratch } from '../array/scratch.ts';
import { OptionError } from '../errors.ts';
import type { NormalizeParams } from '../transforms/normalizeImg.ts';
import { evalDefaults } from './defaults.ts';
import { type EvalRules, presetNamed } from './presets.ts';
import type { EvalOptions } from './types.ts';

export interface InputOptions {
  readonly channels?: readonly [number, number];
  readonly channelAxis?: number;
  readonly zAxis?: number;
  readonly tAxis?: number;
}

export interface TilingOptions {
  readonly batchSize: number;
  readonly augment: boolean;
  readonly tileOverlap: number;
  readonly bsize: number;
}

export interface VolumeOptions {
  readonly do3D: boolean;
  readonly anisotropy: number;
  /** Sigma along z, y, x. */
  readonly flow3DSmooth: readonly [number, number, number];
  /** 0: off. */
  readonly stitchThreshold: number;
  readonly stitchGap: number;
  /** Bytes. */
  readonly maxMemory: number;
  readonly scratch: Scratch | undefined;
  readonly keepFlows: boolean;
  /** Of a time series. */
  readonly normalizeOver: 'frame' | 'series';
}

export interface DynamicsOptions {
  /** Of the generation that was asked for. */
  readonly rules: EvalRules;
  readonly resample: boolean;
  readonly interp: boolean;
  readonly flowThreshold: number;
  readonly cellprobThreshold: number;
  readonly minSize: number;
  readonly maxSizeFraction: number;
  readonly pieces: 'any' | 'largest' | 'split';
  /** 0: from the scale. */
  readonly niter: number;
  readonly computeMasks: boolean;
}

export interface SplitOptions {
  readonly input: InputOptions;
  readonly normalize: NormalizeParams;
  readonly tiling: TilingOptions;
  readonly volume: VolumeOptions;
  readonly dynamics: DynamicsOptions;
  /** 0: not given. */
  readonly diameter: number;
  readonly rescale: number | undefined;
}

/**
 * Options of `eval` as records, one for each stage, with Cellpose's defaults filled in.
 *
 * @throws OptionError that names the option, its value and the range it must be in.
 */
export function splitOptions(options: EvalOptions): SplitOptions {
  const rules = presetNamed(options.preset);
  const o = { ...evalDefaults, ...rules.defaults, ...withoutUndefined(options) };
  checkNumbers(o);
  checkSwitches(o);
  checkSeries(o);
  return {
    input: withoutUndefined({ channels: o.channels, channelAxis: o.channelAxis, zAxis: o.zAxis, tAxis: o.tAxis }),
    normalize: normalizeParams(o.normalize, o.invert),
    tiling: { batchSize: o.batchSize, augment: o.augment, tileOverlap: o.tileOverlap, bsize: o.bsize },
    volume: {
      do3D: o.do3D,
      anisotropy: o.anisotropy,
      flow3DSmooth: smoothing(o.flow3DSmooth),
      stitchThreshold: o.stitchThreshold,
      stitchGap: o.stitchGap,
      maxMemory: o.maxMemory,
      scratch: o.scratch,
      keepFlows: o.keepFlows,
      normalizeOver: o.normalizeOver,
    },
    dynamics: {
      rules,
      resample: o.resample,
      interp: o.interp,
      flowThreshold: o.flowThreshold,
      cellprobThreshold: o.cellprobThreshold,
      minSize: o.minSize,
      maxSizeFraction: o.maxSizeFraction,
      pieces: o.pieces,
      niter: o.niter ?? 0,
      computeMasks: o.computeMasks,
    },
    diameter: o.diameter ?? 0,
    rescale: o.rescale,
  };
}

/** As in Cellpose, a record of parameters replaces the two switches, so `invert` counts only beside a switch. */
function normalizeParams(normalize: boolean | NormalizeParams, invert: boolean): NormalizeParams {
  return typeof normalize === 'boolean' ? { normalize, invert } : normalize;
}

/** One sigma counts for all three axes. */
function smoothing(sigma: number | readonly number[]): readonly [number, number, number] {
  const [z, y, x, ...more] = typeof sigma === 'number' ? [sigma, sigma, sigma] : sigma;
  if (more.length === 0 && [z, y, x].every((s) => s >= 0 && Number.isFinite(s))) return [z, y, x];
  throw refusal('flow3DSmooth', `[${String(sigma)}]`, 'a sigma in pixels from 0 on, or three of them, for z, y and x');
}

interface Range {
  readonly fits: (value: number) => boolean;
  /** The range in words, with what it means. */
  readonly needs: string;
}

/** What the numbers among the options must be. */
const ranges = {
  diameter: {
    fits: (v) => v >= 0 && Number.isFinite(v),
    needs: 'a size in pixels above 0, or 0 for the model’s own',
  },
  rescale: { fits: (v) => v > 0 && Number.isFinite(v), needs: 'a factor above 0' },
  flowThreshold: { fits: (v) => v >= 0, needs: '0 (no check) or a mean squared error above 0, commonly 0.1 to 3' },
  cellprobThreshold: { fits: (v) => Math.abs(v) <= 100, needs: 'a logit, commonly -6 to 6' },
  minSize: {
    fits: (v) => Number.isInteger(v) && v >= -1,
    needs: 'a whole number of pixels, or -1 to keep all',
  },
  maxSizeFraction: { fits: (v) => v > 0 && v <= 1, needs: 'a share of the image above 0, at most 1' },
  niter: { fits: (v) => v >= 0 && Number.isFinite(v), needs: 'a number of steps, or 0 to derive it from the diameter' },
  anisotropy: { fits: (v) => v > 0 && Number.isFinite(v), needs: 'the distance of planes over the size of a pixel' },
  stitchThreshold: { fits: (v) => v >= 0 && v <= 1, needs: '0 (off) or an intersection over union up to 1' },
  stitchGap: { fits: (v) => Number.isInteger(v) && v >= 0, needs: 'a number of planes, 0 or more' },
  maxMemory: { fits: (v) => v > 0, needs: 'a number of bytes above 0' },
  batchSize: { fits: (v) => Number.isInteger(v) && v >= 1, needs: 'a whole number of tiles, 1 or more' },
  bsize: { fits: (v) => Number.isInteger(v) && v >= 32 && v % 8 === 0, needs: 'a multiple of 8 pixels, 32 or more' },
  tileOverlap: { fits: (v) => v >= 0 && v <= 1, needs: 'a fraction; values outside 0.05–0.5 are clamped' },
} satisfies Partial<Record<keyof EvalOptions, Range>>;

function checkNumbers(options: EvalOptions): void {
  for (const [option, { fits, needs }] of Object.entries(ranges)) {
    const value: unknown = options[option as keyof typeof ranges];
    if (value === undefined || (typeof value === 'number' && fits(value))) continue;
    throw refusal(option, value, needs);
  }
}

function checkSwitches(options: EvalOptions): void {
  for (const option of ['invert', 'augment', 'resample', 'interp', 'do3D', 'computeMasks', 'keepFlows'] as const)
    if (typeof options[option] !== 'boolean') throw refusal(option, options[option], 'true or false');
  const { normalize, pieces, scratch } = options;
  if (scratch !== undefined && typeof scratch?.create !== 'function')
    throw refusal('scratch', scratch, 'an object that creates files, see Scratch');
  if (pieces !== 'any' && pieces !== 'largest' && pieces !== 'split')
    throw refusal('pieces', pieces, "'any', 'largest' or 'split'");
  if (typeof normalize !== 'boolean' && (typeof normalize !== 'object' || normalize === null))
    throw refusal('normalize', normalize, 'true, false, or a record such as { percentile: [1, 99] }');
}

/** Frames are never joined as planes are. */
function checkSeries({ tAxis, zAxis, do3D, stitchThreshold, normalizeOver }: EvalOptions): void {
  if (normalizeOver !== 'frame' && normalizeOver !== 'series')
    throw refusal('normalizeOver', normalizeOver, "'frame' or 'series'");
  if (tAxis === undefined) return;
  if (zAxis !== undefined) throw refusal('tAxis', tAxis, 'an image without zAxis: a series has frames of one plane');
  if (do3D || (stitchThreshold ?? 0) > 0)
    throw refusal('tAxis', tAxis, 'do3D and stitchThreshold off: frames are segmented one by one, see linkMasks');
}

function refusal(option: string, value: unknown, needs: string): OptionError {
  return new OptionError(option, value, `${option}: needs ${needs}; got ${String(value)}`);
}

/** Drops keys that hold undefined, so that they do not hide defaults. */
function withoutUndefined<T extends object>(record: T): Partial<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Partial<T>;
}
