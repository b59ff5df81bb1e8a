/** A walk over the pixels of a scene's cells. */
import { type Cell, nucleusOf } from './cell.ts';
import { intoFrame } from './cellShape.ts';
import type { Setting } from './options.ts';
import type { Scene } from './paintScene.ts';

/** The pixel's number, its cell, its place in the cell's frame (overwritten with each call), and depth below the border. */
export type CellPixel = (i: number, cell: Cell, point: Float64Array, depth: number) => void;

/** Calls `paint` for each pixel of a cell, in C order. */
export function eachCellPixel(scene: Scene, { size, anisotropy }: Setting, paint: CellPixel): void {
  const { cells, labels, depth } = scene;
  const [lz, ly, lx] = size;
  const point = new Float64Array(3);
  for (let z = 0, i = 0; z < lz; z++)
    for (let y = 0; y < ly; y++)
      for (let x = 0; x < lx; x++, i++) {
        if (labels[i] === 0) continue;
        const cell = cells[labels[i] - 1];
        intoFrame(cell.shape, [(z - cell.at[0]) * anisotropy, y - cell.at[1], x - cell.at[2]], point);
        paint(i, cell, point, depth[i]);
      }
}

/** The nuclei of a scene's cells, in their order. */
export const nucleiOf = (scene: Scene, { anisotropy }: Setting): Cell[] =>
  scene.cells.map((cell) => nucleusOf(cell, anisotropy));
