/** Splits the flat options of `eval` into what each stage sees, checks them, and fills in the defaults. */
import { OptionError } from '../errors.ts';
import type { NormalizeParams } from '../transforms/normalizeImg.ts';
import { evalDefaults } from './defaults.ts';
import type { EvalOptions } from './types.ts';

export interface InputOptions {
  readonly channels?: readonly [number, number];
  readonly channelAxis?: number;
  readonly zAxis?: number;
}

export interface TilingOptions {
  readonly batchSize: number;
  readonly augment: boolean;
  readonly tileOverlap: number;
  readonly bsize: number;
}

export interface DynamicsOptions {
  readonly resample: boolean;
  readonly interp: boolean;
  readonly flowThreshold: number;
  readonly cellprobThreshold: number;
  readonly minSize: number;
  readonly maxSizeFraction: number;
  /** 0: from the scale. */
  readonly niter: number;
  readonly computeMasks: boolean;
}

export interface SplitOptions {
  readonly input: InputOptions;
  readonly normalize: NormalizeParams;
  readonly tiling: TilingOptions;
  readonly dynamics: DynamicsOptions;
  /** 0: not given. */
  readonly diameter: number;
  readonly rescale: number | undefined;
}

/**
 * @throws OptionError that names the option, its value and the range it must be in.
 */
export function splitOptions(options: EvalOptions): SplitOptions {
  const o = { ...evalDefaults, ...withoutUndefined(options) };
  const diameter = o.diameter ?? 0;
  check(
    'diameter',
    diameter,
    diameter >= 0 && diameter < Number.POSITIVE_INFINITY,
    'a size in pixels above 0, or 0 for the model’s own',
  );
  if (o.rescale !== undefined)
    check('rescale', o.rescale, o.rescale > 0 && Number.isFinite(o.rescale), 'a factor above 0');
  check(
    'flowThreshold',
    o.flowThreshold,
    o.flowThreshold >= 0,
    '0 (no check) or a mean squared error above 0, commonly 0.1 to 3',
  );
  check('cellprobThreshold', o.cellprobThreshold, Math.abs(o.cellprobThreshold) <= 100, 'a logit, commonly -6 to 6');
  check(
    'minSize',
    o.minSize,
    Number.isInteger(o.minSize) && o.minSize >= -1,
    'a whole number of pixels, or -1 to keep all',
  );
  check(
    'maxSizeFraction',
    o.maxSizeFraction,
    o.maxSizeFraction > 0 && o.maxSizeFraction <= 1,
    'a share of the image above 0, at most 1',
  );
  check(
    'niter',
    o.niter ?? 0,
    (o.niter ?? 0) >= 0 && Number.isFinite(o.niter ?? 0),
    'a number of steps, or 0 to derive it from the diameter',
  );
  check(
    'batchSize',
    o.batchSize,
    Number.isInteger(o.batchSize) && o.batchSize >= 1,
    'a whole number of tiles, 1 or more',
  );
  check(
    'bsize',
    o.bsize,
    Number.isInteger(o.bsize) && o.bsize >= 32 && o.bsize % 8 === 0,
    'a multiple of 8 pixels, 32 or more',
  );
  check(
    'tileOverlap',
    o.tileOverlap,
    o.tileOverlap >= 0 && o.tileOverlap <= 1,
    'a fraction; values outside 0.05–0.5 are clamped',
  );
  return {
    input: withoutUndefined({ channels: o.channels, channelAxis: o.channelAxis, zAxis: o.zAxis }) as InputOptions,
    normalize: normalizeParams(o.normalize, o.invert),
    tiling: { batchSize: o.batchSize, augment: o.augment, tileOverlap: o.tileOverlap, bsize: o.bsize },
    dynamics: {
      resample: o.resample,
      interp: o.interp,
      flowThreshold: o.flowThreshold,
      cellprobThreshold: o.cellprobThreshold,
      minSize: o.minSize,
      maxSizeFraction: o.maxSizeFraction,
      niter: o.niter ?? 0,
      computeMasks: o.computeMasks,
    },
    diameter,
    rescale: o.rescale,
  };
}

/** As in Cellpose, a record of parameters replaces the two switches, so `invert` counts only beside a switch. */
function normalizeParams(normalize: boolean | NormalizeParams, invert: boolean): NormalizeParams {
  return typeof normalize === 'boolean' ? { normalize, invert } : normalize;
}

function check(option: string, value: number, ok: boolean, needed: string): void {
  if (!ok) throw new OptionError(option, value, `${option}: needs ${needed}; got ${value}`);
}

/** Drops keys that hold undefined, so that they do not hide defaults. */
function withoutUndefined<T extends object>(record: T): Partial<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Partial<T>;
}
