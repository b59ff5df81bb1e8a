/**
 * From heat to flows: the plain loops over the gradient of the heat, and the oracle of their kernels. Source: Cellpose's
 * `masks_to_flows` and `flow_error`, with the same order of additions.
 */
import type { CellRange } from './diffusion.ts';
import { tableColumns } from './diffusionCells.ts';

/** Heat of labelled pixels, (lz, ly, lx), 0 elsewhere, and how its gradient is taken. */
export interface HeatField {
  readonly labels: Int32Array;
  readonly heat: Float64Array;
  readonly shape: readonly [lz: number, ly: number, lx: number];
  /** Planes hang together, and there is a gradient in z. */
  readonly solid: boolean;
  /** Only heat of the pixel's own label counts. */
  readonly own: boolean;
  /** Added to the length of the gradient before the division by it. */
  readonly eps: number;
}

/** Writes the flows of rows `from` … `to` − 1, counted over all planes, to mu, (2 or 3, lz, ly, lx). */
export function heatFlows(field: HeatField, [from, to]: readonly [number, number], mu: Float64Array): void {
  const { labels, shape, solid } = field;
  const n = labels.length;
  const flow = new Float64Array(3);
  for (let i = from * shape[2]; i < to * shape[2]; i++) {
    if (labels[i] <= 0) continue;
    flowAt(field, i, flow);
    if (solid) mu[i] = flow[0];
    mu[i + (solid ? n : 0)] = flow[1];
    mu[i + (solid ? 2 * n : n)] = flow[2];
  }
}

/**
 * Writes to `errors`, per row of the table, the mean over the cell of the squared difference between its flow and
 * dP / flowScale, (2, lz, ly, lx), float32. For planes.
 */
export function heatErrors(
  field: HeatField,
  { cells, from, to }: CellRange,
  { dP, flowScale }: { dP: Float32Array; flowScale: number },
  errors: Float64Array,
): void {
  const { labels, shape } = field;
  const [, ly, lx] = shape;
  const flow = new Float64Array(3);
  for (let k = from; k < to; k++) {
    const [label, z, , y0, y1, x0, x1] = cells.subarray(tableColumns * k, tableColumns * (k + 1));
    let n = 0;
    let sumY = 0;
    let sumX = 0;
    for (let y = y0; y < y1; y++) {
      for (let x = x0; x < x1; x++) {
        const i = (z * ly + y) * lx + x;
        if (labels[i] !== label) continue;
        flowAt(field, i, flow);
        const errorY = flow[1] - Math.fround(dP[i] / flowScale);
        const errorX = flow[2] - Math.fround(dP[labels.length + i] / flowScale);
        sumY += errorY * errorY;
        sumX += errorX * errorX;
        n++;
      }
    }
    errors[k] = sumY / n + sumX / n;
  }
}

/** Flow (z, y, x) of pixel i: central differences of the heat, scaled to length 1. */
function flowAt({ labels, heat, shape, solid, own, eps }: HeatField, i: number, flow: Float64Array): void {
  const [lz, ly, lx] = shape;
  const at = (j: number) => (own && labels[j] !== labels[i] ? 0 : heat[j]);
  const difference = (place: number, size: number, step: number) =>
    (place + 1 < size ? at(i + step) : 0) - (place > 0 ? at(i - step) : 0);
  const row = Math.floor(i / lx);
  const dz = solid ? difference(Math.floor(row / ly), lz, ly * lx) : 0;
  const dy = difference(row % ly, ly, lx);
  const dx = difference(i % lx, lx, 1);
  const length = eps + Math.sqrt(dz * dz + dy * dy + dx * dx);
  flow[0] = dz / length;
  flow[1] = dy / length;
  flow[2] = dx / length;
}
