/** What can be asked of the simulator, and what it gives. */
import type { Masks, Masks2D, NdArray } from '../array/ndarray.ts';
import type { CellForm } from './cellShape.ts';

/**
 * How the picture is taken: `nuclei` and `cells` (cytoplasm and nucleus) by fluorescence, `phase` contrast, `brightfield`
 * out of focus, `stained` tissue in colour (haematoxylin and eosin).
 */
export type Modality = 'nuclei' | 'cells' | 'phase' | 'brightfield' | 'stained';

export interface SimulateOptions {
  /** @default 'nuclei' */
  readonly modality?: Modality;
  /** Any whole number. The same seed gives the same picture. @default 0 */
  readonly seed?: number;
  /** Cells wanted. Omitted: as many as cover a quarter of the image (a tenth of a volume). */
  readonly cells?: number;
  /** Mean diameter in pixels of the circle of equal area (the ball of equal volume), at least 6. @default 30 */
  readonly diameter?: number;
  /** Standard deviation of the logarithm of the diameters, 0–0.6. @default 0.15 */
  readonly sizeSpread?: number;
  /** Share of the cells that are put against another one, 0–1. @default 0.3 */
  readonly clustering?: number;
  /** @default 'oval' for nuclei and stained tissue, 'irregular' for cells, 'spindle' for phase contrast and bright field */
  readonly form?: CellForm;
  /** Contrast inside of cells, as a multiple of the usual, 0–3. @default 1 */
  readonly texture?: number;
  /** Sigma of the optical blur in pixels; along z it is 2.5 times as wide. @default 1.2 */
  readonly blur?: number;
  /** How much darker than its brightest place the image gets by uneven light, 0–0.9. @default 0.15 */
  readonly illumination?: number;
  /** Light between the cells, 1 being the brightness of a typical cell, 0–2. For fluorescence only. @default 0.06 */
  readonly background?: number;
  /** Photons per pixel at the brightness of a typical cell: fewer are noisier. @default 400 by fluorescence, else 2500 */
  readonly photons?: number;
  /** Standard deviation of the camera's own noise, in photons. @default 3 */
  readonly readNoise?: number;
  /** Grey levels of the camera; 8 gives bytes, more give 16-bit numbers. @default 8 */
  readonly bitDepth?: 8 | 12 | 16;
}

export interface SimulateImageOptions extends SimulateOptions {
  /** (ly, lx), at least 16 each. @default [512, 512] */
  readonly size?: readonly [number, number];
}

export interface SimulateVolumeOptions extends SimulateOptions {
  /** @default 'nuclei' */
  readonly modality?: 'nuclei' | 'cells';
  /** (lz, ly, lx) in voxels; lz at least 2. @default [32, 128, 128] */
  readonly size?: readonly [number, number, number];
  /** Distance of planes divided by the size of a pixel, as in `eval`. @default 1 */
  readonly anisotropy?: number;
}

export interface SimulateSeriesOptions extends SimulateImageOptions {
  /** @default 10 */
  readonly frames?: number;
  /** Mean time from one division to the next, in frames. @default 20 */
  readonly divisionTime?: number;
  /** Typical way of a cell from frame to frame, in pixels. @default a tenth of the diameter */
  readonly speed?: number;
  /** Chance of a cell to vanish, per frame. @default 0.003 */
  readonly deathRate?: number;
}

export type SimulatedPixels = NdArray<Uint8Array | Uint16Array>;

export interface SimulatedImage {
  /** (ly, lx); for `cells` (ly, lx, 2), cytoplasm and nucleus; for `stained` (ly, lx, 3), RGB. */
  readonly image: SimulatedPixels;
  /** The truth: each cell one connected piece, labels 1 … count. */
  readonly masks: Masks2D;
  /** For `cells`: the nuclei under the labels of their cells. */
  readonly nuclei?: Masks2D;
  readonly count: number;
  /** Median diameter of the cells as Cellpose measures it: what `eval` takes. */
  readonly diameter: number;
}

export interface SimulatedVolume extends Omit<SimulatedImage, 'masks' | 'nuclei'> {
  /** (lz, ly, lx); for `cells` (lz, ly, lx, 2). */
  readonly image: SimulatedPixels;
  /** (lz, ly, lx). */
  readonly masks: Masks;
  readonly nuclei?: Masks;
}

/** The life of one cell as far as it was seen without a break. */
export interface SimulatedTrack {
  /** Its label in all frames. */
  readonly label: number;
  /** Frames in which it is seen first and last, from 0. */
  readonly first: number;
  readonly last: number;
  /** Label of the cell by whose division it arose; 0 for none, or none that was seen in the frame before. */
  readonly parent: number;
}

export interface SimulatedSeries {
  /** (frames, ly, lx[, C]), channels as for one image. */
  readonly image: SimulatedPixels;
  /** (frames, ly, lx): a cell keeps its label over time. */
  readonly masks: Masks;
  readonly nuclei?: Masks;
  /** Ordered by label, 1 … n. */
  readonly tracks: readonly SimulatedTrack[];
  /** Median over the frames of the cells' median diameter. */
  readonly diameter: number;
}
