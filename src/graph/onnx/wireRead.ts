/** The protobuf wire format, reading only: the fields of a message, one after another. Source: protobuf.dev, "Encoding". */
import { FormatError } from '../../errors.ts';

/** A field: its number, and its value as a whole number or as bytes. Numbers of 32 and 64 bits are given as their bytes. */
export interface WireField {
  readonly field: number;
  /** Of varints; NaN for the other kinds. */
  readonly int: number;
  /** Of strings, messages and packed lists; empty for varints. A view. */
  readonly bytes: Uint8Array;
}

const none = new Uint8Array(0);

/**
 * The fields in the order of the message.
 *
 * @throws FormatError where it is no such message, or cut short.
 */
export function* wireFields(message: Uint8Array): Generator<WireField> {
  const cursor = { message, at: 0 };
  while (cursor.at < message.length) {
    const key = readVarint(cursor);
    const field = Math.floor(key / 8);
    const kind = key % 8;
    if (field === 0) throw damaged('a field without number', cursor.at);
    if (kind === 0) yield { field, int: readVarint(cursor), bytes: none };
    else if (kind === 1) yield { field, int: Number.NaN, bytes: take(cursor, 8) };
    else if (kind === 2) yield { field, int: Number.NaN, bytes: take(cursor, readVarint(cursor)) };
    else if (kind === 5) yield { field, int: Number.NaN, bytes: take(cursor, 4) };
    else throw damaged(`a field of kind ${kind}`, cursor.at);
  }
}

/** A packed list of whole numbers. */
export function wireInts(message: Uint8Array): number[] {
  const cursor = { message, at: 0 };
  const out: number[] = [];
  while (cursor.at < message.length) out.push(readVarint(cursor));
  return out;
}

interface Cursor {
  readonly message: Uint8Array;
  at: number;
}

function take(cursor: Cursor, length: number): Uint8Array {
  const { message, at } = cursor;
  if (!(length <= message.length - at))
    throw damaged(`a field of ${length} bytes where ${message.length - at} are left`, at);
  cursor.at = at + length;
  return message.subarray(at, cursor.at);
}

/** At most ten bytes; negative numbers are 64-bit two's complement. */
function readVarint(cursor: Cursor): number {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = cursor.message[cursor.at++];
    if (byte === undefined) break;
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return Number(BigInt.asIntN(64, value));
  }
  throw damaged('a number that does not end', cursor.at);
}

function damaged(message: string, offset: number): FormatError {
  return new FormatError('protobuf', message, offset);
}
