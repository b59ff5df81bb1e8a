/** To learn the classes of pixels: background, cell and boundary. Source: cellpose 2.2.3 `UnetModel.train`. */
import type { FloatArray } from '../array/ndarray.ts';
import { unetClasses, unetTargets } from '../dynamics/unetTargets.ts';
import type { Task } from './task.ts';
import { unetLoss } from './unetLoss.ts';

export interface UnetTaskOptions {
  readonly nclasses: 2 | 3;
  /** Whether the tiles are brought to the network's diameter: boundaries are then measured at that size. */
  readonly rescale: boolean;
  readonly styleOn: boolean;
}

export function unetTask({ nclasses, rescale, styleOn }: UnetTaskOptions): Task {
  return {
    planes: nclasses,
    momentum: 0.1,
    styleOn,
    targetsOf({ flows: { data, shape } }) {
      const [, ly, lx] = shape;
      const n = ly * lx;
      const targets = unetTargets({ data: Int32Array.from(data.subarray(0, n)), shape: [ly, lx] }, nclasses);
      return { data: targets.data.subarray(n), shape: [nclasses - 1, ly, lx] };
    },
    lastTargets: 'plain',
    labelsOf: (targets, scale) => oneHot(targets, nclasses, rescale ? scale : undefined),
    appendLosses: (g, y, lbl) => ({ loss: unetLoss(g, y, lbl), parts: {} }),
    blankLoss: (lbl) => leastLoss(lbl),
  };
}

/** Tiles of `unetTargets`, (batch, nclasses − 1, ly, lx), to 1 for the class that a pixel is of and 0 for the others. */
function oneHot({ data, shape }: FloatArray, nclasses: number, scale: Float32Array | undefined): FloatArray {
  const [batch, planes, ly, lx] = shape;
  const n = ly * lx;
  const out = new Float32Array(batch * nclasses * n);
  for (let b = 0; b < batch; b++) {
    const tile = data.slice(b * planes * n, (b + 1) * planes * n);
    const enlarged = scale?.[b] ?? 1;
    for (let i = n; i < tile.length; i++) tile[i] *= enlarged ** 2; // squared distances
    const classes = unetClasses({ data: tile, shape: [planes, ly, lx] });
    for (let i = 0; i < n; i++) out[(b * nclasses + classes.data[i]) * n + i] = 1;
  }
  return { data: out, shape: [batch, nclasses, ly, lx] };
}

/** The same scores everywhere, those of the classes' shares: 8 / classes · −Σ p ln p. */
function leastLoss({ data, shape: [batch, nclasses, ly, lx] }: FloatArray): number {
  const n = ly * lx;
  let loss = 0;
  for (let c = 0; c < nclasses; c++) {
    let pixels = 0;
    for (let b = 0; b < batch; b++) {
      const first = (b * nclasses + c) * n;
      for (let i = first; i < first + n; i++) pixels += data[i];
    }
    const share = pixels / (batch * n);
    if (share > 0) loss -= share * Math.log(share);
  }
  return (8 / nclasses) * loss;
}
