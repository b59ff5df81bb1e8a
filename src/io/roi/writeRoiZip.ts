/** The regions of all cells as one archive, which ImageJ's ROI manager opens. */
import type { Masks } from '../../array/ndarray.ts';
import { ShapeError } from '../../errors.ts';
import { pixelPolygons } from '../../masks/pixelPolygons.ts';
import { type ZipInput, zipParts } from '../zipWrite.ts';
import { type HyperstackAxis, writeRoi } from './writeRoi.ts';

/** Coordinates are shorts. */
const mostPixels = 32767;

/**
 * One region for each label, exact to the pixel, holes and parts included; its name is the label. In a stack a cell has a region in
 * each plane that it is in, named LABEL-PLANE, with planes from 1.
 *
 * @param masks  labels ([lz,] ly, lx), 0 and below is background.
 * @param hyperstack  the axis of the planes, if the image that the regions are for has several channels in each plane.
 * @returns      the archive in parts, to be written one after another.
 * @throws ShapeError if masks is neither plane nor stack, or larger than 32,767 pixels, which a region cannot tell.
 */
export function roiZipParts(masks: Masks, hyperstack?: HyperstackAxis): Uint8Array[] {
  const { shape } = masks;
  const [ly, lx] = shape.slice(-2);
  if ((shape.length !== 2 && shape.length !== 3) || Math.max(ly, lx) > mostPixels)
    throw new ShapeError('roiZipParts', `masks ([lz,] ly, lx) of at most ${mostPixels} pixels a side`, shape);
  return zipParts(entries(masks, hyperstack));
}

function* entries({ data, shape }: Masks, hyperstack: HyperstackAxis | undefined): Generator<ZipInput> {
  const [ly, lx] = shape.slice(-2);
  const size = ly * lx;
  const planes = shape.length === 2 ? 1 : shape[0];
  for (let z = 0; z < planes; z++) {
    const plane = { data: data.subarray(z * size, (z + 1) * size), shape: [ly, lx] };
    const cells = pixelPolygons(plane).sort((a, b) => a.label - b.label);
    for (const { label, polygons } of cells) {
      const name = shape.length === 2 ? String(label) : `${label}-${z + 1}`;
      const roi = writeRoi({ name, polygons, ...(shape.length === 2 ? {} : { plane: z + 1, hyperstack }) });
      yield { name: `${name}.roi`, data: roi, isDeflated: true };
    }
  }
}
