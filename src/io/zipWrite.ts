/**
 * Writes ZIP archives, stored or deflated, with ZIP64 fields where sizes, offsets or the number of entries need them.
 * The same entries give the same bytes: there is no date inside. Source: PKWARE APPNOTE 6.3, sections 4.3 and 4.5.3.
 */
import { deflate } from '#platform';
import { concat, totalLength } from './concat.ts';
import { crc32 } from './crc32.ts';

export interface ZipInput {
  readonly name: string;
  readonly data: Uint8Array;
  /** Pack with deflate; default: store. */
  readonly isDeflated?: boolean;
}

export interface ZipOptions {
  /** Content of stored entries begins at multiples of this many bytes; default 1. */
  readonly align?: number;
  /** Position in the file where the archive will begin; default 0. */
  readonly start?: number;
}

/** Beyond these a field holds all ones and the number stands in a ZIP64 record. */
const max32 = 0xffffffff;
const max16 = 0xffff;

/** The archive as parts to be written one after another: stored content is passed through, not copied, so it may exceed what one array can hold. */
export function zipParts(entries: Iterable<ZipInput>, options: ZipOptions = {}): Uint8Array[] {
  const { align = 1, start = 0 } = options;
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = start;
  for (const { name, data, isDeflated = false } of entries) {
    const packed = isDeflated ? deflate(data, 'raw', 6) : data;
    const method = isDeflated ? 8 : 0;
    const entry = {
      name: new TextEncoder().encode(name),
      method,
      crc: crc32(data),
      size: data.length,
      packed: packed.length,
    };
    const header = localHeader(entry, at, align);
    parts.push(header, packed);
    directory.push(directoryRecord(entry, at));
    at += header.length + packed.length;
  }
  parts.push(...directory, endRecords(directory.length, totalLength(directory), at));
  return parts;
}

/** The archive as one array. */
export function writeZip(entries: Iterable<ZipInput>, options: ZipOptions = {}): Uint8Array {
  return concat(zipParts(entries, options));
}

interface Entry {
  readonly name: Uint8Array;
  readonly method: number;
  readonly crc: number;
  readonly size: number;
  readonly packed: number;
}

function localHeader(entry: Entry, at: number, align: number): Uint8Array {
  const isBig = entry.size >= max32 || entry.packed >= max32;
  const zip64 = isBig ? zip64Extra([entry.size, entry.packed]) : new Uint8Array(0);
  const unpadded = 30 + entry.name.length + zip64.length;
  const extra = concat([zip64, padding(at + unpadded, entry.method === 0 ? align : 1)]);
  const fixed = new Uint8Array(30);
  const view = new DataView(fixed.buffer);
  view.setUint32(0, 0x04034b50, true);
  setCommon(view, 4, entry, isBig);
  view.setUint16(26, entry.name.length, true);
  view.setUint16(28, extra.length, true);
  return concat([fixed, entry.name, extra]);
}

function directoryRecord(entry: Entry, at: number): Uint8Array {
  const isBig = entry.size >= max32 || entry.packed >= max32;
  const extra =
    isBig || at >= max32
      ? zip64Extra([...(isBig ? [entry.size, entry.packed] : []), ...(at >= max32 ? [at] : [])])
      : new Uint8Array(0);
  const fixed = new Uint8Array(46);
  const view = new DataView(fixed.buffer);
  view.setUint32(0, 0x02014b50, true);
  view.setUint16(4, 45, true);
  setCommon(view, 6, entry, isBig);
  view.setUint16(28, entry.name.length, true);
  view.setUint16(30, extra.length, true);
  view.setUint32(42, Math.min(at, max32), true);
  return concat([fixed, entry.name, extra]);
}

/** The fields that local header and directory share: version, flags (names in UTF-8), method, date (1 January 1980), CRC, sizes. */
function setCommon(view: DataView, at: number, entry: Entry, isBig: boolean): void {
  view.setUint16(at, isBig ? 45 : 20, true);
  view.setUint16(at + 2, 0x0800, true);
  view.setUint16(at + 4, entry.method, true);
  view.setUint16(at + 8, 0x0021, true);
  view.setUint32(at + 10, entry.crc, true);
  view.setUint32(at + 14, isBig ? max32 : entry.packed, true);
  view.setUint32(at + 18, isBig ? max32 : entry.size, true);
}

function zip64Extra(numbers: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 + 8 * numbers.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 1, true);
  view.setUint16(2, 8 * numbers.length, true);
  for (const [i, n] of numbers.entries()) view.setBigUint64(4 + 8 * i, BigInt(n), true);
  return bytes;
}

/** An extra field that moves the content from `at` to a multiple of `align`. Its id is the one PyTorch uses for that. */
function padding(at: number, align: number): Uint8Array {
  if (at % align === 0) return new Uint8Array(0);
  const length = align - ((at + 4) % align);
  const bytes = new Uint8Array(4 + (length % align));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0x4246, true);
  view.setUint16(2, length % align, true);
  return bytes;
}

function endRecords(count: number, length: number, at: number): Uint8Array {
  const end = new Uint8Array(22);
  const view = new DataView(end.buffer);
  view.setUint32(0, 0x06054b50, true);
  view.setUint16(8, Math.min(count, max16), true);
  view.setUint16(10, Math.min(count, max16), true);
  view.setUint32(12, Math.min(length, max32), true);
  view.setUint32(16, Math.min(at, max32), true);
  return count >= max16 || length >= max32 || at >= max32 ? concat([zip64End(count, length, at), end]) : end;
}

/** ZIP64 end record, and the locator that points to it. */
function zip64End(count: number, length: number, at: number): Uint8Array {
  const bytes = new Uint8Array(56 + 20);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x06064b50, true);
  view.setBigUint64(4, 44n, true);
  view.setUint16(12, 45, true);
  view.setUint16(14, 45, true);
  view.setBigUint64(24, BigInt(count), true);
  view.setBigUint64(32, BigInt(count), true);
  view.setBigUint64(40, BigInt(length), true);
  view.setBigUint64(48, BigInt(at), true);
  view.setUint32(56, 0x07064b50, true);
  view.setBigUint64(64, BigInt(at + length), true);
  view.setUint32(72, 1, true);
  return bytes;
}
