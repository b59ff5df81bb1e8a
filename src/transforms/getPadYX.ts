/** How much a picture is padded before it is cut into tiles. Source: cellpose 3.1 `transforms.get_pad_yx`. */
import { OptionError } from '../errors.ts';
import { checkSize } from './checkSize.ts';

export interface PadOptions {
  /** Sizes become a multiple of this; default 16. */
  readonly div?: number;
  /** This times `div` is added on top, half on each side; default 1. */
  readonly extra?: number;
  /** (ly, lx): smaller pictures are padded to this size, in place of a multiple of `div`. */
  readonly minSize?: readonly [number, number];
  /** The margin of `extra` counts towards `minSize`, as in Cellpose 4; default false. */
  readonly minSizeWithMargin?: boolean;
}

/** Pixels to add above, below, left and right. */
export type Padding = readonly [above: number, below: number, left: number, right: number];

/**
 * Padding that a picture of (ly, lx) pixels needs; where it cannot be halved, below and right get one pixel more.
 *
 * @throws OptionError for sizes below 1, a `div` that is no whole number from 1, an `extra` that is none from 0.
 */
export function getPadYX(ly: number, lx: number, options: PadOptions = {}): Padding {
  checkSize('getPadYX', ly, lx);
  const { div = 16, extra = 1 } = options;
  if (!(div >= 1 && extra >= 0 && Number.isInteger(div) && Number.isInteger(extra))) {
    const message = `getPadYX: needs whole numbers, div from 1 and extra from 0; got ${div} and ${extra}`;
    throw new OptionError('div', [div, extra], message);
  }
  const [minLy, minLx] = options.minSize ?? [0, 0];
  return [...padAxis(ly, minLy, options), ...padAxis(lx, minLx, options)];
}

function padAxis(size: number, minSize: number, options: PadOptions): [number, number] {
  const { div = 16, extra = 1, minSizeWithMargin = false } = options;
  const counted = minSizeWithMargin ? extra * div : 0;
  const missing = size < minSize ? Math.max(0, minSize - size - counted) : Math.ceil(size / div) * div - size;
  const margin = Math.floor((extra * div) / 2);
  const before = Math.floor(missing / 2);
  return [margin + before, margin + missing - before];
}
