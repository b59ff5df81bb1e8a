/** Runs a network over a picture in memory. Source: cellpose 3.1 `core.run_net`. */
import { checkArray, type FloatArray } from '../array/ndarray.ts';
import { arrayReader, arrayWriter } from '../array/window.ts';
import { ShapeError } from '../errors.ts';
import { resizePlanes } from '../transforms/resizeImage.ts';
import { type NetSummary, type RunNetOptions, runNetWindows } from './runNetWindows.ts';
import type { TileNetwork } from './tileNetwork.ts';

export interface NetOutput extends NetSummary {
  /** (nout, ly, lx) at network size; for CPnet: flow y, flow x (5 × unit flow), cell probability as a logit. */
  readonly y: FloatArray;
}

/**
 * Runs the network over an image in overlapping tiles and averages what comes out.
 *
 * @param image  (ly, lx, nchan), float32, scaled as the network expects (`normalizeImg`). Not changed.
 * @returns      the output at network size, that is of the image times `rescale`; `resizeOutput` brings it to image size.
 * @throws as `runNetWindows`; ShapeError for an image of other rank.
 */
export async function runNet(net: TileNetwork, image: FloatArray, options: RunNetOptions = {}): Promise<NetOutput> {
  if (image.shape.length !== 3) throw new ShapeError('runNet', `(ly, lx, ${net.nchan})`, image.shape);
  checkArray('runNet', image);
  let y: FloatArray = { data: new Float32Array(0), shape: [net.nout, 0, 0] };
  const makeWriter = ([ly, lx]: readonly [number, number]) => {
    y = { data: new Float32Array(net.nout * ly * lx), shape: [net.nout, ly, lx] };
    return arrayWriter(y);
  };
  const summary = await runNetWindows(net, arrayReader(image), makeWriter, options);
  return { y, ...summary };
}

/** Brings an output (nout, y, x) to the size of the image, bilinear, as Cellpose does with `resample`. */
export function resizeOutput(y: FloatArray, ly: number, lx: number): FloatArray {
  return y.shape[1] === ly && y.shape[2] === lx ? y : resizePlanes(y, ly, lx);
}
