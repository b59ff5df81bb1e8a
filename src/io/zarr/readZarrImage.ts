/** Reads an image of an OME-Zarr whole. */
import type { ImageFile } from '../imageFile.ts';
import { readWhole } from '../readImage.ts';
import type { ZarrStore } from './metadata.ts';
import type { ReadZarrOptions } from './openZarrArray.ts';
import { openZarrImage } from './openZarrImage.ts';

/** As `openZarrImage`, with all samples. @throws as it does, and as reading them does. */
export async function readZarrImage(store: ZarrStore, path = '', options: ReadZarrOptions = {}): Promise<ImageFile> {
  return readWhole(await openZarrImage(store, path, options));
}
