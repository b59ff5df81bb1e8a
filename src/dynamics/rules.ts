/**
 * The rules of the dynamics as data. Cellpose changed them over the years; what differs between its generations is named
 * here, so that each quantity has one definition that reads its choices from a record. Values that occur only in other
 * generations join these types together with the code that knows them.
 */

export interface DynamicsRules {
  readonly name: string;
  readonly flows: FlowRules;
  readonly follow: FollowRules;
  readonly masks: MaskRules;
}

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

/** From flows to the places where pixels come to rest. */
export interface FollowRules {
  /** How the flow is read between pixels when interpolating: 'floor' weighs the four pixels around, with the border repeated. */
  readonly sampling: 'floor';
  /** The network gives flows times this factor. */
  readonly flowScale: number;
}

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

/** Cellpose 3.1 in 2D on the CPU: `masks_to_flows_cpu`, `steps_interp` or `steps2D`, `get_masks_torch`. */
export const dynamics3: DynamicsRules = Object.freeze({
  name: 'dynamics3',
  flows: Object.freeze({ centre: 'nearestToMean', stepMargin: 4, eps: 1e-60, neighbours: 'own' }),
  follow: Object.freeze({ sampling: 'floor', flowScale: 5 }),
  masks: Object.freeze({
    rpad: 20,
    counted: 'cells',
    seedWindow: 5,
    seedAbove: 10,
    growSteps: 5,
    growAbove: 2,
    seedOrder: 'ascending',
    numbering: 'appearance',
  }),
});
