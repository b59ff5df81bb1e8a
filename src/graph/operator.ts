/**
 * What the graph knows of an operator: one record per operator, gathered by family in ops/. A record states the shape
 * rule, the gradient rule, and, where ONNX writes the operator in another way than we do, its ONNX form. Values are float32
 * throughout, but for the 8-bit numbers between the operators of ops/quantization.ts.
 */
import { ShapeError } from '../errors.ts';
import type { Graph, Value } from './graph.ts';

export type Shape = readonly number[];

/** An attribute as ONNX stores it. A bare number is an integer; floats say so. */
export type OnnxAttribute = number | readonly number[] | string | { readonly float: number };

/** An extra input that ONNX wants where we have an attribute: a small constant list. */
export type OnnxConstant = { readonly int64: readonly number[] } | { readonly float32: readonly number[] };

export interface OnnxForm {
  /** Of the operator's name; left out: ONNX's own. */
  readonly domain?: 'com.microsoft';
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
  /** Inputs after the operator's own, in order; undefined is an input left out. */
  readonly constants?: readonly (OnnxConstant | undefined)[];
  /** ONNX's operator gives booleans; here they become 1 and 0. */
  readonly gives?: 'booleans';
}

/** A node on the way back: what its gradient rule may use. */
export interface Backward<A> {
  /** Where the rule appends operators. */
  readonly g: Graph;
  readonly inputs: readonly Value[];
  readonly output: Value;
  readonly attributes: A;
  /** Gradient of the loss by the node's output. */
  readonly dy: Value;
}

/** Appends what makes the gradient of the loss by one input; called only where it is wanted. */
export type MakeGradient = () => Value;

export interface Operator<A> {
  /**
   * Shape of the result.
   *
   * @param where  names the node, for errors.
   * @throws ShapeError if the inputs do not fit together.
   */
  shape(inputs: readonly Shape[], attributes: A, where: string): Shape;
  /** The ONNX form; left out where ONNX has the same attributes, all integers, lists of integers or strings. */
  onnx?(attributes: A): OnnxForm;
  /**
   * For each input, in order, what makes its gradient; shorter, or with undefined, where an input has none (statistics,
   * comparisons). Left out where the operator only occurs in gradients, which are not differentiated again.
   */
  gradient?(node: Backward<A>): readonly (MakeGradient | undefined)[];
}

/** An operator without attributes. */
export type None = Readonly<Record<never, never>>;

/** Throws unless `shape` has the given rank. */
export function needRank(shape: Shape | undefined, rank: number, where: string, what: string): asserts shape is Shape {
  if (shape?.length !== rank) throw new ShapeError(where, `${what} of rank ${rank}`, shape ?? []);
}

/**
 * Shape that two shapes broadcast to, as in numpy: aligned at the last axis, an extent of 1 stretches.
 *
 * @throws ShapeError if two extents differ and neither is 1.
 */
export function broadcast(a: Shape, b: Shape, where: string): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const m = a[i - rank + a.length] ?? 1;
    const n = b[i - rank + b.length] ?? 1;
    if (m !== n && m !== 1 && n !== 1)
      throw new ShapeError(where, `a second input that broadcasts with (${a.join(', ')})`, b);
    return m === 1 ? n : m;
  });
}
