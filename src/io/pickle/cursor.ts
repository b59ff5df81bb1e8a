/** Reads the primitive fields of a pickle from bytes, each checked against the end of the data. */
import { FormatError } from '../../errors.ts';

/** Longest integer in bytes, and longest number written as text: more is malice, and slow to convert. */
const maxNumberBytes = 256;

export class Cursor {
  at: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  #take(length: number): number {
    const at = this.at;
    if (at + length > this.#bytes.length)
      throw new FormatError('pickle', `needs ${length} more bytes, has ${this.#bytes.length - at}: cut short`, at);
    this.at = at + length;
    return at;
  }

  uint8(): number {
    return this.#bytes[this.#take(1)];
  }

  uint16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  /** A length of 8 bytes. */
  uint64(): number {
    return Number(this.#view.getBigUint64(this.#take(8), true));
  }

  /** Floats are big-endian in pickles. */
  float64(): number {
    return this.#view.getFloat64(this.#take(8), false);
  }

  /** A view, not a copy. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  text(length: number): string {
    return new TextDecoder().decode(this.bytes(length));
  }

  /** Bytes of Python 2 strings, one character each. */
  latin1(length: number): string {
    return latin1(this.bytes(length));
  }

  /** A little-endian two's complement integer. */
  long(length: number): number | bigint {
    if (length > maxNumberBytes) throw new FormatError('pickle', `an integer of ${length} bytes`, this.at);
    let value = 0n;
    const bytes = this.bytes(length);
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
    return toNumber(BigInt.asIntN(8 * length, value));
  }

  /** Text up to the next line feed, one character per byte. */
  line(): string {
    const end = this.#bytes.indexOf(10, this.at);
    if (end < 0) throw new FormatError('pickle', 'a line without end', this.at);
    const text = this.latin1(end - this.at);
    this.at++;
    return text;
  }

  /** An integer written as text, with or without Python 2's final L. */
  integerLine(): number | bigint {
    const text = this.#numberLine(/^[+-]?\d+L?$/);
    return toNumber(BigInt(text.replace('L', '').replace('+', '')));
  }

  floatLine(): number {
    const text = this.#numberLine(/^[+-]?(\d+\.?\d*(e[+-]?\d+)?|\.\d+|inf|nan)$/i).toLowerCase();
    return text.endsWith('inf') ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text);
  }

  #numberLine(pattern: RegExp): string {
    const at = this.at;
    const text = this.line().trim();
    if (text.length <= maxNumberBytes && pattern.test(text)) return text;
    throw new FormatError('pickle', 'a number that is none', at);
  }
}

/** One character per byte. */
function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return text;
}

/** As a number where that is exact. */
function toNumber(value: bigint): number | bigint {
  const n = Number(value);
  return Number.isSafeInteger(n) ? n : value;
}
