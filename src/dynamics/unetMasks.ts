/** Masks from the class logits of a plain U-net. Source: cellpose 0.6.5 and 2.2.3 `utils.get_masks_unet`. */
import { checkArray, type FloatArray, type Masks, sizeOf } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';
import { type ComponentBox, type Components, connectedComponents } from '../masks/connectedComponents.ts';
import { gaussianFilter } from '../transforms/gaussianFilter.ts';

export interface UnetMasksOptions {
  /** A pixel is inside a cell where its logit of cells exceeds that of background by more. @default 0 */
  readonly cellThreshold?: number;
  /** With three classes, a pixel outside is boundary where that logit is above. @default 0 */
  readonly boundaryThreshold?: number;
}

/** How near a cell is: its Gaussian weight of this sigma, in pixels, within its box and a margin. */
const sigma = 5;
const margin = 10;

/**
 * Labels the connected parts of the class of cells; boundary pixels outside go to the cell that is nearest.
 *
 * @param logits  (2 or 3, [lz,] ly, lx): background, cell and, if there, boundary.
 * @returns       labels ([lz,] ly, lx), 1 … n in the order in which the cells are met row by row.
 * @throws ShapeError for another number of classes or another rank.
 *
 * Cells connect over shared sides. Nearest is the cell of the largest Gaussian weight (sigma 5) among those whose box with
 * a margin of 10 pixels holds the pixel; of equal ones the last. Where no pixel is background, the reference takes the
 * first cell for it; here all cells stay.
 */
export function unetMasks(logits: FloatArray, options: UnetMasksOptions = {}): Masks {
  const { cellThreshold = 0, boundaryThreshold = 0 } = options;
  checkArray('unetMasks', logits);
  const [nclasses, ...shape] = logits.shape;
  if ((nclasses !== 2 && nclasses !== 3) || (shape.length !== 2 && shape.length !== 3))
    throw new ShapeError('unetMasks', 'logits (2 or 3 classes, [lz,] ly, lx)', logits.shape);
  const n = sizeOf(shape);
  const [background, cell] = [logits.data.subarray(0, n), logits.data.subarray(n, 2 * n)];
  const inside = new Uint8Array(n);
  for (let i = 0; i < n; i++) inside[i] = Math.fround(cell[i] - background[i]) > cellThreshold ? 1 : 0;
  const cells = connectedComponents(inside, shape);
  if (nclasses === 3) addBoundaries(cells, logits.data.subarray(2 * n), boundaryThreshold);
  return cells.labels;
}

/** Gives boundary pixels outside the cells to the nearest cell, in place. */
function addBoundaries({ labels, boxes }: Components, boundary: Float32Array, threshold: number): void {
  const nearest = nearestCells(labels, boxes);
  for (let i = 0; i < boundary.length; i++)
    if (labels.data[i] === 0 && boundary[i] > threshold) labels.data[i] = nearest[i];
}

/** The nearest cell of each pixel, 0 where none is near. Distance is 1 − weight, in float32 as there: rounding decides ties. */
function nearestCells({ data, shape }: Masks, boxes: readonly ComponentBox[]): Int32Array {
  const [lz, ly, lx] = shape.length === 2 ? [1, ...shape] : shape;
  const nearest = new Int32Array(data.length);
  const distance = new Float32Array(data.length).fill(Infinity);
  boxes.forEach((box, k) => {
    const [z0, y0, x0] = box.from.map((p) => Math.max(0, p - margin));
    const [z1, y1, x1] = box.to.map((p, axis) => Math.min([lz, ly, lx][axis], p + margin));
    const size = [z1 - z0, y1 - y0, x1 - x0];
    const cell = new Float32Array(sizeOf(size));
    const visit = (act: (i: number, j: number) => void): void => {
      let j = 0;
      for (let z = z0; z < z1; z++)
        for (let y = y0; y < y1; y++) {
          const row = (z * ly + y) * lx;
          for (let x = x0; x < x1; x++) act(row + x, j++);
        }
    };
    visit((i, j) => {
      cell[j] = data[i] === k + 1 ? 1 : 0;
    });
    const weight = gaussianFilter({ data: cell, shape: size }, [shape.length === 2 ? 0 : sigma, sigma, sigma]).data;
    visit((i, j) => {
      const d = Math.fround(1 - weight[j]);
      if (d > distance[i]) return;
      distance[i] = d;
      nearest[i] = k + 1;
    });
  });
  return nearest;
}
