/** Element by element: unary, or binary with numpy's broadcasting. */
import { broadcast, type None, type Operator } from '../operator.ts';

function unary(): Operator<None> {
  return { shape: ([x]) => x };
}

function binary(): Operator<None> {
  return { shape: ([a, b], _, where) => broadcast(a, b, where) };
}

export const elementwise = {
  /** max(x, 0); NaN stays NaN. */
  Relu: unary(),
  Sqrt: unary(),
  Add: binary(),
  Sub: binary(),
  Mul: binary(),
  Div: binary(),
};
