/**
 * The skeleton of a TIFF file: header, chain of directories, and the values of those tags that are read here; classic and BigTIFF,
 * both byte orders. Pixels stay in the file.
 * Source: TIFF 6.0 (Adobe, 1992), sections 2 and 8; BigTIFF design (libtiff).
 */
import { FormatError } from '../../errors.ts';
import { readAhead, type Source } from '../source.ts';
import { tag as known } from './tags.ts';

export interface Tiff {
  readonly source: Source;
  readonly little: boolean;
  readonly big: boolean;
}

interface Tag {
  readonly type: number;
  readonly count: number;
  /** Position of the first value. */
  readonly at: number;
  /** Bytes of the values; undefined where they would lie beyond the end of the file, and of tags that are not read. */
  readonly values: Uint8Array | undefined;
}

/** One image file directory: tags by number. */
export interface Directory {
  readonly offset: number;
  readonly tags: ReadonlyMap<number, Tag>;
}

/** Bytes per value by field type 1–18: BYTE ASCII SHORT LONG RATIONAL SBYTE UNDEFINED SSHORT SLONG SRATIONAL FLOAT DOUBLE IFD, LONG8 SLONG8 IFD8. */
const typeBytes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];

const codes = new Set<number>(Object.values(known));

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
export async function openTiff(source: Source): Promise<{ tiff: Tiff; directories: Directory[]; warnings: string[] }> {
  const { size } = source;
  const head = await source.read(0, Math.min(16, size));
  if (!isTiff(head)) throw new FormatError('TIFF', 'the file does not begin like a TIFF', 0);
  const little = head[0] === 0x49;
  const big = head[little ? 2 : 3] === 43;
  if (size < (big ? 16 : 8)) throw new FormatError('TIFF', `the file ends in its header: ${size} bytes`);
  const tiff = { source, little, big };
  const near = readAhead(source);
  const directories: Directory[] = [];
  const warnings: string[] = [];
  const seen = new Set<number>();
  // Entries and values have their own bytes in an honest file. Overlapping ones, which could take for ever, exceed this.
  const left = { entries: size / (big ? 20 : 12) + 16, values: 4 * size + 2 ** 16 };
  for (let offset = positionAt(head, big ? 8 : 4, tiff); offset !== 0; ) {
    if (seen.has(offset)) {
      warnings.push(`the chain of pages runs in a circle; the ${directories.length} pages before that were read`);
      break;
    }
    seen.add(offset);
    const found = await readDirectory(near, tiff, offset, left);
    if (typeof found === 'string') {
      if (directories.length === 0) throw new FormatError('TIFF', `first page: ${found}`, offset);
      warnings.push(`page ${directories.length}: ${found}; the pages before it were read`);
      break;
    }
    directories.push({ offset, tags: found.tags });
    offset = found.next;
  }
  if (directories.length === 0) throw new FormatError('TIFF', 'the file has no page', 4);
  return { tiff, directories, warnings };
}

/** Reads one directory; a string says why that is not possible. @param left  what entries and values may still take; counted down. */
async function readDirectory(
  source: Source,
  tiff: Tiff,
  offset: number,
  left: { entries: number; values: number },
): Promise<{ tags: Map<number, Tag>; next: number } | string> {
  const { little, big } = tiff;
  const [countBytes, entryBytes, positionBytes] = big ? [8, 20, 8] : [2, 12, 4];
  if (offset + countBytes > source.size) return 'its directory lies beyond the end of the file';
  const count = await source.read(offset, countBytes);
  const entries = big ? positionAt(count, 0, tiff) : viewOf(count).getUint16(0, little);
  const start = offset + countBytes;
  const end = start + entries * entryBytes;
  if (end > source.size) return 'its directory reaches beyond the end of the file';
  if (entries > left.entries) return 'its directory overlaps with others';
  left.entries -= entries;
  // A file that ends right after the last entry has no further page.
  const hasNext = end + positionBytes <= source.size;
  // A copy, since what is read ahead is more, and shall not stay.
  const bytes = (await source.read(start, end - start + (hasNext ? positionBytes : 0))).slice();
  const view = viewOf(bytes);
  const tags = new Map<number, Tag>();
  for (let at = 0; at < end - start; at += entryBytes) {
    const code = view.getUint16(at, little);
    // The first of two equal tags counts, as in libtiff.
    if (tags.has(code)) continue;
    const type = view.getUint16(at + 2, little);
    const n = big ? positionAt(bytes, at + 4, tiff) : view.getUint32(at + 4, little);
    const inline = at + (big ? 12 : 8);
    const length = (typeBytes[type] ?? 0) * n;
    const isInline = length <= positionBytes;
    const place = isInline ? start + inline : positionAt(bytes, inline, tiff);
    let values = isInline ? bytes.subarray(inline, inline + length) : undefined;
    if (!isInline && codes.has(code) && place + length <= source.size) {
      if (length > left.values) return 'the values of its tags overlap with others';
      left.values -= length;
      values = (await source.read(place, length)).slice();
    }
    tags.set(code, { type, count: n, at: place, values });
  }
  return { tags, next: hasNext ? positionAt(bytes, end - start, tiff) : 0 };
}

/** A position in the file. Beyond 2⁵³ it loses its last bits, but lies outside any file anyway. */
function positionAt(bytes: Uint8Array, at: number, { big, little }: Pick<Tiff, 'big' | 'little'>): number {
  const view = viewOf(bytes);
  return big ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little);
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/**
 * Values of a numeric tag; rationals as quotients.
 *
 * @returns undefined if the tag is absent.
 * @throws FormatError if the values lie beyond the end of the file or are no numbers.
 */
export function tagNumbers({ little }: Tiff, directory: Directory, code: number): number[] | undefined {
  const tag = directory.tags.get(code);
  if (!tag) return undefined;
  const size = typeBytes[tag.type] ?? 0;
  if (size === 0 || tag.type === 2)
    throw new FormatError('TIFF', `tag ${code} has field type ${tag.type}, not a number`);
  const view = viewOf(valuesOf(tag, code));
  const read = readers[tag.type];
  const values = new Array<number>(tag.count);
  for (let i = 0; i < tag.count; i++) values[i] = read(view, i * size, little);
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

/** Bytes of a tag; undefined if the tag is absent. Throws FormatError beyond the end of the file. */
export function tagBytes(directory: Directory, code: number): Uint8Array | undefined {
  const tag = directory.tags.get(code);
  return tag && valuesOf(tag, code);
}

/** Text of a tag up to its first zero byte: UTF-8, and where it is not valid UTF-8, Latin-1. Undefined if absent or unreadable. */
export function tagText(directory: Directory, code: number): string | undefined {
  const tag = directory.tags.get(code);
  if (!tag?.values || (tag.type !== 2 && tag.type !== 1 && tag.type !== 7)) return undefined;
  const zero = tag.values.indexOf(0);
  const text = zero < 0 ? tag.values : tag.values.subarray(0, zero);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(text);
  } catch {
    return new TextDecoder('latin1').decode(text);
  }
}

function valuesOf({ values, count, at }: Tag, code: number): Uint8Array {
  if (values) return values;
  throw new FormatError('TIFF', `the ${count} values of tag ${code} reach beyond the end of the file`, at);
}
