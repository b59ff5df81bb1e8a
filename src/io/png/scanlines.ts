/** From inflated PNG data to samples: undoes the line filters, unpacks small depths, puts the lines of a pass in their place. */
import { FormatError } from '../../errors.ts';

/** One pass over the picture: its first pixel, its steps, its size in pixels. A plain picture is one pass with steps of 1. */
export interface Pass {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
  readonly w: number;
  readonly h: number;
}

/**
 * Undoes the filter of each line in place.
 *
 * @param rows      lines of 1 + rowBytes bytes; the first byte names the filter.
 * @param pixel     bytes from a byte to its left neighbour, 1 or more.
 * @throws FormatError at an unknown filter.
 */
export function unfilter(rows: Uint8Array, rowBytes: number, pixel: number): void {
  const stride = rowBytes + 1;
  for (let line = 0; line < rows.length; line += stride) {
    const start = line + 1;
    const end = line + stride;
    const filter = rows[line]!;
    // Above the first line are zeros: 'up' changes nothing there, 'average' and 'Paeth' see only the left neighbour.
    const top = line === 0;
    if (filter === 0) continue;
    if (filter === 1) for (let i = start + pixel; i < end; i++) rows[i]! += rows[i - pixel]!;
    else if (filter === 2) {
      if (!top) for (let i = start; i < end; i++) rows[i]! += rows[i - stride]!;
    } else if (filter === 3) {
      for (let i = start; i < end; i++) {
        const left = i < start + pixel ? 0 : rows[i - pixel]!;
        rows[i]! += (left + (top ? 0 : rows[i - stride]!)) >> 1;
      }
    } else if (filter === 4) undoPaeth(rows, start, end, pixel, top ? 0 : stride);
    else throw new FormatError('PNG', `line filter ${filter} does not exist`);
  }
}

/** Paeth: the neighbour (left a, above b, above left c) nearest to a + b − c. `stride` 0 means that there is no line above. */
function undoPaeth(rows: Uint8Array, start: number, end: number, pixel: number, stride: number): void {
  for (let i = start; i < end; i++) {
    const hasLeft = i >= start + pixel;
    const a = hasLeft ? rows[i - pixel]! : 0;
    const b = stride ? rows[i - stride]! : 0;
    const c = stride && hasLeft ? rows[i - stride - pixel]! : 0;
    const pa = Math.abs(b - c);
    const pb = Math.abs(a - c);
    const pc = Math.abs(a + b - 2 * c);
    rows[i]! += pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
  }
}

/** Writes the samples of one unfiltered pass into the picture `data`, (Y, X, samples). */
export function unpackPass(
  rows: Uint8Array,
  rowBytes: number,
  pass: Pass,
  data: Uint8Array | Uint16Array,
  picture: { readonly width: number; readonly samples: number; readonly bits: number },
): void {
  const { width, samples, bits } = picture;
  const unpack = bits === 16 ? unpackLine16 : bits === 8 ? unpackLine8 : unpackLineBits;
  for (let row = 0; row < pass.h; row++) {
    const line = row * (rowBytes + 1) + 1;
    const to = ((pass.y + row * pass.dy) * width + pass.x) * samples;
    if (bits === 8 && pass.dx === 1) data.set(rows.subarray(line, line + rowBytes), to);
    else unpack(rows.subarray(line, line + rowBytes), data, to, { samples, step: pass.dx * samples, bits, n: pass.w });
  }
}

/** How a line goes into the picture: n pixels, `samples` each, `step` samples apart. */
interface Placing {
  readonly n: number;
  readonly samples: number;
  readonly step: number;
  readonly bits: number;
}

function unpackLine16(line: Uint8Array, data: Uint8Array | Uint16Array, start: number, placing: Placing): void {
  const { n, samples, step } = placing;
  for (let x = 0, from = 0, to = start; x < n; x++, to += step)
    for (let s = 0; s < samples; s++, from += 2) data[to + s] = (line[from]! << 8) | line[from + 1]!;
}

function unpackLine8(line: Uint8Array, data: Uint8Array | Uint16Array, start: number, placing: Placing): void {
  const { n, samples, step } = placing;
  for (let x = 0, from = 0, to = start; x < n; x++, to += step)
    for (let s = 0; s < samples; s++) data[to + s] = line[from++]!;
}

/** Depths 1, 2, 4 have one sample a pixel; the first pixel is in the highest bits. */
function unpackLineBits(line: Uint8Array, data: Uint8Array | Uint16Array, start: number, placing: Placing): void {
  const { n, step, bits } = placing;
  const mask = (1 << bits) - 1;
  for (let x = 0, bit = 0, to = start; x < n; x++, to += step, bit += bits)
    data[to] = (line[bit >> 3]! >> (8 - bits - (bit & 7))) & mask;
}
