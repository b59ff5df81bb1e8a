/** Element by element: unary, or binary with numpy's broadcasting. */
import { type Backward, broadcast, type MakeGradient, type None, type Operator } from '../operator.ts';
import { sumTo } from './sumTo.ts';

type Rule = (node: Backward<None>) => readonly MakeGradient[];

function unary(gradient?: Rule): Operator<None> {
  return { shape: ([x]) => x, ...(gradient && { gradient }) };
}

/** The rule gives gradients of the stretched inputs; where an input was stretched, its gradient is summed over the copies. */
function binary(gradient: Rule): Operator<None> {
  return {
    shape: ([a, b], _, where) => broadcast(a, b, where),
    gradient: (node) => gradient(node).map((make, i) => () => sumTo(node.g, make(), node.inputs[i].shape)),
  };
}

/** 1 where true, else 0. */
function comparison(): Operator<None> {
  return {
    shape: ([a, b], _, where) => broadcast(a, b, where),
    onnx: () => ({ attributes: {}, gives: 'booleans' }),
  };
}

type Names = 'Relu' | 'Sqrt' | 'Exp' | 'Softplus' | 'Sigmoid' | 'Add' | 'Sub' | 'Mul' | 'Div' | 'Greater' | 'Equal';

// Its type is written out: the rules name the graph, whose type comes from this table.
export const elementwise: Readonly<Record<Names, Operator<None>>> = {
  /** max(x, 0); NaN stays NaN. dx = dy where y > 0. */
  Relu: unary(({ g, output, dy }) => [() => g.product(dy, g.isGreater(output, g.scalar(0)))]),
  /** dx = dy / (2 √x) */
  Sqrt: unary(({ g, output, dy }) => [() => g.quotient(dy, g.product(output, g.scalar(2)))]),
  /** dx = dy · y */
  Exp: unary(({ g, output, dy }) => [() => g.product(dy, output)]),
  /** ln(1 + eˣ), without overflow. dx = dy · σ(x) */
  Softplus: unary(({ g, inputs: [x], dy }) => [() => g.product(dy, g.add('Sigmoid', [x], {}))]),
  /** σ(x) = 1 / (1 + e⁻ˣ) */
  Sigmoid: unary(),
  Add: binary(({ dy }) => [() => dy, () => dy]),
  Sub: binary(({ g, dy }) => [() => dy, () => g.product(dy, g.scalar(-1))]),
  /** da = dy · b, db = dy · a */
  Mul: binary(({ g, inputs: [a, b], dy }) => [() => g.product(dy, b), () => g.product(dy, a)]),
  /** y = a / b: da = dy / b, db = −dy · y / b */
  Div: binary(({ g, inputs: [, b], output, dy }) => [
    () => g.quotient(dy, b),
    () => g.product(g.quotient(g.product(dy, output), b), g.scalar(-1)),
  ]),
  Greater: comparison(),
  Equal: comparison(),
};
