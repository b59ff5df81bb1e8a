/**
 * The few facts of OME-XML that say how pages of a TIFF make up an image: order and sizes of dimensions, which page is
 * which plane, pixel sizes, channel names. Read by looking for elements and attributes, without an XML library, in time linear
 * in the text. Source: OME data model 2016-06, "OME-TIFF specification".
 */
import type { PhysicalSize } from '../imageFile.ts';

export interface OmeImage {
  /** Slow to fast, for example 'TCZYX'. */
  readonly axes: string;
  readonly shape: readonly number[];
  /** Samples of one pixel that a page holds (3 for RGB). SizeC counts them; `shape` does not. */
  readonly samples: number;
  readonly planes: readonly OmePlanes[];
  readonly physicalSize?: PhysicalSize;
  readonly channelNames?: readonly string[];
  /** Images that the file describes. */
  readonly images: number;
}

/** A run of pages: page `ifd` is plane `first` (index over all dimensions before Y), and so on. */
interface OmePlanes {
  readonly ifd: number;
  readonly first: number;
  /** Number of planes; undefined means all pages. */
  readonly count?: number;
  /** Identifier of the file that holds them; undefined means this one. */
  readonly uuid?: string;
  /** Its name, in the same folder. */
  readonly fileName?: string;
}

/** Tells whether a TIFF description is OME-XML. */
export function isOmeXml(description: string): boolean {
  return /<\/(?:\w+:)?OME>\s*$/.test(description.slice(-32));
}

/** Identifier of the file that the XML stands in, if it says so. */
export function omeFileId(xml: string): string | undefined {
  const root = elements(xml, 'OME')[0];
  return root?.attributes['UUID'];
}

/** Name of the file that holds the metadata of a set, where this one only says so. */
export function metadataFile(xml: string): string | undefined {
  return elements(xml, 'BinaryOnly')[0]?.attributes['MetadataFile'];
}

/** Reads the first image; a string says why there is none to read. */
export function parseOmeXml(xml: string): OmeImage | string {
  if (elements(xml, 'BinaryOnly').length > 0)
    return 'the OME metadata are in another file (BinaryOnly); the pages of this file were read as they are';
  const images = elements(xml, 'Pixels');
  const pixels = images[0];
  if (!pixels) return 'the OME metadata describe no image';
  const order = pixels.attributes['DimensionOrder'] ?? '';
  if (!/^XY(?:ZCT|ZTC|CZT|CTZ|TZC|TCZ)$/.test(order)) return `the OME dimension order "${order}" does not exist`;
  const axes = [...order].reverse().join('');
  const channels = elements(pixels.content, 'Channel');
  const samples = Number(channels[0]?.attributes['SamplesPerPixel'] ?? 1);
  const shape = [...axes].map((axis) => {
    const size = Number(pixels.attributes[`Size${axis}`]);
    return axis === 'C' ? size / samples : size;
  });
  if (!shape.every((n) => Number.isInteger(n) && n > 0)) return `the OME sizes ${shape.join(', ')} are impossible`;
  const names = channels.map((channel) => channel.attributes['Name']);
  const physicalSize = readPhysicalSize(pixels.attributes);
  return {
    axes,
    shape,
    samples,
    planes: elements(pixels.content, 'TiffData').map((data) => readPlanes(data, axes, shape)),
    ...(physicalSize && { physicalSize }),
    ...(names.length > 0 && names.every((name) => name !== undefined) && { channelNames: names }),
    images: images.length,
  };
}

function readPlanes({ attributes, content }: Element, axes: string, shape: readonly number[]): OmePlanes {
  let first = 0;
  for (let i = 0; i < axes.length - 2; i++) first = first * shape[i] + Number(attributes[`First${axes[i]}`] ?? 0);
  const stated =
    attributes['PlaneCount'] ?? attributes['NumPlanes'] ?? (attributes['IFD'] === undefined ? undefined : '1');
  const file = elements(content, 'UUID')[0];
  const uuid = file?.content.trim();
  const fileName = file?.attributes['FileName'];
  const ifd = Number(attributes['IFD'] ?? 0);
  return {
    ifd,
    first,
    ...(stated !== undefined && { count: Number(stated) }),
    ...(uuid && { uuid }),
    ...(fileName && { fileName }),
  };
}

/** Sizes in the unit of X; OME's unit is µm where none is given. An axis in another unit is left out. */
function readPhysicalSize(attributes: Attributes): PhysicalSize | undefined {
  const unit = attributes['PhysicalSizeXUnit'] ?? 'µm';
  const size: { x?: number; y?: number; z?: number } = {};
  for (const axis of ['x', 'y', 'z'] as const) {
    const name = `PhysicalSize${axis.toUpperCase()}`;
    const value = Number(attributes[name] ?? 0);
    if (value > 0 && Number.isFinite(value) && (attributes[`${name}Unit`] ?? 'µm') === unit) size[axis] = value;
  }
  return size.x === undefined && size.y === undefined ? undefined : { ...size, unit };
}

type Attributes = Readonly<Record<string, string | undefined>>;

interface Element {
  readonly attributes: Attributes;
  /** Text between the tags; empty for <a/>. */
  readonly content: string;
}

/** All elements of a name, in order, with any namespace prefix. An element of this name inside another is not looked for. */
function elements(xml: string, name: string): Element[] {
  const found: Element[] = [];
  const start = new RegExp(`<(\\w+:)?${name}(?=[\\s/>])`, 'g');
  for (let match = start.exec(xml); match; match = start.exec(xml)) {
    const close = xml.indexOf('>', start.lastIndex);
    if (close < 0) break;
    const attributes = readAttributes(xml.slice(start.lastIndex, close));
    let content = '';
    start.lastIndex = close + 1;
    if (xml[close - 1] !== '/') {
      const end = xml.indexOf(`</${match[1] ?? ''}${name}>`, close);
      content = xml.slice(close + 1, end < 0 ? xml.length : end);
      if (end >= 0) start.lastIndex = end;
    }
    found.push({ attributes, content });
  }
  return found;
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function readAttributes(text: string): Attributes {
  const attributes: Record<string, string> = {};
  for (const [, key, double, single] of text.matchAll(/([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g))
    attributes[key] = (double ?? single ?? '').replace(
      /&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi,
      (whole, dec, hex, named) => {
        if (named) return entities[named] ?? whole;
        const code = dec ? Number(dec) : Number.parseInt(hex, 16);
        return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
      },
    );
  return attributes;
}
