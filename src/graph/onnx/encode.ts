/**
 * Writes a graph as an ONNX model (IR version 8, opset 17) for a runtime to compile. Field numbers are those of
 * onnx.proto3. Parameters that have weights become constants of the model, the others become inputs.
 */
import type { AnyTypedArray, FloatArray, NdArray } from '../../array/ndarray.ts';
import { OptionError, ShapeError } from '../../errors.ts';
import type { ConstantArray, Graph, GraphNode, Value } from '../graph.ts';
import type { OnnxAttribute, OnnxConstant, OnnxForm, Operator, Shape } from '../operator.ts';
import { operators } from '../operators.ts';
import { Message } from './wire.ts';

/** Weights by parameter name. */
export type Weights = ReadonlyMap<string, FloatArray>;

/** Of operators that ONNX Runtime adds to ONNX's. */
const contributedDomain = 'com.microsoft';

const FLOAT = 1;
const UINT8 = 2;
const INT8 = 3;
const INT32 = 6;
const INT64 = 7;

export interface EncodeOptions {
  /**
   * Names for the extents of a value's axes, where the model shall take and give any; undefined leaves an axis as it is. The
   * operators must not depend on these extents, but for a `Reshape` that keeps the first.
   */
  readonly anyExtent?: readonly (string | undefined)[];
  /** Text to keep with the model. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * @param weights  arrays for some or all parameters, by name; copied once, into the result.
 * @returns        the bytes of the model.
 * @throws ShapeError if an array has another shape than its parameter; OptionError if the graph has no output.
 */
export function encodeOnnx(graph: Graph, weights: Weights, options: EncodeOptions = {}): Uint8Array {
  const { anyExtent = [], metadata = {} } = options;
  if (graph.outputs.size === 0)
    throw new OptionError('graph', graph, 'encodeOnnx: the graph needs an output; it has none');
  const body = new Message().string(2, 'cellpose-ts');
  const written = new Set<string>();
  let contributed = false;
  for (const node of graph.nodes) contributed = encodeNode(body, node, written, anyExtent.length > 0) || contributed;
  // A graph's result and its public name are two things (a value may even be two results): Identity joins them.
  for (const [name, value] of graph.outputs)
    if (name !== value.name) body.message(1, new Message().string(1, value.name).string(2, name).string(4, 'Identity'));
  for (const value of graph.inputs) body.message(11, valueInfo(value.name, value.shape, anyExtent));
  for (const value of graph.parameters) {
    const array = weights.get(value.name);
    if (array) body.message(5, initializer(value, array));
    else body.message(11, valueInfo(value.name, value.shape));
  }
  for (const [value, array] of graph.constants) body.message(5, initializer(value, array));
  for (const [name, value] of graph.outputs) body.message(12, valueInfo(name, value.shape, anyExtent));
  const opset = new Message().string(1, '').int(2, 17);
  const model = new Message().int(1, 8).string(2, 'cellpose-ts').message(7, body).message(8, opset);
  if (contributed) model.message(8, new Message().string(1, contributedDomain).int(2, 1));
  for (const [key, text] of Object.entries(metadata)) model.message(14, new Message().string(1, key).string(2, text));
  return model.finish();
}

/** @returns whether the operator is one of ONNX Runtime's own. */
function encodeNode(body: Message, node: GraphNode, written: Set<string>, anyBatch: boolean): boolean {
  const form = anyBatch && node.op === 'Reshape' ? keepingFirst(node) : formOf(node);
  const message = new Message();
  for (const input of node.inputs) message.string(1, input.name);
  for (const constant of form.constants ?? [])
    message.string(1, constant ? smallConstant(body, constant, written) : '');
  const { name: result } = node.output;
  const direct = form.gives === 'booleans' ? `${result} (booleans)` : result;
  message.string(2, direct).string(3, direct).string(4, node.op);
  for (const [name, value] of Object.entries(form.attributes)) message.message(5, attribute(name, value));
  if (form.domain) message.string(7, form.domain);
  body.message(1, message);
  if (direct !== result) {
    const cast = new Message().string(1, direct).string(2, result).string(3, result).string(4, 'Cast');
    body.message(1, cast.message(5, attribute('to', FLOAT)));
  }
  return form.domain === contributedDomain;
}

function formOf(node: GraphNode): OnnxForm {
  const rule = operators[node.op] as Operator<unknown>;
  return rule.onnx?.(node.attributes) ?? { attributes: node.attributes as OnnxForm['attributes'] };
}

/** ONNX reads an extent of 0 as "that of the input". */
function keepingFirst(node: GraphNode & { readonly op: 'Reshape' }): OnnxForm {
  const [first, ...rest] = node.attributes.shape;
  if (first !== node.inputs[0].shape[0]) return formOf(node);
  return { attributes: {}, constants: [{ int64: [0, ...rest] }] };
}

/** Writes a list that ONNX takes as an input; equal lists are written once. Returns its name. */
function smallConstant(body: Message, constant: OnnxConstant, written: Set<string>): string {
  const isInt = 'int64' in constant;
  const values = isInt ? constant.int64 : constant.float32;
  const name = `${isInt ? 'int64' : 'float32'} ${values.join(' ')}`;
  if (written.has(name)) return name;
  written.add(name);
  const data = isInt ? BigInt64Array.from(values, BigInt) : Float32Array.from(values);
  body.message(5, tensor(name, isInt ? INT64 : FLOAT, { data, shape: [values.length] }));
  return name;
}

function initializer(value: Value, array: ConstantArray): Message {
  if (array.shape.length !== value.shape.length || array.shape.some((n, i) => n !== value.shape[i]))
    throw new ShapeError(`encodeOnnx: '${value.name}'`, `weights (${value.shape.join(', ')})`, array.shape);
  return tensor(value.name, elementType(array), array);
}

function elementType({ data }: ConstantArray): number {
  if (data instanceof Float32Array) return FLOAT;
  if (data instanceof Int32Array) return INT32;
  return data instanceof Int8Array ? INT8 : UINT8;
}

function tensor(name: string, type: number, { data, shape }: NdArray<AnyTypedArray>): Message {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return new Message().ints(1, shape).int(2, type).string(8, name).bytes(9, raw);
}

function valueInfo(name: string, shape: Shape, names: readonly (string | undefined)[] = []): Message {
  const dims = new Message();
  for (const [axis, extent] of shape.entries()) {
    const any = names[axis];
    dims.message(1, any === undefined ? new Message().int(1, extent) : new Message().string(2, any));
  }
  const tensorType = new Message().int(1, FLOAT).message(2, dims);
  return new Message().string(1, name).message(2, new Message().message(1, tensorType));
}

function attribute(name: string, value: OnnxAttribute): Message {
  const message = new Message().string(1, name);
  if (typeof value === 'number') return message.int(3, value).int(20, 2);
  if (typeof value === 'string') return message.string(4, value).int(20, 3);
  if ('float' in value) return message.float(2, value.float).int(20, 1);
  return message.ints(8, value).int(20, 7);
}
