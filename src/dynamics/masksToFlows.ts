/** Flows of labelled cells: what networks are trained on, and what the flow check compares with. Source: cellpose 3.1 `masks_to_flows`. */
import type { Masks2D, NdArray } from '../array/ndarray.ts';
import { objectBoxes, planeShape } from '../masks/objectBoxes.ts';
import { diffuse, diffusionObject, flowAt } from './diffusion.ts';
import { dynamics3, type FlowRules } from './rules.ts';

export interface MasksToFlowsOptions {
  /** Steps of the diffusion for every cell, in place of the number that the rules derive from its box. */
  readonly niter?: number;
  /** @default dynamics3.flows */
  readonly rules?: FlowRules;
  /** Worker threads. @default 1 */
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/**
 * Turns labels into flows: unit vectors along the gradient of heat that spreads from the centre of each cell.
 *
 * @param masks  labels, (ly, lx), 0 is background; missing labels do no harm. Not changed.
 * @returns      (2, ly, lx) float64: plane 0 is y, plane 1 is x; 0 outside cells, and where a cell has no gradient
 *               (a single pixel).
 * @throws ShapeError if masks is not (ly, lx).
 *
 * Each cell by itself within its box: every step adds 1 at the centre, then each pixel becomes the mean of itself and its
 * eight neighbours, where what is not of the cell counts 0. Bit-equal to cellpose 3.1 `masks_to_flows_cpu`; its GPU function
 * reads heat of neighbouring cells too.
 */
export async function masksToFlows(masks: Masks2D, options: MasksToFlowsOptions = {}): Promise<NdArray<Float64Array>> {
  const [ly, lx] = planeShape('masksToFlows', masks);
  const rules = options.rules ?? dynamics3.flows;
  const mu = new Float64Array(2 * ly * lx);
  const flow = new Float64Array(2);
  for (const box of objectBoxes(masks)) {
    const object = diffusionObject(masks.data, lx, box, rules, options.niter);
    const heat = diffuse(object);
    for (let k = 0; k < object.pixels.length; k++) {
      flowAt(heat, object.places[k], object.width, rules.eps, flow);
      mu[object.pixels[k]] = flow[0];
      mu[ly * lx + object.pixels[k]] = flow[1];
    }
  }
  return { data: mu, shape: [2, ly, lx] };
}
