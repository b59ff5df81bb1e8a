/**
 * The exact outlines of labels: polygons along the edges of pixels, with holes and parts. Filled again they give the same
 * labels, which outlines through the centres of pixels (`outlinesList`) do not.
 */
import type { Masks, Masks2D } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';

/** A closed line through corners of pixels, x and y in turn, the first corner not repeated: x from 0 to lx, y from 0 to ly. */
export type Ring = Int32Array;

/** One piece of a label: pixels that touch by their sides. */
export interface PixelPolygon {
  /** With the label to its right: clockwise, as y grows downwards. */
  readonly outer: Ring;
  /** Counter-clockwise. They may touch each other and the outer ring at corners, but no ring touches itself. */
  readonly holes: readonly Ring[];
}

export interface LabelPolygons {
  readonly label: number;
  /** In the order of their first pixels, line by line. */
  readonly polygons: readonly PixelPolygon[];
}

/** Right, down, left, up. */
const stepX = [1, 0, -1, 0];
const stepY = [0, 1, 0, -1];
/** From a corner, the pixel ahead to the right of the way, and to its left. */
const rightX = [0, -1, -1, 0];
const rightY = [0, 0, -1, -1];

/**
 * @param masks  labels (ly, lx), 0 and below is background.
 * @returns      each label in the order of its first pixel, line by line. O(pixels + length of all outlines).
 * @throws ShapeError if masks is no plane.
 */
export function pixelPolygons(masks: Masks): LabelPolygons[] {
  if (masks.shape.length !== 2) throw new ShapeError('pixelPolygons', 'masks (ly, lx)', masks.shape);
  const plane = masks as Masks2D;
  const [ly, lx] = plane.shape;
  const { data } = plane;
  const isWalked = new Uint8Array(data.length); // along the upper side of the pixel
  const rings = new Map<number, Ring[]>();
  for (let y = 0, i = 0; y < ly; y++)
    for (let x = 0; x < lx; x++, i++) {
      const label = data[i];
      if (label <= 0 || isWalked[i] || (y > 0 && data[i - lx] === label)) continue;
      const own = rings.get(label) ?? [];
      own.push(...walk(plane, x, y, isWalked));
      rings.set(label, own);
    }
  return [...rings].map(([label, own]) => ({ label, polygons: sortOut(own) }));
}

/** Around a piece or a hole, from the upper left corner of a pixel to the right. Where the way meets itself, it is cut in two rings. */
function walk({ data, shape: [ly, lx] }: Masks2D, startX: number, startY: number, isWalked: Uint8Array): Ring[] {
  const label = data[startY * lx + startX];
  const isInside = (px: number, py: number) => px >= 0 && px < lx && py >= 0 && py < ly && data[py * lx + px] === label;
  const rings: Ring[] = [];
  const corners: number[] = [];
  const places = new Map<number, number>();
  let [x, y] = [startX, startY];
  let way = 0;
  do {
    if (way === 0) isWalked[y * lx + x] = 1;
    x += stepX[way];
    y += stepY[way];
    const before = way;
    if (!isInside(x + rightX[way], y + rightY[way])) way = (way + 1) % 4;
    else if (isInside(x + rightX[(way + 3) % 4], y + rightY[(way + 3) % 4])) way = (way + 3) % 4;
    if (way === before) continue;
    const corner = y * (lx + 1) + x;
    const met = places.get(corner);
    if (met !== undefined) {
      const loop = corners.splice(met);
      for (let k = 0; k < loop.length; k += 2) places.delete(loop[k + 1] * (lx + 1) + loop[k]);
      rings.push(Int32Array.from(loop));
    }
    places.set(corner, corners.length);
    corners.push(x, y);
  } while (x !== startX || y !== startY || way !== 0);
  if (corners.length > 0) rings.push(Int32Array.from(corners));
  return rings;
}

/** Pixels within; negative for holes. */
export function ringArea(ring: Ring): number {
  let sum = 0;
  for (let k = 0; k < ring.length; k += 2) {
    const next = (k + 2) % ring.length;
    sum += ring[k] * ring[next + 1] - ring[next] * ring[k + 1];
  }
  return sum / 2;
}

/** Gives each hole to the smallest outer ring around it. */
function sortOut(rings: readonly Ring[]): PixelPolygon[] {
  const outers = rings.filter((ring) => ringArea(ring) > 0);
  const polygons = outers.map((outer) => ({ outer, holes: [] as Ring[], area: ringArea(outer) }));
  for (const hole of rings.filter((ring) => ringArea(ring) < 0)) {
    const around = polygons.filter(({ outer }) => outers.length === 1 || isAround(outer, hole));
    const closest = around.reduce((best, polygon) => (polygon.area < best.area ? polygon : best));
    closest.holes.push(hole);
  }
  return polygons.map(({ outer, holes }) => ({ outer, holes }));
}

/** Whether a point just inside of the hole, beside the middle of its first edge, lies within the ring. */
function isAround(ring: Ring, hole: Ring): boolean {
  const [x0, y0, x1, y1] = hole;
  // The hole is to the left of its way.
  const x = (x0 + x1) / 2 + Math.sign(y1 - y0) * 0.25;
  const y = (y0 + y1) / 2 - Math.sign(x1 - x0) * 0.25;
  let isInside = false;
  for (let k = 0; k < ring.length; k += 2) {
    const next = (k + 2) % ring.length;
    const [ax, ay, bx, by] = [ring[k], ring[k + 1], ring[next], ring[next + 1]];
    if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) isInside = !isInside;
  }
  return isInside;
}
