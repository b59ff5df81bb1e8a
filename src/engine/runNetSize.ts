/** Size of the picture that the network sees, and the guard against sizes that no machine can hold. */
import { OptionError } from '../errors.ts';

/** Largest output of the network that is computed unasked, in bytes: 4 GiB, some 350 million pixels. */
const defaultMemoryLimit = 4 * 2 ** 30;

export interface SizeLimits {
  /** Diameter in pixels that led to the scale; used in the message only. */
  readonly diameter?: number | undefined;
  /** Largest output of the network in bytes; default 4 GiB. Pictures that are not enlarged always pass. */
  readonly memoryLimit?: number | undefined;
  /** Planes of the network's output; default 3. */
  readonly nout?: number | undefined;
}

/**
 * Size (ly, lx) of the network's input: each side times `rescale`, rounded down.
 *
 * @throws OptionError ('diameter', or 'rescale' where no diameter is given) if nothing is left of the picture, or if the
 *   output would need more than the limit; the message has the size, the memory and the bound that works.
 */
export function netSize(ly: number, lx: number, rescale: number, limits: SizeLimits = {}): [number, number] {
  const { diameter, memoryLimit = defaultMemoryLimit, nout = 3 } = limits;
  const [name, value] = diameter === undefined ? ['rescale', rescale] : ['diameter', diameter];
  if (!(rescale > 0 && Number.isFinite(rescale))) {
    throw new OptionError(name, value, `runNet: ${name} must be a positive number; got ${value}`);
  }
  const size: [number, number] = rescale === 1 ? [ly, lx] : [Math.trunc(ly * rescale), Math.trunc(lx * rescale)];
  /** The bound on the option that keeps rescale at `bound`. */
  const bounded = (bound: number): number => (diameter === undefined ? bound : (diameter * rescale) / bound);
  if (size[0] < 1 || size[1] < 1) {
    const bound = bounded(1 / Math.min(ly, lx));
    const remedy =
      diameter === undefined ? `at least ${readable(bound, Math.ceil)}` : `at most ${readable(bound, Math.floor)}`;
    throw new OptionError(
      name,
      value,
      `runNet: with ${name} ${value} nothing is left of ${ly} × ${lx} pixels; give ${remedy}`,
    );
  }
  const bytes = size[0] * size[1] * nout * 4;
  if (rescale > 1 && bytes > memoryLimit) {
    const bound = bounded(Math.sqrt(memoryLimit / (ly * lx * nout * 4)));
    const remedy =
      diameter === undefined ? `at most ${readable(bound, Math.floor)}` : `at least ${readable(bound, Math.ceil)}`;
    const needs = `${ly} × ${lx} pixels would be enlarged to ${size[0]} × ${size[1]}, which needs ${gigabytes(bytes)} GB`;
    const message = `runNet: with ${name} ${value} ${needs}; the limit is ${gigabytes(memoryLimit)} GB, give ${remedy}`;
    throw new OptionError(name, value, message);
  }
  return size;
}

function gigabytes(bytes: number): string {
  return (bytes / 2 ** 30).toPrecision(3);
}

/** Two decimals for numbers from 1 on, three significant digits below, rounded to the safe side. */
function readable(value: number, round: (value: number) => number): string {
  const unit = value >= 1 ? 100 : 10 ** (2 - Math.floor(Math.log10(value)));
  return String(round(value * unit) / unit);
}
