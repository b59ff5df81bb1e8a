/** All operators, by their ONNX names. A new one is one record in its family's file in ops/ and one entry in the interpreter. */
import type { Operator } from './operator.ts';
import { convolution } from './ops/convolution.ts';
import { elementwise } from './ops/elementwise.ts';
import { layout } from './ops/layout.ts';
import { linear } from './ops/linear.ts';
import { normalization } from './ops/normalization.ts';
import { pooling } from './ops/pooling.ts';
import { quantization } from './ops/quantization.ts';
import { reduction } from './ops/reduction.ts';
import { softmax } from './ops/softmax.ts';

export const operators = {
  ...convolution,
  ...normalization,
  ...elementwise,
  ...pooling,
  ...linear,
  ...reduction,
  ...softmax,
  ...layout,
  ...quantization,
};

export type OpName = keyof typeof operators;
export type Attributes<K extends OpName> = (typeof operators)[K] extends Operator<infer A> ? A : never;
