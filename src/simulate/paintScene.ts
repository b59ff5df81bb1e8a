/**
 * Cells to labels: the exact truth. Where outlines overlap, a pixel belongs to the cell in whose frame it lies deeper, so
 * that neighbours meet in smooth lines. Pictures are made from these labels, pixel by pixel, so truth and light agree.
 */
import { sizeOf } from '../array/ndarray.ts';
import type { Cell } from './cell.ts';
import { locateInside, reach } from './cellShape.ts';
import type { Setting } from './options.ts';

export interface Scene {
  /** Cells that are seen; the label of the cell at k is k + 1. */
  readonly cells: readonly Cell[];
  /** (lz, ly, lx) of the setting. */
  readonly labels: Int32Array;
  /** About the distance to the cell's border in pixels; 0 outside of cells. */
  readonly depth: Float32Array;
}

/** Of a cell cut by the image's edge or by neighbours less than this share is not shown. */
const least = 0.1;

/** Each label of the scene is one piece, connected over sides. Cells of which little would be seen are left out. */
export function paintScene(cells: readonly Cell[], setting: Setting): Scene {
  const { labels, depth } = paint(cells, setting);
  const flat = setting.size[0] === 1;
  const sizes = keepLargestPieces(labels, setting.size, cells.length);
  const seen = cells.map(({ shape: { radii } }, k) => {
    const whole = flat ? Math.PI * radii[1] * radii[2] : (4.19 * radii[0] * radii[1] * radii[2]) / setting.anisotropy;
    return sizes[k + 1] > Math.max(5, least * whole);
  });
  let n = 0;
  const numbers = Int32Array.from([0, ...seen.map((is) => (is ? ++n : 0))]);
  for (let i = 0; i < labels.length; i++) {
    labels[i] = numbers[labels[i]];
    if (labels[i] === 0) depth[i] = 0;
  }
  return { cells: cells.filter((_, k) => seen[k]), labels, depth };
}

/** Nuclei of a scene's cells, each within its cell and under its label; some labels may be missing at the edge. */
export function paintNuclei(nuclei: readonly Cell[], scene: Scene, setting: Setting): Omit<Scene, 'cells'> {
  const { labels, depth } = paint(nuclei, setting, scene.labels);
  keepLargestPieces(labels, setting.size, nuclei.length);
  for (let i = 0; i < labels.length; i++) if (labels[i] === 0) depth[i] = 0;
  return { labels, depth };
}

function paint(cells: readonly Cell[], { size, anisotropy }: Setting, within?: Int32Array): Omit<Scene, 'cells'> {
  const [lz, ly, lx] = size;
  const labels = new Int32Array(sizeOf(size));
  const depth = new Float32Array(labels.length);
  // how deep each pixel lies in its cell and in the next one: 0 is the centre, 1 the outline
  const first = new Float32Array(labels.length).fill(1);
  const second = new Float32Array(labels.length).fill(1);
  const out = new Float64Array(3);
  cells.forEach(({ at: [z0, y0, x0], shape }, k) => {
    const far = reach(shape);
    const [zFrom, zTo] = span(z0, lz > 1 ? far / anisotropy : 0, lz);
    const [yFrom, yTo] = span(y0, far, ly);
    const [xFrom, xTo] = span(x0, far, lx);
    for (let z = zFrom; z < zTo; z++)
      for (let y = yFrom; y < yTo; y++)
        for (let x = xFrom, i = (z * ly + y) * lx + x; x < xTo; x++, i++) {
          if (within && within[i] !== k + 1) continue;
          const r = locateInside(shape, [(z - z0) * anisotropy, y - y0, x - x0], out);
          if (r >= second[i]) continue;
          if (r >= first[i]) {
            second[i] = r;
            continue;
          }
          second[i] = first[i];
          first[i] = r;
          labels[i] = k + 1;
        }
  });
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] === 0) continue;
    const { radii } = cells[labels[i] - 1].shape;
    const width = lz > 1 ? Math.min(...radii) : Math.min(radii[1], radii[2]);
    depth[i] = Math.max(0, Math.min(1 - first[i], second[i] - first[i])) * width;
  }
  return { labels, depth };
}

/** First place and the one after the last of a stretch around `centre`, within 0 … n. */
function span(centre: number, far: number, n: number): [number, number] {
  return [Math.max(0, Math.ceil(centre - far)), Math.min(n, Math.floor(centre + far) + 1)];
}

/** Takes away all but the largest piece of each label; returns the sizes of those that stay. */
function keepLargestPieces(labels: Int32Array, [lz, ly, lx]: Setting['size'], count: number): Int32Array {
  const pieces = new Int32Array(labels.length);
  const largest = new Int32Array(count + 1);
  const sizes = new Int32Array(count + 1);
  const plane = ly * lx;
  let n = 0;
  for (let start = 0; start < labels.length; start++) {
    const label = labels[start];
    if (label === 0 || pieces[start]) continue;
    const stack = [start];
    pieces[start] = ++n;
    let size = 0;
    const visit = (i: number): void => {
      if (pieces[i] || labels[i] !== label) return;
      pieces[i] = n;
      stack.push(i);
    };
    for (let i = stack.pop(); i !== undefined; i = stack.pop()) {
      size++;
      const x = i % lx;
      const inPlane = i % plane;
      if (x > 0) visit(i - 1);
      if (x < lx - 1) visit(i + 1);
      if (inPlane >= lx) visit(i - lx);
      if (inPlane < plane - lx) visit(i + lx);
      if (i >= plane) visit(i - plane);
      if (i < (lz - 1) * plane) visit(i + plane);
    }
    if (size <= sizes[label]) continue;
    sizes[label] = size;
    largest[label] = n;
  }
  for (let i = 0; i < labels.length; i++) if (pieces[i] !== largest[labels[i]]) labels[i] = 0;
  return sizes;
}
