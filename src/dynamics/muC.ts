import type { AnyTypedArray, NdArray } from '../array/ndarray.ts';
import { diameters } from '../masks/diameters.ts';
import { type FlowRules, flowRules2020 } from './flowRules.ts';
import { getCenters } from './getCenters.ts';
import { wholeLabels } from './wholeLabels.ts';

/**
 * Closeness to the centre of the cell: μ_c = exp(−d² / (0.15 D)²), d the distance to the cell's centre and D the median diameter
 * of the image. The second result of `masks_to_flows` in the article's code, which nothing uses further.
 *
 * @param masks  labels, (ly, lx), 0 and below is background.
 * @param rules  whose `centre` counts.
 * @returns      (ly, lx) float64: 1 at the centres, 0 outside cells.
 * @throws ShapeError if masks is not (ly, lx); OptionError if labels are not whole numbers.
 */
export function muC(masks: NdArray<AnyTypedArray>, rules: FlowRules = flowRules2020): NdArray<Float64Array> {
  const { data, shape } = wholeLabels('muC', masks);
  const centres = new Map(getCenters({ data, shape }, rules).map((centre) => [centre.label, centre]));
  const scale = (0.15 * diameters({ data, shape }).median) ** 2;
  const closeness = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const centre = centres.get(data[i]);
    if (centre === undefined) continue;
    const dy = Math.floor(i / shape[1]) - centre.y;
    const dx = (i % shape[1]) - centre.x;
    closeness[i] = Math.exp(-(dx * dx + dy * dy) / scale);
  }
  return { data: closeness, shape };
}
