/** The choices of the step from labels to flows, in which the generations of Cellpose differ. */

/** From labels to flows: heat spreads from the centre of a cell, the flow climbs it. */
export interface FlowRules {
  /** Which pixel is heated: the pixel of the cell nearest to the mean of its coordinates, the first in raster order of equals. */
  readonly centre: 'nearestToMean';
  /** Steps of the diffusion: 2 (height + width + margin) of the cell's box. */
  readonly stepMargin: number;
  /** Added to the length of the gradient before the division by it. */
  readonly eps: number;
  /** Whose heat a pixel sees: only that of its own cell. */
  readonly neighbours: 'own';
}

/** Cellpose 3.1 in 2D on the CPU: `masks_to_flows_cpu`. */
export const flowRules3: FlowRules = Object.freeze({
  centre: 'nearestToMean',
  stepMargin: 4,
  eps: 1e-60,
  neighbours: 'own',
});
