/**
 * Cells as GeoJSON in the form that QuPath imports: one detection for each label, its outline exact to the pixel.
 * Sources: RFC 7946; QuPath's documentation on exporting objects.
 */
import type { Masks } from '../array/ndarray.ts';
import { ShapeError } from '../errors.ts';
import { type PixelPolygon, pixelPolygons, type Ring, ringArea } from '../masks/pixelPolygons.ts';

export interface GeoJsonOptions {
  /** Of the image: cells of other images get other ids. @default '' */
  readonly name?: string;
  /** What to make of the cells: detections, which QuPath holds by the million, or annotations, which it edits. @default 'detection' */
  readonly objectType?: 'detection' | 'annotation';
}

/**
 * A FeatureCollection as text. Coordinates are corners of pixels from the upper left of the image, x to the right and y down, as
 * QuPath counts; the first point of a ring is repeated at its end. Each feature is named by its label and has its area as a
 * measurement; in a stack its geometry has the plane, z from 0, and a cell has a feature in each plane that it is in.
 *
 * @param masks  labels ([lz,] ly, lx), 0 and below is background.
 * @returns      pieces of text, to be written one after another. The same masks and options give the same text.
 * @throws ShapeError if masks is neither plane nor stack.
 */
export function geoJsonPieces(masks: Masks, options: GeoJsonOptions = {}): string[] {
  const { data, shape } = masks;
  if (shape.length !== 2 && shape.length !== 3) throw new ShapeError('geoJsonPieces', 'masks ([lz,] ly, lx)', shape);
  const [ly, lx] = shape.slice(-2);
  const size = ly * lx;
  const features: string[] = [];
  for (let z = 0; z * size < data.length; z++) {
    const plane = { data: data.subarray(z * size, (z + 1) * size), shape: [ly, lx] };
    const cells = pixelPolygons(plane).sort((a, b) => a.label - b.label);
    for (const { label, polygons } of cells) {
      const own = shape.length === 2 ? {} : { plane: { c: -1, z, t: 0 } };
      features.push(JSON.stringify(feature(label, polygons, own, { ...options, z })));
    }
  }
  return ['{"type":"FeatureCollection","features":[\n', features.join(',\n'), '\n]}\n'];
}

function feature(
  label: number,
  polygons: readonly PixelPolygon[],
  plane: object,
  { name = '', objectType = 'detection', z }: GeoJsonOptions & { readonly z: number },
): object {
  const parts = polygons.map(({ outer, holes }) => [outer, ...holes].map(closed));
  const geometry =
    parts.length === 1 ? { type: 'Polygon', coordinates: parts[0] } : { type: 'MultiPolygon', coordinates: parts };
  const area = polygons.reduce(
    (sum, { outer, holes }) => sum + [outer, ...holes].reduce((inner, ring) => inner + ringArea(ring), 0),
    0,
  );
  const properties = { objectType, name: String(label), measurements: { 'Area px^2': area } };
  return { type: 'Feature', id: uuid(`${name}/${z}/${label}`), geometry: { ...geometry, ...plane }, properties };
}

/** QuPath and RFC 7946 want the first point again, and outer rings counter-clockwise as seen with y upwards, which these are. */
function closed(ring: Ring): number[][] {
  const points = Array.from({ length: ring.length / 2 }, (_, k) => [ring[2 * k], ring[2 * k + 1]]);
  return [...points, points[0]];
}

/** An id of version 8 (made by a rule of one's own) from a text: four hashes of 32 bits (FNV-1a, each from another start). */
function uuid(text: string): string {
  const words = [0x811c9dc5, 0x01000193, 0x9e3779b9, 0x85ebca6b].map((start) => {
    let hash = start;
    for (let k = 0; k < text.length; k++) hash = Math.imul(hash ^ text.charCodeAt(k), 0x01000193);
    return (hash >>> 0).toString(16).padStart(8, '0');
  });
  const hex = words.join('');
  const variant = ((Number.parseInt(hex[16], 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20),
  ].join('-');
}
