/** Types of the interpreter's rules. */
import { type NdArray, sizeOf } from '../../array/ndarray.ts';
import type { Shape } from '../operator.ts';
import type { Attributes, OpName } from '../operators.ts';

export type Tensor = NdArray<Float64Array>;

/** A rule: inputs and attributes of the node, and the shape that its shape rule found. */
export type Evaluate<K extends OpName> = (inputs: readonly Tensor[], attributes: Attributes<K>, shape: Shape) => Tensor;

/** One rule for each operator. */
export type Rules = { readonly [K in OpName]: Evaluate<K> };

export function zeros(shape: Shape): Tensor {
  return { data: new Float64Array(sizeOf(shape)), shape };
}
