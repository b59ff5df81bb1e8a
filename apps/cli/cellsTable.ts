/** The table of cells that `--save_csv` writes: measures them, and knows which columns there are. */
import { measureCells, type ToMeasure } from './measureCells.ts';
import { objectsTable } from './objectsTable.ts';
import type { Picture } from './readPicture.ts';

/** @returns  CSV; see `objectsTable`. */
export async function cellsTable(segmented: ToMeasure & Pick<Picture, 'pixelSize'>): Promise<string> {
  const { masks, image, result, pixelSize, joinsPlanes } = segmented;
  const isStack = masks.shape.length > 2;
  const ndim = isStack && joinsPlanes ? 3 : 2;
  const { x, y, z } = pixelSize ?? {};
  const size = (ndim === 2 ? [y, x] : [z, y, x]).filter((length) => length !== undefined);
  const channelAxis = result.axes.indexOf('C');
  return objectsTable(await measureCells(segmented), {
    ndim,
    nchan: channelAxis < 0 ? 1 : image.shape[channelAxis]!,
    planes: !isStack || joinsPlanes ? undefined : result.axes.includes('T') ? 'frame' : 'plane',
    hasFlowErrors: result.dP.shape[0] === 2,
    pixelSize: size.length === ndim ? size : undefined,
  });
}
