/**
 * One scan of a JPEG file: entropy-coded data into coefficients, sequential or progressive. Source: ITU-T T.81, annexes F and G.
 */
import { FormatError } from '../../errors.ts';
import type { Component, Frame, Tables } from './frame.ts';
import { zigzag } from './frame.ts';
import { BitReader, type HuffmanTable } from './huffman.ts';

/** A component as a scan sees it: with its tables and the state that runs from block to block. */
interface Part {
  readonly component: Component;
  readonly dc: HuffmanTable;
  readonly ac: HuffmanTable;
  predicted: number;
}

interface Scan {
  readonly reader: BitReader;
  /** First and last coefficient, in zigzag order, and the bit position of successive approximation. */
  readonly start: number;
  readonly end: number;
  readonly low: number;
  /** Blocks still to come that have no further coefficient. */
  endRun: number;
}

type DecodeBlock = (scan: Scan, part: Part, coefficients: Int16Array, at: number) => void;

const noTable: HuffmanTable = {
  short: new Uint16Array(512),
  last: new Int32Array(17).fill(-1),
  shift: new Int32Array(17),
  symbols: new Uint8Array(0),
};

/**
 * Decodes a scan.
 *
 * @param header  body of the SOS segment.   @param at  first byte after it.
 * @returns position after the scan's data.
 * @throws FormatError if the data are damaged or end early.
 */
export function decodeScan(bytes: Uint8Array, header: Uint8Array, at: number, frame: Frame, tables: Tables): number {
  const n = header[0] ?? 0;
  if (n < 1 || n > 4 || header.length < 4 + 2 * n) throw new FormatError('JPEG', 'a scan header is damaged', at);
  const parts = Array.from({ length: n }, (_, i): Part => {
    const component = frame.components.find(({ id }) => id === header[1 + 2 * i]);
    if (!component) throw new FormatError('JPEG', 'a scan names a component that the frame lacks', at);
    const slots = header[2 + 2 * i];
    return { component, dc: tables.dc[slots >> 4] ?? noTable, ac: tables.ac[slots & 15] ?? noTable, predicted: 0 };
  });
  const [start, end, approximation] = frame.progressive
    ? [header[1 + 2 * n], header[2 + 2 * n], header[3 + 2 * n]]
    : [0, 63, 0];
  const [high, low] = [approximation >> 4, approximation & 15];
  if (end > 63 || start > end || low > 13 || (frame.progressive && start === 0 && end !== 0) || (start > 0 && n > 1))
    throw new FormatError('JPEG', `a scan of coefficients ${start}–${end}, bit ${low}, is impossible`, at);
  const scan = { reader: new BitReader(bytes, at), start, end, low, endRun: 0 };
  let block: DecodeBlock = sequential;
  if (frame.progressive) block = start === 0 ? (high === 0 ? dcFirst : dcRefine) : high === 0 ? acFirst : acRefine;
  decodeUnits(scan, parts, frame, tables.restartInterval, block);
  return scan.reader.at;
}

/** Goes through the units of the scan: of one component, single blocks; of several, groups of blocks, h × v of each. */
function decodeUnits(scan: Scan, parts: readonly Part[], frame: Frame, interval: number, block: DecodeBlock): void {
  const only = parts.length === 1 ? parts[0] : undefined;
  const across = only ? Math.ceil(only.component.width / 8) : Math.ceil(frame.width / (8 * frame.hMax));
  const down = only ? Math.ceil(only.component.height / 8) : Math.ceil(frame.height / (8 * frame.vMax));
  for (let row = 0, unit = 0; row < down; row++) {
    for (let column = 0; column < across; column++, unit++) {
      if (interval > 0 && unit > 0 && unit % interval === 0) {
        scan.reader.checkNotPast();
        scan.reader.restart();
        scan.endRun = 0;
        for (const part of parts) part.predicted = 0;
      }
      if (only) {
        block(scan, only, only.component.coefficients, (row * only.component.blocksAcross + column) * 64);
        continue;
      }
      for (const part of parts) {
        const { h, v, blocksAcross, coefficients } = part.component;
        for (let y = 0; y < v; y++)
          for (let x = 0; x < h; x++)
            block(scan, part, coefficients, ((row * v + y) * blocksAcross + column * h + x) * 64);
      }
    }
    // Once a line is enough: a damaged file costs at most one line of zeros before it is refused.
    scan.reader.checkNotPast();
  }
}

function sequential({ reader }: Scan, part: Part, coefficients: Int16Array, at: number): void {
  part.predicted += reader.signed(reader.symbol(part.dc) & 15);
  coefficients[at] = part.predicted;
  for (let k = 1; k < 64; k++) {
    const symbol = reader.symbol(part.ac);
    const size = symbol & 15;
    if (size === 0) {
      if (symbol < 0xf0) return;
      k += 15;
      continue;
    }
    k += symbol >> 4;
    // Beyond 63 only in damaged files; the index is then kept inside the block.
    coefficients[at + zigzag[k & 63]] = reader.signed(size);
  }
}

function dcFirst({ reader, low }: Scan, part: Part, coefficients: Int16Array, at: number): void {
  part.predicted += reader.signed(reader.symbol(part.dc) & 15);
  coefficients[at] = part.predicted << low;
}

function dcRefine({ reader, low }: Scan, _part: Part, coefficients: Int16Array, at: number): void {
  if (reader.bits(1)) coefficients[at] = coefficients[at] | (1 << low);
}

function acFirst(scan: Scan, part: Part, coefficients: Int16Array, at: number): void {
  const { reader, low, end } = scan;
  if (scan.endRun > 0) {
    scan.endRun--;
    return;
  }
  for (let k = scan.start; k <= end; k++) {
    const symbol = reader.symbol(part.ac);
    const run = symbol >> 4;
    const size = symbol & 15;
    if (size === 0) {
      if (run < 15) {
        scan.endRun = (1 << run) + reader.bits(run) - 1;
        return;
      }
      k += 15;
      continue;
    }
    k += run;
    coefficients[at + zigzag[k & 63]] = reader.signed(size) << low;
  }
}

/** One more bit of each coefficient that is not zero, and the coefficients that become ±1 at this bit (T.81, figure G.7). */
function acRefine(scan: Scan, part: Part, coefficients: Int16Array, at: number): void {
  const { reader, end } = scan;
  const one = 1 << scan.low;
  let k = scan.start;
  for (; k <= end && scan.endRun === 0; k++) {
    const symbol = reader.symbol(part.ac);
    let run = symbol >> 4;
    let fresh = 0;
    if ((symbol & 15) !== 0) fresh = reader.bits(1) ? one : -one;
    else if (run < 15) {
      scan.endRun = (1 << run) + reader.bits(run);
      break;
    }
    // Pass over `run` zeros; coefficients that are not zero take their bit on the way.
    for (; k <= end; k++) {
      const i = at + zigzag[k];
      if (coefficients[i] !== 0) refine(reader, coefficients, i, one);
      else if (run-- === 0) {
        coefficients[i] = fresh;
        break;
      }
    }
  }
  if (scan.endRun === 0) return;
  for (; k <= end; k++) {
    const i = at + zigzag[k];
    if (coefficients[i] !== 0) refine(reader, coefficients, i, one);
  }
  scan.endRun--;
}

function refine(reader: BitReader, coefficients: Int16Array, i: number, one: number): void {
  const value = coefficients[i];
  if (reader.bits(1) && (Math.abs(value) & one) === 0) coefficients[i] = value + (value > 0 ? one : -one);
}
