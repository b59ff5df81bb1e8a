/** The choices of the step from resting places to masks, in which the generations of Cellpose differ. */
import type { SizeRules } from '../masks/sizeRules.ts';

/** From resting places to masks. */
export interface MaskRules {
  /** Empty border around the image in the histogram of resting places, in pixels. */
  readonly rpad: number;
  /**
   * Which pixels count in the histogram and get labels: those of cells, or all; the others stand where they are, one in each
   * place.
   */
  readonly counted: 'cells' | 'all';
  /** A seed is the maximum of a window of this size … */
  readonly seedWindow: number;
  /** … and holds more than this many pixels. */
  readonly seedAbove: number;
  /** A seed grows this many times to the eight (in volumes 26) neighbours … */
  readonly growSteps: number;
  /** … that hold more than this many pixels. */
  readonly growAbove: number;
  /** Order of the seeds by count; where their regions overlap, the later one wins. Equal counts stay in raster order. */
  readonly seedOrder: 'ascending' | 'descending' | 'raster';
  /**
   * How masks that are too big are found: by label; or, as the code of 2020 does, by the rank among the labels that are left
   * after overlaps.
   */
  readonly bigBy: 'label' | 'rank';
  /** Masks are numbered by first appearance in raster order or by rank of their seed. */
  readonly numbering: 'appearance' | 'rank';
  /** Labels that the flow check leaves keep their numbers, or are renumbered by rank. */
  readonly afterCheck: 'kept' | 'rank';
  /** How holes are filled and small masks removed. */
  readonly sizes: SizeRules;
}

/** The article and Cellpose 0.1 and 0.6: `get_masks`. */
export const maskRules2020: MaskRules = Object.freeze({
  rpad: 20,
  counted: 'all',
  seedWindow: 5,
  seedAbove: 10,
  growSteps: 5,
  growAbove: 2,
  seedOrder: 'raster',
  bigBy: 'rank',
  numbering: 'rank',
  afterCheck: 'rank',
  sizes: 'inOrder',
});

/** Cellpose 3.0: `get_masks`, which 3.1 still has as `get_masks_orig`. */
export const maskRules30: MaskRules = Object.freeze({
  ...maskRules2020,
  seedOrder: 'descending',
  bigBy: 'label',
  numbering: 'appearance',
  afterCheck: 'kept',
});

/** Cellpose 3.1 and 4: `get_masks_torch`. */
export const maskRules3: MaskRules = Object.freeze({
  ...maskRules30,
  counted: 'cells',
  seedOrder: 'ascending',
  sizes: 'twice',
});
