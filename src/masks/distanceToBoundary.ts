/** How far inside its cell a pixel lies, and which pixels lie at the edge. Source: `utils.distance_to_boundary`, `masks_to_edges`. */
import { checkArray, type Masks, type NdArray } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';
import { squaredDistances } from './distanceTransform.ts';
import { objectBoxes } from './objectBoxes.ts';
import { isOnOutline } from './outlines.ts';
import { markOutside } from './outside.ts';

/**
 * The square of the distance from each pixel of a cell to the nearest pixel of the cell's outline.
 *
 * @param masks  labels, ([lz,] ly, lx), 0 is background. The planes of a volume are taken one by one.
 * @returns      float64, same shape, in pixels²: 0 on outlines and outside cells. Contours round holes are not outlines.
 * @throws ShapeError if masks is neither plane nor volume.
 *
 * Squared, although the name does not say so: that is what Cellpose gives, and what its U-Net with three classes was trained on.
 */
export function distanceToBoundary(masks: Masks): NdArray<Float64Array> {
  const { data, shape } = masks;
  if (shape.length !== 2 && shape.length !== 3)
    throw new ShapeError('distanceToBoundary', 'masks (ly, lx) or (lz, ly, lx)', shape);
  checkArray('distanceToBoundary', masks);
  const [ly, lx] = shape.slice(-2);
  const distances = new Float64Array(data.length);
  for (let from = 0; from < data.length; from += ly * lx) {
    const plane = { data: data.subarray(from, from + ly * lx), shape: [ly, lx] };
    measurePlane(plane, distances.subarray(from, from + ly * lx));
  }
  return { data: distances, shape };
}

/**
 * Marks the pixels of cells near their outline.
 *
 * @param masks      labels, ([lz,] ly, lx), 0 is background. The planes of a volume are taken one by one.
 * @param threshold  pixels whose squared distance to the outline is below this are edges; 1 takes the outline itself.
 * @returns          same shape, 1 on edges, 0 elsewhere.
 * @throws ShapeError if masks is neither plane nor volume.
 */
export function masksToEdges(masks: Masks, threshold = 1): NdArray<Uint8Array> {
  const { data, shape } = distanceToBoundary(masks);
  return { data: Uint8Array.from(data, (d, i) => (masks.data[i] > 0 && d < threshold ? 1 : 0)), shape };
}

function measurePlane(masks: Masks, out: Float64Array): void {
  const lx = masks.shape[1];
  for (const box of objectBoxes(masks)) {
    const object = markOutside(masks, box);
    const { cells, height, width } = object;
    const outline = cells.map((_, i) => (isOnOutline(object, i) ? 1 : 0));
    const distances = squaredDistances(outline, height, width);
    for (let y = box.y0; y < box.y1; y++) {
      const row = (y - box.y0 + 1) * width + 1 - box.x0;
      for (let x = box.x0; x < box.x1; x++)
        if (masks.data[y * lx + x] === box.label) out[y * lx + x] = distances[row + x];
    }
  }
}
