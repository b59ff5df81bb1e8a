/**
 * On the way up, CPnet adds the style to a map, one number to all pixels of a channel, and normalises the sum. ONNX Runtime
 * keeps maps in blocks of channels from one convolution to the next, and a sum with a single pixel is not made in blocks: it
 * unpacks the map and packs it again, each time. So this pass says
 *
 *     a · (x + style) + b  =  a · x + (a · style + b, enlarged from one pixel to the size of the map)
 *
 * where both terms stay in blocks: a · x is a convolution of each channel with itself, which takes the sum and the ReLU along.
 * Exact but for rounding. On two cores a tile takes 155 ms without and 140 with it while the machine is in its slow state
 * (bench/README.md), and 130 with either in its fast one; in WebAssembly it changes nothing.
 */
import type { FloatArray } from '../../array/ndarray.ts';
import type { Graph, Value } from '../graph.ts';
import type { Weights } from '../onnx/encode.ts';
import { affineOf } from './affine.ts';
import { type Rewriter, rewrite, seenOnce } from './rewrite.ts';
import type { BoundGraph } from './splitUpsampledConv.ts';

/** @param weights  arrays of the parameters; a normalisation whose parameters are not among them stays as it is. */
export function styleAsMaps(graph: Graph, weights: Weights): BoundGraph {
  const all = new Map<string, FloatArray>(weights);
  const isSeenOnce = seenOnce(graph);

  /** What a sum that nobody else sees is made of. */
  function termsOf(value: Value, to: Rewriter): readonly Value[] {
    const node = to.producer(value);
    return node?.op === 'Add' && isSeenOnce(value) ? node.inputs.flatMap((term) => termsOf(term, to)) : [value];
  }

  const out = rewrite(graph, (node, to) => {
    if (node.op !== 'BatchNormalization') return undefined;
    const terms = termsOf(node.inputs[0], to);
    const [style, ...others] = terms.filter(isOnePixel);
    const affine = affineOf(node, weights);
    if (!affine || !style || others.length > 0) return undefined;
    const { name, shape } = node.output;
    const [, channels, ly, lx] = shape;
    const parameter = (part: string, data: Float64Array, extents: readonly number[]): Value => {
      all.set(`${name} ${part}`, { data: Float32Array.from(data), shape: extents });
      return to.out.parameter(`${name} ${part}`, extents);
    };
    const scale = parameter('scale', affine.a, [channels, 1, 1, 1]);
    const shift = parameter('shift', affine.b, [channels]);
    const each = { pads: [0, 0, 0, 0], strides: [1, 1], group: channels } as const;
    const pixel = to.out.add('Conv', [to.visit(style), scale, shift], each, `${name}: style`);
    const map = to.out.add('Resize', [pixel], { scales: [ly, lx] }, `${name}: style map`);
    // The last term first: ONNX Runtime makes the sum within the convolution of the term that is added to it.
    return terms
      .filter((term) => !isOnePixel(term))
      .reduceRight((sum, term, i) => {
        const scaled = to.out.add('Conv', [to.visit(term), scale], each, `${name}: ${term.name}`);
        return to.out.add('Add', [scaled, sum], {}, i === 0 ? name : `${name}: sum ${i}`);
      }, map);
  });
  return { graph: out, weights: all };
}

function isOnePixel({ shape }: Value): boolean {
  return shape.length === 4 && shape[2] === 1 && shape[3] === 1;
}
