/** A table of the cells of an image, one line each, as CSV: what most users measure next. */
import type { Masks, NdArray } from 'cellpose-ts';

interface Cell {
  area: number;
  sumY: number;
  sumX: number;
  minY: number;
  minX: number;
  maxY: number;
  maxX: number;
  readonly intensity: number[];
}

/**
 * Measures each label of a plane.
 *
 * @param masks  labels, (ly, lx).
 * @param image  (ly, lx) or (ly, lx, nchan), as stored in the file.
 * @returns      CSV with a header: label; area in pixels; centroid, y then x, in pixels from the centre of the top left
 *               pixel; bounding box, first and last row and column; diameter of the circle of the same area; mean intensity
 *               of each channel.
 */
export function objectsTable(masks: Masks, image: NdArray): string {
  const nchan = image.shape[2] ?? 1;
  const names = nchan === 1 ? ['mean_intensity'] : Array.from({ length: nchan }, (_, c) => `mean_intensity_${c + 1}`);
  const header = [
    'label',
    'area',
    'centroid_y',
    'centroid_x',
    'min_y',
    'min_x',
    'max_y',
    'max_x',
    'diameter',
    ...names,
  ];
  const rows = [...measure(masks, image, nchan)].sort(([a], [b]) => a - b).map(([label, cell]) => row(label, cell));
  return `${[header, ...rows].map((fields) => fields.join(',')).join('\n')}\n`;
}

function measure(masks: Masks, image: NdArray, nchan: number): Map<number, Cell> {
  const cells = new Map<number, Cell>();
  const [ly, lx] = masks.shape as [number, number];
  for (let y = 0; y < ly; y++) {
    for (let x = 0; x < lx; x++) {
      const i = y * lx + x;
      const label = masks.data[i]!;
      if (label === 0) continue;
      let cell = cells.get(label);
      if (!cell) {
        const intensity = new Array<number>(nchan).fill(0);
        cell = { area: 0, sumY: 0, sumX: 0, minY: y, minX: x, maxY: y, maxX: x, intensity };
        cells.set(label, cell);
      }
      cell.area++;
      cell.sumY += y;
      cell.sumX += x;
      cell.maxY = y;
      if (x < cell.minX) cell.minX = x;
      if (x > cell.maxX) cell.maxX = x;
      for (let c = 0; c < nchan; c++) cell.intensity[c] = cell.intensity[c]! + image.data[i * nchan + c]!;
    }
  }
  return cells;
}

function row(label: number, cell: Cell): (number | string)[] {
  const { area, minY, minX, maxY, maxX } = cell;
  const means = cell.intensity.map((sum) => decimals(sum / area, 4));
  const centroid = [cell.sumY / area, cell.sumX / area].map((v) => decimals(v, 3));
  return [label, area, ...centroid, minY, minX, maxY, maxX, decimals(2 * Math.sqrt(area / Math.PI), 3), ...means];
}

function decimals(value: number, digits: number): string {
  return Number.isFinite(value) ? String(Number(value.toFixed(digits))) : String(value);
}
