/**
 * Writes a network of Cellpose as an ONNX model for other programs: the graph as it is described, in float32, with its weights under
 * PyTorch's names, for any number of tiles of any size that divides. What a state dict holds beside the weights is metadata, so that
 * `readWeights` gives it back whole.
 */
import type { StateDict } from '../../array/stateDict.ts';
import { UnsupportedError } from '../../errors.ts';
import { encodeOnnx } from '../../graph/onnx/encode.ts';
import { cpnet } from '../../nets/cpnet.ts';
import { readCPnetState } from '../../nets/cpnetState.ts';
import { countersKey } from './onnxMetadata.ts';

/**
 * @param state  of a CPnet; 16-bit and 64-bit floats become float32.
 * @returns      a model with input `x` (batch, nbase[0], ly, lx), rows and columns divisible by 2^(levels − 1), normalised as for
 *   Cellpose; outputs `y` (batch, nout, ly, lx): flow y, flow x (5 × unit flow), cell probability as a logit; and `style`
 *   (batch, nbase.at(-1)). IR version 8, opset 17.
 * @throws as `readCPnetState`; UnsupportedError for a U-net of `UnetModel`, whose file does not say how it runs.
 */
export function writeOnnxModel(state: StateDict): Uint8Array {
  const { config, weights } = readCPnetState(state);
  const { nbase, nout, diamMean, diamLabels, residualOn = true } = config;
  if (!residualOn)
    throw new UnsupportedError(
      'U-net as ONNX',
      'onnx: this is a plain U-net, whose weights do not say whether it uses the style; keep it as PyTorch or safetensors',
    );
  const side = 2 ** (nbase.length - 2);
  const graph = cpnet(config, { batch: 1, ly: 2 * side, lx: 2 * side });
  const metadata = {
    format: 'cellpose-ts CPnet',
    nbase: nbase.join(','),
    nout: String(nout),
    diam_mean: String(diamMean),
    diam_labels: String(diamLabels),
    ...counters(state),
  };
  return encodeOnnx(graph, weights, { anyExtent: ['batch', undefined, 'ly', 'lx'], metadata });
}

function counters(state: StateDict): Record<string, string> {
  const found = [...state].filter(([name]) => name.endsWith(countersKey));
  if (found.length === 0) return {};
  const numbers = found.map(([name, { data }]) => [name.replace(/^module\./, ''), Number(data[0])]);
  return { [countersKey]: JSON.stringify(Object.fromEntries(numbers)) };
}
