/** Writes result files as Cellpose 3.1 does, NAME_seg.npy, for its GUI and its own loader. Source: `io.masks_flows_to_seg`. */
import { type FloatArray, type Masks, type NdArray, sizeOf } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';
import { masksToOutlines } from '../masks/outlines.ts';
import { normalize99 } from '../transforms/normalize99.ts';
import { resizeImage } from '../transforms/resizeImage.ts';
import { concat } from './concat.ts';
import { npyDictionaryPieces } from './npyObject.ts';
import { numpyArray } from './pickle/numpyPickle.ts';
import { type Call, Float, type Picklable } from './pickle/writePickle.ts';

export interface WriteSegNpyInput {
  /** Labels ([lz,] ly, lx): 0 background, 1…n cells. */
  readonly masks: Masks;
  /** Flow, (2, ly, lx) or (2 or 3, lz, ly, lx), in network units; may be of network size. */
  readonly dP: FloatArray;
  /** Cell probability as a logit; size of dP. */
  readonly cellprob: FloatArray;
  /** Colours of the flow, ([lz,] ly, lx, 3); size of dP. See `dxToCirc`. */
  readonly flowPicture: NdArray<Uint8Array>;
  /** In pixels. */
  readonly diameter: number;
  /** Cellpose's channels: [to segment, nuclear]; default [0, 0]. */
  readonly channels?: readonly number[];
  /** The image's file. */
  readonly filename: string;
  /** The restored image that was segmented, ([lz,] ly, lx, n), and the name of the network that restored it. */
  readonly restored?: { readonly type: string; readonly image: FloatArray };
  /** 1 for cells drawn by hand, one entry per cell; default: none is. */
  readonly isManual?: Uint8Array;
}

/**
 * Makes a _seg.npy file with the keys, types and shapes of Cellpose 3.1: labels are uint16, or uint32 from 65,535 cells on.
 *
 * @throws ShapeError unless masks are (ly, lx) or (lz, ly, lx) and the rest fits.
 */
export function writeSegNpy(input: WriteSegNpyInput): Uint8Array {
  return concat(segNpyPieces(input));
}

/**
 * As `writeSegNpy`, in pieces to be written one after the other: the file is 23 bytes a pixel, and most of it need not be
 * copied. The pieces share memory with the input.
 */
export function segNpyPieces(input: WriteSegNpyInput): Uint8Array[] {
  const { masks, diameter, channels = [0, 0], filename } = input;
  checkShapes(input);
  const count = masks.data.reduce((most, label) => Math.max(most, label), 0);
  const isManual = input.isManual ?? new Uint8Array(count);
  return npyDictionaryPieces([
    ['outlines', labels(outlineLabels(masks), count)],
    ['masks', labels(masks, count)],
    ['chan_choose', [...channels]],
    ['ismanual', numpyArray({ data: isManual, shape: [isManual.length] }, 'bool')],
    ['filename', filename],
    ['flows', masks.shape.length === 2 ? planeFlowsList(input) : stackFlowsList(input)],
    ['diameter', new Float(diameter)],
    ...restoredEntries(input),
  ]);
}

/** As 3.1 always does, with a ratio of 1. */
function restoredEntries({ restored }: WriteSegNpyInput): [string, Picklable][] {
  if (!restored) return [];
  return [
    ['restore', restored.type],
    ['ratio', new Float(1)],
    ['img_restore', numpyArray(restored.image)],
  ];
}

/** [flow colours, cell probability picture, zeros, nothing for the positions, flow with cell probability as last plane]. */
function planeFlowsList({ masks, dP, cellprob, flowPicture }: WriteSegNpyInput): Picklable[] {
  const [ly, lx] = masks.shape;
  const fits = flowPicture.shape[0] === ly && flowPicture.shape[1] === lx;
  const fit = (picture: NdArray<Uint8Array>) =>
    numpyArray(asStack(fits ? picture : resizeImage(picture, ly, lx, 'nearest')));
  const zeros = { data: new Uint8Array(flowPicture.data.length), shape: flowPicture.shape };
  return [
    fit(flowPicture),
    fit(probabilityPicture(cellprob)),
    numpyArray(asStack(zeros)),
    [],
    numpyArray(joinPlanes(dP, cellprob)),
  ];
}

/** [flow colours, cell probability picture, picture of the first flow, nothing, flow with cell probability last], none resized. */
function stackFlowsList({ dP, cellprob, flowPicture }: WriteSegNpyInput): Picklable[] {
  return [
    numpyArray(flowPicture),
    numpyArray(probabilityPicture(cellprob)),
    numpyArray(firstFlowPicture(dP)),
    [],
    numpyArray(joinPlanes(dP, cellprob)),
  ];
}

/** Flow along the first axis: 127 for none, 12.7 for each unit, cut to whole numbers; beyond 0…255 it starts over. */
function firstFlowPicture({ data, shape }: FloatArray): NdArray<Uint8Array> {
  const picture = new Uint8Array(data.length / shape[0]);
  const f = Math.fround;
  for (let i = 0; i < picture.length; i++) picture[i] = f(f(f(data[i] / 10) * 127) + 127);
  return { data: picture, shape: shape.slice(1) };
}

/** Cell probability scaled between its percentiles 1 and 99 to 0…255, cut to whole numbers. */
function probabilityPicture(cellprob: FloatArray): NdArray<Uint8Array> {
  const { data, shape } = normalize99(cellprob);
  const picture = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) picture[i] = Math.fround(Math.min(1, Math.max(0, data[i]!)) * 255);
  return { data: picture, shape };
}

/** Flow and cell probability as one array; results of `eval` lie side by side already and are not copied. */
function joinPlanes(dP: FloatArray, cellprob: FloatArray): FloatArray {
  const { buffer, byteOffset, byteLength } = dP.data;
  const adjacent = buffer === cellprob.data.buffer && byteOffset + byteLength === cellprob.data.byteOffset;
  const length = dP.data.length + cellprob.data.length;
  const shape = [dP.shape[0] + 1, ...cellprob.shape];
  if (adjacent) return { data: new Float32Array(buffer, byteOffset, length), shape };
  const data = new Float32Array(length);
  data.set(dP.data);
  data.set(cellprob.data, dP.data.length);
  return { data, shape };
}

/** A plane as a stack of one. */
function asStack({ data, shape }: NdArray<Uint8Array>): NdArray<Uint8Array> {
  return { data, shape: [1, ...shape] };
}

/** The labels on outlines, plane by plane. */
function outlineLabels({ data, shape }: Masks): Masks {
  const [ly, lx] = shape.slice(-2);
  const out = new Int32Array(data.length);
  for (let at = 0; at < data.length; at += ly * lx) {
    const outlines = masksToOutlines({ data: data.subarray(at, at + ly * lx), shape: [ly, lx] }).data;
    for (let i = 0; i < outlines.length; i++) out[at + i] = data[at + i] * outlines[i];
  }
  return { data: out, shape };
}

function labels({ data, shape }: Masks, count: number): Call {
  return numpyArray({ data: count < 65535 ? new Uint16Array(data) : new Uint32Array(data), shape });
}

function checkShapes({ masks, dP, cellprob, flowPicture }: WriteSegNpyInput): void {
  const rank = masks.shape.length;
  if ((rank !== 2 && rank !== 3) || sizeOf(masks.shape) === 0)
    throw new ShapeError('writeSegNpy', 'masks ([lz,] ly, lx)', masks.shape);
  const size = cellprob.shape.join(', ');
  const [axes, ...rest] = dP.shape;
  if (cellprob.shape.length !== rank) {
    const needed = rank === 2 ? '(ly, lx)' : '(lz, ly, lx)';
    throw new ShapeError('writeSegNpy', `cellprob ${needed}`, cellprob.shape);
  }
  if (rest.join(', ') !== size || (axes !== 2 && !(axes === 3 && rank === 3)))
    throw new ShapeError('writeSegNpy', `dP (${rank === 2 ? '2' : '2 or 3'}, ${size})`, dP.shape);
  if (flowPicture.shape.join(', ') !== `${size}, 3`)
    throw new ShapeError('writeSegNpy', `flowPicture (${size}, 3)`, flowPicture.shape);
}
