/**
 * A prepared image through network and dynamics, plane by plane, to the result that `eval` gives. `CellposeModel`,
 * `SizeModel` and `Cellpose` all end here; the last two run it several times on one prepared image.
 */
import { dynamics3 } from '../dynamics/rules.ts';
import type { Network } from '../engine/network.ts';
import type { SplitOptions } from './evalOptions.ts';
import type { PreparedImage } from './prepareImage.ts';
import type { RunOptions } from './runOptions.ts';
import { type PlaneResult, segmentPlane } from './segmentPlane.ts';
import { stackFlows, stackPlanes } from './stackPlanes.ts';
import type { EvalResult } from './types.ts';

/** What is needed of a model. */
export interface Segmenter {
  readonly network: Network;
  /** Diameter that images are scaled to, in pixels. */
  readonly diamMean: number;
}

/** @throws as `runNet` and `resizeAndComputeMasks`; the signal's reason after cancellation. */
export async function segmentImage(
  { network, diamMean }: Segmenter,
  prepared: PreparedImage,
  options: SplitOptions,
  run: RunOptions,
): Promise<EvalResult> {
  const rescale =
    options.diameter > 0 ? diamMean / options.diameter : (options.rescale ?? ownRescale(network, diamMean));
  const planes: PlaneResult[] = [];
  for (const plane of prepared.planes) planes.push(await segmentPlane(network, plane, rescale, { ...options, run }));
  const sum = (value: (plane: PlaneResult) => number): number => planes.reduce((total, p) => total + value(p), 0);
  return {
    masks: stackPlanes(planes.map((p) => p.masks)),
    dP: stackFlows(planes.map((p) => p.dP)),
    cellprob: stackPlanes(planes.map((p) => p.cellprob)),
    style: stackPlanes(planes.map((p) => p.style)),
    count: sum((p) => largest(p.masks.data)),
    diameter: options.diameter > 0 ? options.diameter : diamMean / rescale,
    rescale,
    niter: planes[0].niter,
    preset: dynamics3.name,
    engine: network.engine,
    axes: prepared.axes,
    notes: [...prepared.notes, ...scaleNotes(rescale, diamMean)],
    timing: {
      network: sum((p) => p.networkMs),
      masks: sum((p) => p.masksMs),
      total: performance.now() - run.begin,
    },
  };
}

/** Far below the network's diameter an image takes long, and a wrong unit or a slip of the pen is likely. */
function scaleNotes(rescale: number, diamMean: number): string[] {
  if (rescale < 8) return [];
  return [
    `a diameter of ${+(diamMean / rescale).toPrecision(3)} pixels enlarged the image ${Math.round(rescale)} times`,
  ];
}

/** Cellpose divides by a given diameter in float64, but the model's own two diameters in float32. */
function ownRescale(network: Network, diamMean: number): number {
  return Math.fround(diamMean / network.config.diamLabels);
}

function largest(labels: Int32Array): number {
  let max = 0;
  for (const label of labels) if (label > max) max = label;
  return max;
}
