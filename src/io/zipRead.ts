/**
 * Reads ZIP archives by random access: the central directory with its ZIP64 forms, entries stored or deflated. Sizes come
 * from the directory, since writers leave them out of the local headers. Not here: encryption, split archives, other
 * methods. Source: PKWARE APPNOTE 6.3, sections 4.3 and 4.5.3.
 */
import { inflate } from '#platform';
import { FormatError, UnsupportedError } from '../errors.ts';
import { crc32 } from './crc32.ts';
import type { Source } from './source.ts';

export interface ZipEntry {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly crc32: number;
  readonly packedSize: number;
  readonly size: number;
  readonly headerOffset: number;
}

/** Longest end record with comment, 22 + 65,535 bytes, and the ZIP64 locator before it. */
const tailBytes = 22 + 65535 + 20;
/** Room for about a million entries: more is damage or malice. */
const maxDirectoryBytes = 128 * 2 ** 20;
/** Deflate makes at most 1032 bytes of one. */
const maxDeflateRatio = 1032;

/**
 * Lists the entries of an archive by name, in the order of its directory.
 *
 * @throws FormatError if it is no archive, cut short, contradictory, or has entries that overlap; UnsupportedError if encrypted.
 */
export async function readZipDirectory(source: Source): Promise<Map<string, ZipEntry>> {
  const { offset, length, count } = await findDirectory(source);
  if (offset + length > source.size) throw damaged(`the directory at ${offset} lies beyond the end of the file`);
  if (length > maxDirectoryBytes || count * 46 > length)
    throw damaged(`a directory of ${count} entries in ${length} bytes`);
  const bytes = await source.read(offset, length);
  const entries = new Map<string, ZipEntry>();
  let packed = 0;
  let at = 0;
  for (let i = 0; i < count; i++) {
    const { entry, next } = parseEntry(bytes, at);
    if (entries.has(entry.name)) throw damaged(`entry ${entry.name} occurs twice`);
    entries.set(entry.name, entry);
    packed += entry.packedSize;
    at = next;
  }
  if (packed > source.size) throw damaged('its entries overlap');
  return entries;
}

/**
 * The content of an entry, checked against its CRC.
 *
 * @param maxBytes  refuses larger content before anything is unpacked.
 */
export async function readZipEntry(source: Source, entry: ZipEntry, maxBytes: number): Promise<Uint8Array> {
  if (entry.size > maxBytes) throw damaged(`${entry.name} has ${entry.size} bytes, more than the ${maxBytes} allowed`);
  if (entry.method !== 0 && entry.size > entry.packedSize * maxDeflateRatio + 64)
    throw damaged(`${entry.name} claims ${entry.size} bytes from ${entry.packedSize}`);
  const packed = await source.read(await zipDataOffset(source, entry), entry.packedSize);
  const content = entry.method === 0 ? packed : unpack(entry, packed);
  if (content.length !== entry.size)
    throw damaged(`${entry.name} has ${content.length} bytes instead of ${entry.size}`);
  if (crc32(content) !== entry.crc32) throw damaged(`${entry.name} fails its CRC check`);
  return content;
}

/** Where the content of an entry begins in the file: for stored entries the way to read parts of it. */
export async function zipDataOffset(source: Source, entry: ZipEntry): Promise<number> {
  const header = viewOf(await source.read(entry.headerOffset, 30));
  if (header.getUint32(0, true) !== 0x04034b50) throw damaged(`no local header for ${entry.name}`, entry.headerOffset);
  const offset = entry.headerOffset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  if (offset + entry.packedSize > source.size) throw damaged(`${entry.name} is cut short`, offset);
  return offset;
}

function unpack(entry: ZipEntry, packed: Uint8Array): Uint8Array {
  if (entry.method !== 8)
    throw new UnsupportedError(
      `zip method ${entry.method}`,
      `zip: ${entry.name} is packed by method ${entry.method}; repack it with deflate`,
    );
  try {
    // One byte more than nothing: zlib takes no limit of 0. The caller compares the length.
    const { buffer, byteOffset, length } = inflate(packed, 'raw', Math.max(1, entry.size));
    return new Uint8Array(buffer, byteOffset, length);
  } catch (cause) {
    throw new FormatError('zip', `${entry.name} cannot be inflated`, entry.headerOffset, cause);
  }
}

interface DirectoryPlace {
  readonly offset: number;
  readonly length: number;
  readonly count: number;
}

async function findDirectory(source: Source): Promise<DirectoryPlace> {
  const start = Math.max(0, source.size - tailBytes);
  const tail = viewOf(await source.read(start, source.size - start));
  let end = tail.byteLength - 22;
  while (end >= 0 && !isEndRecord(tail, end)) end--;
  if (end < 0) throw damaged('no directory at the end of the file: not a zip archive, or cut short');
  const place = {
    count: tail.getUint16(end + 10, true),
    length: tail.getUint32(end + 12, true),
    offset: tail.getUint32(end + 16, true),
  };
  const isZip64 = end >= 20 && tail.getUint32(end - 20, true) === 0x07064b50;
  return isZip64 ? findZip64Directory(source, bigOffset(tail, end - 12)) : place;
}

function isEndRecord(tail: DataView, at: number): boolean {
  return tail.getUint32(at, true) === 0x06054b50 && at + 22 + tail.getUint16(at + 20, true) === tail.byteLength;
}

async function findZip64Directory(source: Source, at: number): Promise<DirectoryPlace> {
  const record = viewOf(await source.read(at, 56));
  if (record.getUint32(0, true) !== 0x06064b50) throw damaged('the ZIP64 end record is missing', at);
  return { count: bigOffset(record, 32), length: bigOffset(record, 40), offset: bigOffset(record, 48) };
}

function parseEntry(bytes: Uint8Array, at: number): { entry: ZipEntry; next: number } {
  const view = viewOf(bytes);
  if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50) throw damaged('the directory is cut short');
  const nameEnd = at + 46 + view.getUint16(at + 28, true);
  const extraEnd = nameEnd + view.getUint16(at + 30, true);
  const next = extraEnd + view.getUint16(at + 32, true);
  if (next > bytes.length) throw damaged('the directory is cut short');
  const name = new TextDecoder().decode(bytes.subarray(at + 46, nameEnd));
  if (view.getUint16(at + 8, true) & 1)
    throw new UnsupportedError('encrypted zip', `zip: ${name} is encrypted; unpack it first`);
  const [size, packedSize, headerOffset] = bigFields(
    [view.getUint32(at + 24, true), view.getUint32(at + 20, true), view.getUint32(at + 42, true)],
    bytes.subarray(nameEnd, extraEnd),
  );
  const method = view.getUint16(at + 10, true);
  if (method === 0 && size !== packedSize) throw damaged(`${name} is stored, but has two different sizes`);
  return { entry: { name, method, crc32: view.getUint32(at + 16, true), packedSize, size, headerOffset }, next };
}

/** Replaces the fields that are all ones by the numbers of the ZIP64 extra field, which holds just those, in this order. */
function bigFields(fields: [number, number, number], extra: Uint8Array): [number, number, number] {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    const end = at + 4 + view.getUint16(at + 2, true);
    let next = at + 4;
    return fields.map((field) => {
      if (field !== 0xffffffff) return field;
      if (next + 8 > Math.min(end, extra.length)) throw damaged('a ZIP64 field is cut short');
      next += 8;
      return bigOffset(view, next - 8);
    }) as [number, number, number];
  }
  return fields;
}

function bigOffset(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged(`a size or offset of ${value} bytes`);
  return Number(value);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function damaged(message: string, offset?: number): FormatError {
  return new FormatError('zip', message, offset);
}
