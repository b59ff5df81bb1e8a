/** What generations of Cellpose do differently in `normalizeImg`. Source: `transforms.normalize_img` of 3.1 and of 4. */

export interface NormalizeRules {
  /** Whether `invert` acts on what was scaled in tiles. 3.1 leaves it as it is, and says nothing. */
  readonly invertTiles: boolean;
  /** What becomes of a channel of one value, which has no scale. */
  readonly flatChannels: 'keep' | 'zero';
  /** Which percentiles scale a picture without z axis: see `TileNormOptions.rows`. */
  readonly tileRows: 'first' | 'own';
  /** Along which axes the percentiles of tiles are smoothed: see `TileNormOptions.smoothAlong`. */
  readonly tileSmoothing: 'rows' | 'rowsAndColumns';
  /** The Gaussians of smoothing and sharpening: see `SmoothSharpenOptions.kernel`. */
  readonly filterKernel: 'skewed' | 'centred';
}

/** As `normalize_img` of 3.1 by itself, with its faults in tiles and filters. */
export const normalizeRules3: NormalizeRules = Object.freeze({
  invertTiles: false,
  flatChannels: 'keep',
  tileRows: 'first',
  tileSmoothing: 'rows',
  filterKernel: 'skewed',
});

/** As the `eval` of 3.1 scales, which gives every picture a z axis: there the fault in the rows of tiles does not show. */
export const normalizeRules3Eval: NormalizeRules = Object.freeze({ ...normalizeRules3, tileRows: 'own' });

/** The default: as the `eval` of 3.1 without its faults. All that differs shows only with tiles, smoothing or sharpening. */
export const normalizeRules: NormalizeRules = Object.freeze({
  invertTiles: true,
  flatChannels: 'keep',
  tileRows: 'own',
  tileSmoothing: 'rowsAndColumns',
  filterKernel: 'centred',
});

/** As `normalize_img` of 4. Version 4 also sets an image to 0 that is not to be scaled at all; here `normalize: false` leaves it as it is. */
export const normalizeRules4: NormalizeRules = Object.freeze({
  invertTiles: true,
  flatChannels: 'zero',
  tileRows: 'first',
  tileSmoothing: 'rows',
  filterKernel: 'skewed',
});
