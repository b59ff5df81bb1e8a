/**
 * What OME-Zarr says about the images of a folder: which arrays, axes, pixel sizes, names. Version 0.4 keeps it in `.zattrs`
 * (Zarr 2), 0.5 in `zarr.json` (Zarr 3). Source: OME-NGFF specification 0.4 and 0.5, sections multiscales, plate, well, omero,
 * bioformats2raw.layout.
 */
import { FormatError } from '../../errors.ts';
import type { PhysicalSize } from '../imageFile.ts';

/** Bytes by name, such as '/0/.zarray': a folder, a server, a ZIP archive. Stores of the library zarrita are such. */
export interface ZarrStore {
  /** undefined where there is nothing of this name. */
  get(key: `/${string}`, options?: { signal?: AbortSignal }): Promise<Uint8Array | undefined>;
  /** A part of it, for sharded arrays. */
  getRange?(
    key: `/${string}`,
    range: { offset: number; length: number } | { suffixLength: number },
    options?: { signal?: AbortSignal },
  ): Promise<Uint8Array | undefined>;
}

/** An image as its group describes it; its array of full resolution. */
export interface Multiscale {
  /** Of the array, from the image's group. */
  readonly path: string;
  /** One letter per dimension; undefined where the file does not say, as before version 0.3. */
  readonly axes?: string;
  readonly physicalSize?: PhysicalSize;
  readonly channelNames?: readonly string[];
}

type Json = { readonly [key: string]: unknown };

/** Larger metadata are no metadata. */
const maxJsonBytes = 64 * 2 ** 20;

/** Attributes of a group, with 0.5's `ome` lifted; undefined where there is no group. */
export async function readAttributes(store: ZarrStore, group: string): Promise<Json | undefined> {
  const node = await readJson(store, `${group}/zarr.json`);
  if (node) {
    const attributes = isRecord(node['attributes']) ? node['attributes'] : {};
    return isRecord(attributes['ome']) ? { ...attributes, ...attributes['ome'] } : attributes;
  }
  const attributes = await readJson(store, `${group}/.zattrs`);
  return attributes ?? ((await store.get(keyOf(`${group}/.zgroup`))) ? {} : undefined);
}

/** Key of a path whose parts may lack slashes in front. */
export function keyOf(path: string): `/${string}` {
  return `/${path.split('/').filter(Boolean).join('/')}`;
}

async function readJson(store: ZarrStore, path: string): Promise<Json | undefined> {
  const bytes = await store.get(keyOf(path));
  if (!bytes) return undefined;
  try {
    if (bytes.length > maxJsonBytes) throw new RangeError('too long');
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (isRecord(value)) return value;
  } catch (cause) {
    throw new FormatError('OME-Zarr', `${keyOf(path)} is no JSON, or damaged`, undefined, cause);
  }
  throw new FormatError('OME-Zarr', `${keyOf(path)} is no JSON object`);
}

/** Reads `multiscales`: the first one, its first dataset. Undefined where there is none. @throws FormatError where it is damaged. */
export function parseMultiscale(attributes: Json): Multiscale | undefined {
  const first = recordsOf(attributes['multiscales'])[0];
  if (!first) return undefined;
  const dataset = recordsOf(first['datasets'])[0];
  const path = dataset?.['path'];
  if (!dataset || typeof path !== 'string' || path === '' || path.split('/').includes('..'))
    throw new FormatError('OME-Zarr', 'multiscales names no dataset with a path inside of its group');
  const described = Array.isArray(first['axes']) ? (first['axes'] as unknown[]) : undefined;
  const axes = described?.map(axisLetter).join('');
  const physicalSize = axes === undefined ? undefined : sizeOfPixels(described!, axes, [dataset, first]);
  const omero = isRecord(attributes['omero']) ? attributes['omero'] : {};
  const names = recordsOf(omero['channels']).map(({ label }) => (label === undefined ? undefined : String(label)));
  return {
    path,
    ...(axes !== undefined && { axes }),
    ...(physicalSize && { physicalSize }),
    ...(names.length > 0 && names.every((name) => name !== undefined) && { channelNames: names }),
  };
}

/** 0.4 and later describe an axis, 0.3 names it. */
function axisLetter(axis: unknown): string {
  const name = String(isRecord(axis) ? axis['name'] : axis).toUpperCase();
  if (/^[TCZYX]$/.test(name)) return name;
  const type = isRecord(axis) ? axis['type'] : undefined;
  return type === 'time' ? 'T' : type === 'channel' ? 'C' : 'Q';
}

/** Scales of the dataset and of all datasets multiply. Only with a unit is it a size; Z in another unit than X is left out. */
function sizeOfPixels(described: readonly unknown[], axes: string, levels: readonly Json[]): PhysicalSize | undefined {
  const scales = levels.map(
    (level) => recordsOf(level['coordinateTransformations']).find(({ type }) => type === 'scale')?.['scale'],
  );
  const unitOf = (i: number) => (isRecord(described[i]) ? described[i]['unit'] : undefined);
  const unit = unitOf(axes.indexOf('X'));
  if (typeof unit !== 'string') return undefined;
  const size: { x?: number; y?: number; z?: number } = {};
  for (const axis of ['x', 'y', 'z'] as const) {
    const i = axes.indexOf(axis.toUpperCase());
    if (i < 0 || unitOf(i) !== unit) continue;
    const value = scales.reduce<number>((product, scale) => product * (Array.isArray(scale) ? Number(scale[i]) : 1), 1);
    if (value > 0 && Number.isFinite(value)) size[axis] = value;
  }
  return size.x === undefined || !scales.some(Array.isArray) ? undefined : { ...size, unit };
}

/** The records in a list; nothing where it is no list. */
export function recordsOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
