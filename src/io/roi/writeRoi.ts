/**
 * Regions as ImageJ keeps them: a header of 64 bytes, corners, a second header of 64 bytes and the name, all big-endian.
 * Source: the format as ImageJ's `ij.io.RoiDecoder` describes it.
 */
import type { PixelPolygon } from '../../masks/pixelPolygons.ts';

export interface RoiInput {
  readonly name: string;
  /** In pixels; several, and holes, make a composite region. */
  readonly polygons: readonly PixelPolygon[];
  /** Plane of a stack, from 1; 0 for none. */
  readonly plane?: number;
  /**
   * The stack has channels too: the plane is counted along this axis, of all channels. ImageJ knows either this or the plane of a
   * plain stack, and takes no notice of the wrong one.
   */
  readonly hyperstack?: HyperstackAxis | undefined;
}

/** Depth, or time. */
export type HyperstackAxis = 'Z' | 'T';

const headerBytes = 64;
const version = 228;
/** Kinds of regions: a composite one is kept as its bounding rectangle with a path behind. */
const rectangle = 1;
const traced = 8;
/** Steps of a path. */
const [moveTo, lineTo, close] = [0, 1, 4];
/** More corners than a short counts are kept as a path. */
const mostCorners = 0xffff;

/** The bytes of one .roi file. */
export function writeRoi({ name, polygons, plane = 0, hyperstack }: RoiInput): Uint8Array {
  const rings = polygons.flatMap(({ outer, holes }) => [outer, ...holes]);
  const [left, top, right, bottom] = boundsOf(rings);
  const [first] = rings;
  const isPlain = rings.length === 1 && first.length / 2 <= mostCorners;
  const body = isPlain ? 2 * first.length : 4 * rings.reduce((sum, ring) => sum + pathLength(ring.length / 2), 0);
  const secondHeader = headerBytes + body;
  const bytes = new Uint8Array(secondHeader + headerBytes + 2 * name.length);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode('Iout'));
  view.setInt16(4, version);
  view.setUint8(6, isPlain ? traced : rectangle);
  for (const [k, edge] of [top, left, bottom, right].entries()) view.setInt16(8 + 2 * k, edge);
  if (hyperstack === undefined) view.setInt32(56, plane);
  view.setInt32(60, secondHeader);
  if (isPlain) {
    const n = first.length / 2;
    view.setUint16(16, n);
    for (let k = 0; k < n; k++) {
      view.setUint16(headerBytes + 2 * k, first[2 * k] - left);
      view.setUint16(headerBytes + 2 * (n + k), first[2 * k + 1] - top);
    }
  } else {
    view.setInt32(36, body / 4);
    writePath(view, rings);
  }
  if (hyperstack !== undefined) view.setInt32(secondHeader + (hyperstack === 'Z' ? 8 : 12), plane);
  view.setInt32(secondHeader + 16, secondHeader + headerBytes);
  view.setInt32(secondHeader + 20, name.length);
  for (let k = 0; k < name.length; k++) view.setUint16(secondHeader + headerBytes + 2 * k, name.charCodeAt(k));
  return bytes;
}

/** Numbers that a ring of so many corners takes in a path: three for each corner, one to close it. */
function pathLength(corners: number): number {
  return 3 * corners + 1;
}

function writePath(view: DataView, rings: readonly Int32Array[]): void {
  let at = headerBytes;
  const put = (value: number) => {
    view.setFloat32(at, value);
    at += 4;
  };
  for (const ring of rings) {
    for (let k = 0; k < ring.length; k += 2) {
      put(k === 0 ? moveTo : lineTo);
      put(ring[k]);
      put(ring[k + 1]);
    }
    put(close);
  }
}

/** Left, top, right, bottom. */
function boundsOf(rings: readonly Int32Array[]): [number, number, number, number] {
  const bounds: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const ring of rings)
    for (let k = 0; k < ring.length; k++) {
      const axis = k % 2;
      bounds[axis] = Math.min(bounds[axis], ring[k]);
      bounds[axis + 2] = Math.max(bounds[axis + 2], ring[k]);
    }
  return bounds;
}
