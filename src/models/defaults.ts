/** Default options of `eval`, those of Cellpose 3.1. Frozen: options are merged into a new record, never written here. */
export const evalDefaults = Object.freeze({
  normalize: true,
  invert: false,
  batchSize: 8,
  augment: false,
  tileOverlap: 0.1,
  bsize: 224,
  resample: true,
  interp: true,
  flowThreshold: 0.4,
  cellprobThreshold: 0,
  minSize: 15,
  maxSizeFraction: 0.4,
  do3D: false,
  anisotropy: 1,
  flow3DSmooth: 0,
  stitchThreshold: 0,
  stitchGap: 0,
  pieces: 'any' as const,
  maxMemory: Infinity,
  normalizeOver: 'frame' as const,
  keepFlows: true,
  computeMasks: true,
});

/** Diameter that `Cellpose` assumes where none is given, in pixels. */
export const defaultDiameter = 30;

/** Steps of the dynamics at the network's own scale. */
export const baseNiter = 200;
