/** Unpacks gzip, one member. Source: RFC 1952. */
import { inflate } from '#platform';
import { FormatError } from '../errors.ts';
import { crc32 } from './crc32.ts';

/**
 * @param maxBytes  stops where more would come out.
 * @throws FormatError if the bytes are no gzip, damaged, cut short, or unpack to more than `maxBytes`.
 */
export function gunzip(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const start = headerLength(bytes);
  let content: Uint8Array;
  try {
    // zlib takes no limit of 0.
    const { buffer, byteOffset, length } = inflate(
      bytes.subarray(start, bytes.length - 8),
      'raw',
      Math.max(1, maxBytes),
    );
    content = new Uint8Array(buffer, byteOffset, length);
  } catch (cause) {
    throw new FormatError('gzip', `damaged, cut short, or longer than ${maxBytes} bytes`, start, cause);
  }
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 8, 8);
  if (trailer.getUint32(0, true) !== crc32(content)) throw new FormatError('gzip', 'the content fails its CRC check');
  return content;
}

/** Header with its optional parts: extra field, name, comment, checksum of the header. */
function headerLength(bytes: Uint8Array): number {
  if (bytes.length < 18 || bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8)
    throw new FormatError('gzip', 'the bytes are no gzip, or cut short', 0);
  const flags = bytes[3];
  let at = 10;
  if (flags & 4) at += 2 + bytes[at] + 256 * bytes[at + 1];
  for (const flag of [8, 16]) {
    if (!(flags & flag)) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) throw new FormatError('gzip', 'the header has no end', at);
    at = end + 1;
  }
  if (flags & 2) at += 2;
  if (at + 8 > bytes.length) throw new FormatError('gzip', 'cut short', at);
  return at;
}
