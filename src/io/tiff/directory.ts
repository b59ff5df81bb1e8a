/**
 * The skeleton of a TIFF file: header, chain of directories, tags and their values; classic and BigTIFF, both byte
 * orders. Values are read when asked for, and never more of them than the file has bytes.
 * Source: TIFF 6.0 (Adobe, 1992), sections 2 and 8; BigTIFF design (libtiff).
 */
import { FormatError } from '../../errors.ts';

export interface Tiff {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly little: boolean;
  readonly big: boolean;
}

interface Tag {
  readonly type: number;
  readonly count: number;
  /** Position of the first value. */
  readonly at: number;
}

/** One image file directory: tags by number. */
export interface Directory {
  readonly offset: number;
  readonly tags: ReadonlyMap<number, Tag>;
}

/** Bytes per value by field type 1–18: BYTE ASCII SHORT LONG RATIONAL SBYTE UNDEFINED SSHORT SLONG SRATIONAL FLOAT DOUBLE IFD, LONG8 SLONG8 IFD8. */
const typeBytes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];

/** Tells whether the bytes begin like a TIFF or BigTIFF file. */
export function isTiff(bytes: Uint8Array): boolean {
  const [a, b, c, d] = bytes;
  if (a === 0x49 && b === 0x49) return (c === 42 || c === 43) && d === 0;
  return a === 0x4d && b === 0x4d && c === 0 && (d === 42 || d === 43);
}

/**
 * Reads the header and the whole chain of directories.
 *
 * @returns the directories in the order of the chain, and warnings where the chain ended badly after its first directory.
 * @throws FormatError if there is no readable first directory.
 */
export function openTiff(bytes: Uint8Array): { tiff: Tiff; directories: Directory[]; warnings: string[] } {
  if (!isTiff(bytes)) throw new FormatError('TIFF', 'the file does not begin like a TIFF', 0);
  const little = bytes[0] === 0x49;
  const big = bytes[little ? 2 : 3] === 43;
  if (bytes.length < (big ? 16 : 8))
    throw new FormatError('TIFF', `the file ends in its header: ${bytes.length} bytes`);
  const tiff = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), little, big };
  const directories: Directory[] = [];
  const warnings: string[] = [];
  const seen = new Set<number>();
  // Each entry has its own bytes in an honest file. Overlapping directories, which could take for ever, exceed this.
  let entriesLeft = bytes.length / (big ? 20 : 12) + 16;
  for (let offset = big ? offset64(tiff, 8) : tiff.view.getUint32(4, little); offset !== 0; ) {
    if (seen.has(offset)) {
      warnings.push(`the chain of pages runs in a circle; the ${directories.length} pages before that were read`);
      break;
    }
    seen.add(offset);
    const found = readDirectory(tiff, offset, entriesLeft);
    if (typeof found === 'string') {
      if (directories.length === 0) throw new FormatError('TIFF', `first page: ${found}`, offset);
      warnings.push(`page ${directories.length}: ${found}; the pages before it were read`);
      break;
    }
    entriesLeft -= found.entries;
    directories.push({ offset, tags: found.tags });
    offset = found.next;
  }
  if (directories.length === 0) throw new FormatError('TIFF', 'the file has no page', 4);
  return { tiff, directories, warnings };
}

/** Reads one directory; a string says why that is not possible. */
function readDirectory(
  tiff: Tiff,
  offset: number,
  entriesLeft: number,
): { tags: Map<number, Tag>; entries: number; next: number } | string {
  const { view, bytes, little, big } = tiff;
  const [countBytes, entryBytes] = big ? [8, 20] : [2, 12];
  if (offset + countBytes > bytes.length) return 'its directory lies beyond the end of the file';
  const entries = big ? offset64(tiff, offset) : view.getUint16(offset, little);
  const end = offset + countBytes + entries * entryBytes;
  if (end > bytes.length) return 'its directory reaches beyond the end of the file';
  if (entries > entriesLeft) return 'its directory overlaps with others';
  const tags = new Map<number, Tag>();
  for (let at = offset + countBytes; at < end; at += entryBytes) {
    const type = view.getUint16(at + 2, little);
    const count = big ? offset64(tiff, at + 4) : view.getUint32(at + 4, little);
    const inline = at + (big ? 12 : 8);
    const size = (typeBytes[type] ?? 0) * count;
    const where = size <= (big ? 8 : 4) ? inline : big ? offset64(tiff, inline) : view.getUint32(inline, little);
    // The first of two equal tags counts, as in libtiff.
    const code = view.getUint16(at, little);
    if (!tags.has(code)) tags.set(code, { type, count, at: where });
  }
  // A file that ends right after the last entry has no further page.
  const room = end + (big ? 8 : 4) <= bytes.length;
  const next = !room ? 0 : big ? offset64(tiff, end) : view.getUint32(end, little);
  return { tags, entries, next };
}

/** A 64-bit number as a JavaScript number. Beyond 2⁵³ it loses its last bits, but lies outside any file anyway. */
function offset64({ view, little }: Tiff, at: number): number {
  return Number(view.getBigUint64(at, little));
}

/**
 * Values of a numeric tag; rationals as quotients.
 *
 * @returns undefined if the tag is absent.
 * @throws FormatError if the values lie beyond the end of the file or are no numbers.
 */
export function tagNumbers(tiff: Tiff, directory: Directory, code: number): number[] | undefined {
  const tag = directory.tags.get(code);
  if (!tag) return undefined;
  const size = typeBytes[tag.type] ?? 0;
  if (size === 0 || tag.type === 2)
    throw new FormatError('TIFF', `tag ${code} has field type ${tag.type}, not a number`);
  checkExtent(tiff, code, tag, size);
  const read = readers[tag.type];
  const { view, little } = tiff;
  const values = new Array<number>(tag.count);
  for (let i = 0; i < tag.count; i++) values[i] = read(view, tag.at + i * size, little);
  return values;
}

type Reader = (view: DataView, at: number, little: boolean) => number;
const u8: Reader = (view, at) => view.getUint8(at);
const u64: Reader = (view, at, little) => Number(view.getBigUint64(at, little));
const readers: Record<number, Reader> = {
  1: u8,
  3: (view, at, little) => view.getUint16(at, little),
  4: (view, at, little) => view.getUint32(at, little),
  5: (view, at, little) => view.getUint32(at, little) / view.getUint32(at + 4, little),
  6: (view, at) => view.getInt8(at),
  7: u8,
  8: (view, at, little) => view.getInt16(at, little),
  9: (view, at, little) => view.getInt32(at, little),
  10: (view, at, little) => view.getInt32(at, little) / view.getInt32(at + 4, little),
  11: (view, at, little) => view.getFloat32(at, little),
  12: (view, at, little) => view.getFloat64(at, little),
  13: (view, at, little) => view.getUint32(at, little),
  16: u64,
  17: (view, at, little) => Number(view.getBigInt64(at, little)),
  18: u64,
};

/** Bytes of a tag, as a view into the file; undefined if the tag is absent. Throws FormatError beyond the end of the file. */
export function tagBytes(tiff: Tiff, directory: Directory, code: number): Uint8Array | undefined {
  const tag = directory.tags.get(code);
  if (!tag) return undefined;
  const size = typeBytes[tag.type] ?? 0;
  checkExtent(tiff, code, tag, size);
  return tiff.bytes.subarray(tag.at, tag.at + tag.count * size);
}

/** Text of a tag up to its first zero byte: UTF-8, and where it is not valid UTF-8, Latin-1. Undefined if absent or unreadable. */
export function tagText(tiff: Tiff, directory: Directory, code: number): string | undefined {
  const tag = directory.tags.get(code);
  if (!tag || (tag.type !== 2 && tag.type !== 1 && tag.type !== 7) || tag.at + tag.count > tiff.bytes.length)
    return undefined;
  const all = tiff.bytes.subarray(tag.at, tag.at + tag.count);
  const zero = all.indexOf(0);
  const text = zero < 0 ? all : all.subarray(0, zero);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(text);
  } catch {
    return new TextDecoder('latin1').decode(text);
  }
}

function checkExtent({ bytes }: Tiff, code: number, tag: Tag, size: number): void {
  if (!(tag.at + tag.count * size <= bytes.length))
    throw new FormatError('TIFF', `the ${tag.count} values of tag ${code} reach beyond the end of the file`, tag.at);
}
