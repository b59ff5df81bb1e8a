/** Fills voids of cells in a volume and drops cells that are too small. Source: cellpose 3.1 `utils.fill_holes_and_remove_small_masks`. */
import { checkArray, type Masks } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';
import { maxLabel } from './objectBoxes.ts';
import { removeSmallMasksInPlace } from './removeSmallMasks.ts';

/**
 * Fills the voids of each label and removes labels of fewer than `minSize` voxels, before and after the filling.
 *
 * A void is background, or other labels, from which no way over faces of voxels leads out of the cell's box.
 *
 * @param masks    labels, (lz, ly, lx), 0 is background. Not changed.
 * @param minSize  in voxels; 0 or below keeps all sizes, voids are filled all the same.
 * @returns        labels 1 … n; without gaps if minSize > 0, in order of first appearance.
 * @throws ShapeError if masks is not (lz, ly, lx).
 *
 * As `fillHolesAndRemoveSmallMasks` does for planes, small masks are counted and removed by label.
 */
export function fillVoidsAndRemoveSmallMasks(masks: Masks, minSize = 15): Masks {
  if (masks.shape.length !== 3) throw new ShapeError('fillVoidsAndRemoveSmallMasks', '(lz, ly, lx)', masks.shape);
  checkArray('fillVoidsAndRemoveSmallMasks', masks);
  return fillVoidsAndRemoveSmallMasksInPlace({ data: masks.data.slice(), shape: masks.shape }, minSize);
}

/** As `fillVoidsAndRemoveSmallMasks`, in the array itself, for volumes that should not be held twice. */
export function fillVoidsAndRemoveSmallMasksInPlace(masks: Masks, minSize: number): Masks {
  const kept = minSize > 0 ? removeSmallMasksInPlace(masks, minSize) : masks;
  let number = 0;
  for (const [label, box] of boxesOf(kept)) fillInto(kept, label, box, ++number);
  return minSize > 0 ? removeSmallMasksInPlace(kept, minSize) : kept;
}

/** First and last place along z, y, x. */
type Box = readonly [low: [number, number, number], high: [number, number, number]];

/** Boxes of the labels that occur, labels ascending. */
function boxesOf(masks: Masks): [number, Box][] {
  const [lz, ly, lx] = masks.shape;
  const boxes: (Box | undefined)[] = new Array(maxLabel(masks) + 1);
  for (let z = 0, i = 0; z < lz; z++)
    for (let y = 0; y < ly; y++)
      for (let x = 0; x < lx; x++, i++) {
        const label = masks.data[i];
        if (label <= 0) continue;
        boxes[label] ??= [
          [z, y, x],
          [z, y, x],
        ];
        const [low, high] = boxes[label];
        if (y < low[1]) low[1] = y;
        if (x < low[2]) low[2] = x;
        if (y > high[1]) high[1] = y;
        if (x > high[2]) high[2] = x;
        high[0] = z;
      }
  return boxes.flatMap((box, label) => (box ? [[label, box] as [number, Box]] : []));
}

const outside = 1;
const cell = 2;

/** Writes the number to the cell with this label and to its voids. */
function fillInto({ data, shape }: Masks, label: number, [low, high]: Box, number: number): void {
  const [, ly, lx] = shape;
  const [nz, ny, nx] = [0, 1, 2].map((axis) => high[axis] - low[axis] + 3);
  const marks = new Uint8Array(nz * ny * nx);
  const eachVoxel = (visit: (mark: number, voxel: number) => void): void => {
    for (let z = low[0]; z <= high[0]; z++)
      for (let y = low[1]; y <= high[1]; y++) {
        const mark = ((z - low[0] + 1) * ny + (y - low[1] + 1)) * nx + 1;
        const voxel = (z * ly + y) * lx + low[2];
        for (let k = 0; k < nx - 2; k++) visit(mark + k, voxel + k);
      }
  };
  eachVoxel((mark, voxel) => {
    if (data[voxel] === label) marks[mark] = cell;
  });
  flood(marks, nx, nx * ny);
  eachVoxel((mark, voxel) => {
    if (marks[mark] !== outside) data[voxel] = number;
  });
}

/** Marks what can be reached from the empty corner over faces. */
function flood(marks: Uint8Array, row: number, plane: number): void {
  const stack = [0];
  marks[0] = outside;
  while (stack.length > 0) {
    const at = stack.pop() as number;
    const x = at % row;
    const inPlane = at % plane;
    const visit = (to: number): void => {
      if (marks[to] !== 0) return;
      marks[to] = outside;
      stack.push(to);
    };
    if (x > 0) visit(at - 1);
    if (x < row - 1) visit(at + 1);
    if (inPlane >= row) visit(at - row);
    if (inPlane < plane - row) visit(at + row);
    if (at >= plane) visit(at - plane);
    if (at < marks.length - plane) visit(at + plane);
  }
}
