/** The choices of the step from labels to flows, in which the generations of Cellpose differ. */

/** From labels to flows: heat spreads from the centre of a cell, the flow climbs it. */
export interface FlowRules {
  /**
   * Which pixel is heated; of equals the first in raster order.
   * - 'nearestToMean', 'nearestToMedian': the pixel of the cell nearest to the mean or median of its coordinates, which are
   *   counted from 1 in the cell's box.
   * - 'nearestToMeanFrom0': the same, counted from 0; the other rounding picks another pixel in one cell of ten thousand.
   * - 'nearestToRoundedMean': nearest to the mean rounded to whole pixels, halves to even, counted from 0.
   * - 'meanElseNearestToMedian': the mean cut to whole pixels if that pixel is of the cell.
   */
  readonly centre:
    | 'nearestToMean'
    | 'nearestToMeanFrom0'
    | 'nearestToMedian'
    | 'nearestToRoundedMean'
    | 'meanElseNearestToMedian';
  /** Steps of the diffusion: `stepFactor` × (sum of the sides of the cell's box + `stepMargin`). */
  readonly stepFactor: number;
  readonly stepMargin: number;
  /** Whose box counts for that: each cell's own, or for all cells of a plane (or volume) the largest. */
  readonly stepsOf: 'each' | 'largest';
  /** How the sum over the neighbours becomes their mean: times a rounded 1/9, or divided by 9. They differ in the last bit. */
  readonly mean: 'multiply' | 'divide';
  /**
   * Whether log(1 + heat) takes the place of the heat. 'shifted' is what the code of 2020 does: only where the pixel up and to
   * the left is of the same cell.
   */
  readonly log: 'none' | 'shifted' | 'everywhere';
  /** Whose heat the gradient sees: only that of the pixel's own cell, or that of any. Heat itself never crosses a border. */
  readonly neighbours: 'own' | 'any';
  /** Added to the length of the gradient before the division by it. */
  readonly eps: number;
  /**
   * What becomes of a volume: each plane in each of three directions is taken as an image and the flows are summed, in float32
   * and without scaling; or heat spreads in it to the six neighbours.
   */
  readonly volumes: 'threePasses' | 'sixNeighbours';
  /** Weight of the z component in the flow error of a volume. */
  readonly zErrorWeight: number;
  /** Labels that `labelsToFlows` gives back: as they came, or renumbered by first appearance. */
  readonly labels: 'asGiven' | 'renumbered';
}

/** The article, Cellpose 0.1, and up to 2.x on the CPU (later ones weigh z by 1 in the flow error of a volume): `masks_to_flows`. */
export const flowRules2020: FlowRules = Object.freeze({
  centre: 'nearestToMedian',
  stepFactor: 2,
  stepMargin: -2,
  stepsOf: 'each',
  mean: 'multiply',
  log: 'shifted',
  neighbours: 'own',
  eps: 1e-20,
  volumes: 'threePasses',
  zErrorWeight: 0.5,
  labels: 'asGiven',
});

/** Cellpose 0.6.5 on a GPU: `masks_to_flows_gpu`. 2.x differs in the centre alone: 'nearestToMedian'. */
export const flowRules2020Gpu: FlowRules = Object.freeze({
  ...flowRules2020,
  centre: 'meanElseNearestToMedian',
  stepMargin: 2,
  stepsOf: 'largest',
  mean: 'divide',
  log: 'everywhere',
  neighbours: 'any',
  zErrorWeight: 1,
});

/** Cellpose 3.1 on the CPU: `masks_to_flows_cpu`. */
export const flowRules3: FlowRules = Object.freeze({
  centre: 'nearestToMean',
  stepFactor: 2,
  stepMargin: 4,
  stepsOf: 'each',
  mean: 'multiply',
  log: 'none',
  neighbours: 'own',
  eps: 1e-60,
  volumes: 'threePasses',
  zErrorWeight: 1,
  labels: 'renumbered',
});

/** Cellpose 3.1 on a GPU: `masks_to_flows_gpu`. */
export const flowRules3Gpu: FlowRules = Object.freeze({
  ...flowRules3,
  centre: 'nearestToMeanFrom0',
  stepMargin: 2,
  stepsOf: 'largest',
  mean: 'divide',
  neighbours: 'any',
});

/** Cellpose 3.1 and 4 for volumes, on request: `masks_to_flows_gpu_3d`. */
export const flowRules3Volume: FlowRules = Object.freeze({
  ...flowRules3Gpu,
  centre: 'nearestToMean',
  stepFactor: 6,
  stepMargin: 3,
  volumes: 'sixNeighbours',
});

/** Cellpose 4: `masks_to_flows_gpu`. */
export const flowRules4: FlowRules = Object.freeze({ ...flowRules3Gpu, centre: 'nearestToRoundedMean' });
