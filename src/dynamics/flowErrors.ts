/** The flow check: a mask is kept if the flow that its shape implies agrees with the network's. Source: cellpose 3.1 `metrics.flow_error`, `remove_bad_flow_masks`. */
import type { FloatArray, Masks2D } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';
import { maxLabel, objectBoxes, planeShape } from '../masks/objectBoxes.ts';
import { diffuse, diffusionObject, flowAt } from './diffusion.ts';
import { type DynamicsRules, dynamics3 } from './rules.ts';

export interface FlowCheckOptions {
  /** @default dynamics3 */
  readonly rules?: DynamicsRules;
  /** Worker threads. @default 1 */
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/**
 * Measures how far the network's flow is from the flow of each mask.
 *
 * @param masks  labels, (ly, lx), 0 is background.
 * @param dP     flow of the network, (2, ly, lx), 5 × unit length; not masked by cellprob.
 * @returns      per label 1 … largest label: mean over the mask of the squared length of (flow of the mask − dP / 5);
 *               NaN for a label that is missing.
 * @throws ShapeError if the sizes differ.
 */
export async function flowErrors(
  masks: Masks2D,
  dP: FloatArray,
  options: FlowCheckOptions = {},
): Promise<Float64Array> {
  const [ly, lx] = planeShape('flowErrors', masks);
  if (dP.shape.length !== 3 || dP.shape[0] !== 2 || dP.shape[1] !== ly || dP.shape[2] !== lx) {
    throw new ShapeError('flowErrors', `dP (2, ${ly}, ${lx}) to match masks`, dP.shape);
  }
  const rules = options.rules ?? dynamics3;
  const errors = new Float64Array(maxLabel(masks)).fill(Number.NaN);
  for (const box of objectBoxes(masks)) errors[box.label - 1] = flowError(masks.data, dP, lx, box, rules);
  return errors;
}

function flowError(
  labels: Int32Array,
  dP: FloatArray,
  lx: number,
  box: Parameters<typeof diffusionObject>[2],
  { flows, follow }: DynamicsRules,
): number {
  const object = diffusionObject(labels, lx, box, flows);
  const heat = diffuse(object);
  const plane = dP.data.length / 2;
  const flow = new Float64Array(2);
  let sumY = 0;
  let sumX = 0;
  for (let k = 0; k < object.pixels.length; k++) {
    const i = object.pixels[k];
    flowAt(heat, object.places[k], object.width, flows.eps, flow);
    const ey = flow[0] - Math.fround(dP.data[i] / follow.flowScale);
    const ex = flow[1] - Math.fround(dP.data[plane + i] / follow.flowScale);
    sumY += ey * ey;
    sumX += ex * ex;
  }
  return sumY / object.pixels.length + sumX / object.pixels.length;
}

/**
 * Removes masks whose flow error is above the threshold.
 *
 * @returns new masks; the labels that stay keep their numbers. A NaN error removes nothing.
 */
export async function removeBadFlowMasks(
  masks: Masks2D,
  dP: FloatArray,
  threshold = 0.4,
  options: FlowCheckOptions = {},
): Promise<Masks2D> {
  const errors = await flowErrors(masks, dP, options);
  const data = masks.data.map((label) => (label > 0 && errors[label - 1] > threshold ? 0 : label));
  return { data, shape: masks.shape };
}
