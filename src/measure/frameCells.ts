/** One frame of a series taken apart: its cells, with what it takes to compare them with those of another. */

export interface FrameCell {
  /** Places in the frame, ascending. */
  readonly pixels: Int32Array;
  /** Centroid in pixels. */
  readonly y: number;
  readonly x: number;
  /** It touches the border of the frame: how large it is nobody knows. */
  readonly isCut: boolean;
}

export interface Frame {
  readonly ly: number;
  readonly lx: number;
  /** In the order of their first pixels, which does not depend on how they are numbered. */
  readonly cells: readonly FrameCell[];
  /** For each pixel 0, or 1 + the place of its cell among the cells. */
  readonly cellAt: Int32Array;
}

/** @param labels  (ly, lx); 0 and below is background. Not changed. */
export function frameCells(labels: Int32Array, [ly, lx]: readonly [number, number]): Frame {
  const cellAt = new Int32Array(labels.length);
  const areas: number[] = [];
  const places = new Map<number, number>();
  // neighbours mostly have the same label
  let label = 0;
  let place = 0;
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] <= 0) continue;
    if (labels[i] !== label) {
      label = labels[i];
      place = places.get(label) ?? 0;
      if (place === 0) {
        place = areas.push(0);
        places.set(label, place);
      }
    }
    cellAt[i] = place;
    areas[place - 1]++;
  }
  return { ly, lx, cells: gather(cellAt, areas, [ly, lx]), cellAt };
}

/** All pixels in one array, cell by cell: a sort by counting. */
function gather(cellAt: Int32Array, areas: readonly number[], [ly, lx]: readonly [number, number]): FrameCell[] {
  const starts = new Int32Array(areas.length + 1);
  areas.forEach((area, k) => {
    starts[k + 1] = starts[k] + area;
  });
  const pixels = new Int32Array(starts[areas.length]);
  const next = starts.slice();
  const sumY = new Float64Array(areas.length);
  const sumX = new Float64Array(areas.length);
  const isCut = new Uint8Array(areas.length);
  for (let y = 0, i = 0; y < ly; y++) {
    for (let x = 0; x < lx; x++, i++) {
      const k = cellAt[i] - 1;
      if (k < 0) continue;
      pixels[next[k]++] = i;
      sumY[k] += y;
      sumX[k] += x;
      if (y === 0 || x === 0 || y === ly - 1 || x === lx - 1) isCut[k] = 1;
    }
  }
  return areas.map((area, k) => ({
    pixels: pixels.subarray(starts[k], starts[k + 1]),
    y: sumY[k] / area,
    x: sumX[k] / area,
    isCut: isCut[k] === 1,
  }));
}
