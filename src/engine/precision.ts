/**
 * In which numbers a network computes: float32, or 8-bit whole numbers, which are faster and need the ranges that its values
 * take (`calibrate`). The graph of either is made here.
 */
import { hasFastInt8, platformName } from '#platform';
import { OptionError } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';
import type { Weights } from '../graph/onnx/encode.ts';
import { foldBatchNorm } from '../graph/passes/foldBatchNorm.ts';
import { lateUpsampling } from '../graph/passes/lateUpsampling.ts';
import { quantize } from '../graph/passes/quantize.ts';
import { type BoundGraph, splitUpsampledConv } from '../graph/passes/splitUpsampledConv.ts';
import { styleAsMaps } from '../graph/passes/styleAsMaps.ts';

export type NetworkPrecision = 'float32' | 'int8';

/** The ranges of a network's values over some tiles; plain data, to be kept as JSON. */
export interface ActivationRanges {
  readonly format: 'cellpose-ts ranges';
  readonly version: 1;
  /** Fingerprint of the weights that they belong to. */
  readonly weights: string;
  /** How many tiles they come from. */
  readonly tiles: number;
  /** [smallest, largest] of each value of the graph, by its name. */
  readonly values: Readonly<Record<string, readonly [number, number]>>;
}

export interface PrecisionOptions {
  /**
   * 'float32' (default), or 'int8': about three times faster, in browsers twice, with cells that are as good but not the same ones to the
   * pixel, and not the same on every kind of processor.
   */
  readonly precision?: NetworkPrecision;
  /** Needed for 'int8': what `calibrate` made of these weights. In a list each network finds its own. */
  readonly ranges?: ActivationRanges | readonly ActivationRanges[];
  /**
   * With 'int8': bits of the weights. Default: 8 where the processor is known to have VNNI, else 7, since others may add two
   * products of 8 bits in 16, which overflows.
   */
  readonly weightBits?: 7 | 8;
}

/** How the graphs of a network are made from CPnet's, and what to call it. */
export interface PrecisionPlan {
  /** Added to the name of the engine; empty for float32. */
  readonly label: string;
  prepare(graph: Graph): BoundGraph;
}

/**
 * @param platform  that the graph is for: the quantised one is another in WebAssembly.
 * @throws OptionError for an unknown precision, or for ranges that are missing, not a record of ranges, or of other weights.
 */
export function planPrecision(
  weights: Weights,
  options: PrecisionOptions,
  platform: 'node' | 'web' = platformName,
): PrecisionPlan {
  const { precision = 'float32', ranges, weightBits = hasFastInt8() ? 8 : 7 } = options;
  if (precision === 'float32') return { label: '', prepare: (graph) => leanGraph(graph, weights) };
  if (precision !== 'int8')
    throw new OptionError('precision', precision, `precision: needs 'float32' or 'int8'; got '${precision}'`);
  const { values } = ownRanges(ranges, weights);
  if (weightBits !== 7 && weightBits !== 8)
    throw new OptionError('weightBits', weightBits, `weightBits: needs 7 or 8; got ${weightBits}`);
  return {
    label: `, int8 with ${weightBits}-bit weights`,
    prepare(graph) {
      const folded = foldForQuantization(graph, weights);
      return quantize(folded.graph, folded.weights, values, { weightBits, normsInFloats: platform === 'web' });
    },
  };
}

/** The same network for less work; exact but for rounding. */
function leanGraph(graph: Graph, weights: Weights): BoundGraph {
  const split = splitUpsampledConv(lateUpsampling(graph), weights);
  return styleAsMaps(split.graph, split.weights);
}

/** The float graph whose values have ranges: the quantised graph is made from it. */
export function foldForQuantization(graph: Graph, weights: Weights): BoundGraph {
  return foldBatchNorm(lateUpsampling(graph), weights);
}

/** The options with some more ranges among them. */
export function withRanges(
  { precision, ranges, weightBits }: PrecisionOptions,
  more: ActivationRanges | undefined,
): PrecisionOptions {
  return {
    ...(precision === undefined ? {} : { precision }),
    ...(weightBits === undefined ? {} : { weightBits }),
    ranges: [ranges ?? [], more ?? []].flat(),
  };
}

function ownRanges(ranges: PrecisionOptions['ranges'], weights: Weights): ActivationRanges {
  const given = ranges === undefined ? [] : [ranges].flat();
  const remedy = 'make them with `calibrate` from these weights and some tiles';
  if (given.length === 0)
    throw new OptionError('ranges', ranges, `precision 'int8': needs the ranges of its values; ${remedy}`);
  for (const { format, version, values } of given)
    if (format !== 'cellpose-ts ranges' || version !== 1 || typeof values !== 'object')
      throw new OptionError(
        'ranges',
        ranges,
        `ranges: needs a record of format 'cellpose-ts ranges', version 1; ${remedy}`,
      );
  const own = fingerprint(weights);
  const found = given.find((one) => one.weights === own);
  if (found) return found;
  const others = given.map((one) => one.weights).join(', ');
  throw new OptionError(
    'ranges',
    others,
    `ranges: needs those of these weights, ${own}; got those of other weights, ${others}: ${remedy}`,
  );
}

/** 64 bits, as hexadecimal digits, that other weights hardly share. Two FNV-1a sums over words, of different seeds. */
export function fingerprint(weights: Weights): string {
  let a = 0x811c9dc5;
  let b = 0x1b873593;
  for (const [, { data }] of [...weights].toSorted(([p], [q]) => (p < q ? -1 : 1))) {
    const words = new Uint32Array(data.slice().buffer);
    for (const word of words) {
      a = Math.imul(a ^ word, 0x01000193);
      b = Math.imul((b << 13) ^ (b >>> 19) ^ word, 0x85ebca6b);
    }
  }
  return [a, b].map((sum) => (sum >>> 0).toString(16).padStart(8, '0')).join('');
}
