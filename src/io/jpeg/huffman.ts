/** Huffman codes and the reading of bits from JPEG's entropy-coded data. Source: ITU-T T.81, annexes C and F. */
import { FormatError } from '../../errors.ts';

export interface HuffmanTable {
  /** By the next 9 bits: length · 256 + symbol, or 0 where the code is longer. */
  readonly short: Uint16Array;
  /** By length: the largest code, left-aligned to 16 bits; −1 where there is none. */
  readonly last: Int32Array;
  /** By length: what to add to a code to get the place of its symbol. */
  readonly shift: Int32Array;
  readonly symbols: Uint8Array;
}

const shortBits = 9;

/** Builds a table from the number of codes of each length 1–16 and the symbols in their order. */
export function makeHuffmanTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable {
  const short = new Uint16Array(1 << shortBits);
  const last = new Int32Array(17).fill(-1);
  const shift = new Int32Array(17);
  for (let length = 1, code = 0, k = 0; length <= 16; length++, code <<= 1) {
    const n = counts[length - 1];
    if (code + n > 1 << length) throw new FormatError('JPEG', 'a Huffman table has more codes than fit');
    shift[length] = k - code;
    for (let i = 0; i < n; i++, code++, k++) {
      if (length > shortBits) continue;
      const from = code << (shortBits - length);
      short.fill((length << 8) | symbols[k], from, from + (1 << (shortBits - length)));
    }
    if (n > 0) last[length] = code - 1;
  }
  return { short, last, shift, symbols: symbols.slice() };
}

/** Reads the bits between two markers. Past their end come zeros, which `checkNotPast` reports. */
export class BitReader {
  private readonly bytes: Uint8Array;
  /** Position of the next byte; after the data, of the marker that ends them. */
  at: number;
  private buffer = 0;
  private count = 0;
  private padding = 0;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  private fill(): void {
    const { bytes } = this;
    while (this.count <= 24) {
      let byte = 0;
      if (this.at >= bytes.length) this.padding += 8;
      else if (bytes[this.at] !== 0xff) byte = bytes[this.at++];
      else if (bytes[this.at + 1] === 0) {
        // FF 00 stands for the byte FF; FF and anything else is a marker.
        byte = 0xff;
        this.at += 2;
      } else this.padding += 8;
      this.buffer = (this.buffer << 8) | byte;
      this.count += 8;
    }
  }

  /** The next n bits, 0–16, as an unsigned number. */
  bits(n: number): number {
    if (this.count < n) this.fill();
    this.count -= n;
    return (this.buffer >>> this.count) & ((1 << n) - 1);
  }

  /** A number of n bits whose sign is coded in its first bit (T.81, figure F.12). */
  signed(n: number): number {
    if (n === 0) return 0;
    const value = this.bits(n);
    return value < 1 << (n - 1) ? value - (1 << n) + 1 : value;
  }

  symbol(table: HuffmanTable): number {
    if (this.count < 16) this.fill();
    const entry = table.short[(this.buffer >>> (this.count - shortBits)) & ((1 << shortBits) - 1)];
    if (entry !== 0) {
      this.count -= entry >> 8;
      return entry & 255;
    }
    for (let length = shortBits + 1; length <= 16; length++) {
      const code = (this.buffer >>> (this.count - length)) & ((1 << length) - 1);
      if (code <= table.last[length]) {
        this.count -= length;
        return table.symbols[code + table.shift[length]];
      }
    }
    throw new FormatError('JPEG', 'a Huffman code does not exist: the file is damaged', this.at);
  }

  /** Throws FormatError if bits were read that the file does not have. */
  checkNotPast(): void {
    if (this.count < this.padding)
      throw new FormatError('JPEG', 'the image data end too early: the file is cut', this.at);
  }

  /** Drops the rest of the current bits and steps over a restart marker, if that comes next. */
  restart(): void {
    this.buffer = 0;
    this.count = 0;
    this.padding = 0;
    const { bytes } = this;
    while (bytes[this.at] === 0xff && bytes[this.at + 1] === 0xff) this.at++;
    const marker = bytes[this.at + 1];
    if (bytes[this.at] !== 0xff || marker < 0xd0 || marker > 0xd7)
      throw new FormatError('JPEG', 'a restart marker is missing: the file is damaged', this.at);
    this.at += 2;
  }
}
