/** The choices of the step from resting places to masks, in which the generations of Cellpose differ. */

/** From resting places to masks. */
export interface MaskRules {
  /** Empty border around the image in the histogram of resting places, in pixels. */
  readonly rpad: number;
  /** Which pixels count in the histogram. */
  readonly counted: 'cells';
  /** A seed is the maximum of a window of this size … */
  readonly seedWindow: number;
  /** … and holds more than this many pixels. */
  readonly seedAbove: number;
  /** A seed grows this many times to the eight neighbours … */
  readonly growSteps: number;
  /** … that hold more than this many pixels. */
  readonly growAbove: number;
  /** Order of the seeds by count; where their regions overlap, the later one wins. Equal counts stay in raster order. */
  readonly seedOrder: 'ascending' | 'descending' | 'raster';
  /** Masks are numbered by first appearance in raster order or by rank of their seed. */
  readonly numbering: 'appearance' | 'rank';
}

/** Cellpose 3.1: `get_masks_torch`. */
export const maskRules3: MaskRules = Object.freeze({
  rpad: 20,
  counted: 'cells',
  seedWindow: 5,
  seedAbove: 10,
  growSteps: 5,
  growAbove: 2,
  seedOrder: 'ascending',
  numbering: 'appearance',
});
