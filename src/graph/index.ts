/**
 * The graph builder on its own: describe a network, read it, evaluate it slowly in float64, or write it as ONNX.
 *
 * @example
 * const g = new Graph();
 * const x = g.input('x', [1, 2, 64, 64]);
 * const y = g.relu(g.conv(x, g.parameter('w', [8, 2, 3, 3]), g.parameter('b', [8])));
 * g.output('y', y);
 * const model = encodeOnnx(g, weights);
 */

export { backward } from './backward.ts';
export type { GraphNode, Value } from './graph.ts';
export { Graph } from './graph.ts';
export { interpret } from './interpret.ts';
export type { Weights } from './onnx/encode.ts';
export { encodeOnnx } from './onnx/encode.ts';
export type { Operator, Shape } from './operator.ts';
export type { Attributes, OpName } from './operators.ts';
export { foldBatchNorm } from './passes/foldBatchNorm.ts';
export { type QuantizeOptions, quantize, type Ranges, valuesToCalibrate } from './passes/quantize.ts';
export type { BoundGraph } from './passes/splitUpsampledConv.ts';
export { printGraph } from './print.ts';
