/** Which images an OME-Zarr holds: one, those of the wells of a plate, or a series of several (bioformats2raw). */
import { FormatError } from '../../errors.ts';
import { isRecord, keyOf, parseMultiscale, readAttributes, recordsOf, type ZarrStore } from './metadata.ts';

/** More are damage or malice. */
const most = 1_000_000;

/**
 * Lists the images by the paths of their groups: '' is the root itself, 'A/1/0' field 0 of well A1, '0' the first of a series. Label images beside them (the group `labels`) are no images.
 *
 * @throws FormatError where there is no OME-Zarr image, or its metadata are damaged.
 */
export async function listZarrImages(store: ZarrStore): Promise<string[]> {
  const attributes = await readAttributes(store, '');
  if (!attributes)
    throw new FormatError('OME-Zarr', 'there is no Zarr group: neither zarr.json nor .zattrs nor .zgroup');
  if (parseMultiscale(attributes)) return [''];
  const found = isRecord(attributes['plate']) ? await fieldsOf(store, attributes['plate']) : await seriesOf(store);
  if (found.length > 0) return found;
  throw new FormatError(
    'OME-Zarr',
    'the group describes no image: it has neither multiscales nor plate nor series; plain Zarr arrays are not read',
  );
}

async function fieldsOf(store: ZarrStore, plate: Readonly<Record<string, unknown>>): Promise<string[]> {
  const images: string[] = [];
  for (const { path } of recordsOf(plate['wells'])) {
    const well = checked(path);
    const attributes = await readAttributes(store, well);
    const fields = isRecord(attributes?.['well']) ? recordsOf(attributes['well']['images']) : [];
    for (const field of fields) images.push(`${well}/${checked(field['path'])}`);
    if (images.length > most) throw new FormatError('OME-Zarr', `the plate has more than ${most} fields`);
  }
  return images;
}

/** As `OME/` lists them; else the groups 0, 1, 2 and so on. */
async function seriesOf(store: ZarrStore): Promise<string[]> {
  const listed = (await readAttributes(store, 'OME'))?.['series'];
  if (Array.isArray(listed)) return listed.map(checked);
  const images: string[] = [];
  for (let i = 0; i < most; i++) {
    const attributes = await readAttributes(store, String(i));
    if (!attributes || !parseMultiscale(attributes)) break;
    images.push(String(i));
  }
  return images;
}

/** A path that stays inside. */
function checked(path: unknown): string {
  if (typeof path === 'string' && !path.split('/').includes('..') && keyOf(path) !== '/') return keyOf(path).slice(1);
  throw new FormatError('OME-Zarr', `${JSON.stringify(path)} is no path of a group`);
}
