/** Reads a file of weights in whichever of the known formats it is. */
import type { StateDict } from '../array/stateDict.ts';
import { FormatError } from '../errors.ts';
import { openOnnx } from './onnx/openOnnx.ts';
import { openSafetensors } from './safetensors.ts';
import type { Source } from './source.ts';
import { readStateDict, type TensorFile } from './tensorFile.ts';
import { openTorchFile } from './torchFile/openTorchFile.ts';

/** Reads all tensors of a PyTorch checkpoint, a safetensors file, or an ONNX model that holds a network of Cellpose. @throws as `openWeights`. */
export async function readWeights(source: Source): Promise<StateDict> {
  return readStateDict(await openWeights(source));
}

/**
 * Opens a PyTorch checkpoint (both formats), safetensors or an ONNX model of Cellpose, told apart by their first bytes: names, shapes and types at once,
 * values on demand, by random access.
 *
 * @throws FormatError if it is neither, is damaged, or asks for anything but tensors; UnsupportedError for element types that
 *   no array here can hold.
 */
export async function openWeights(source: Source): Promise<TensorFile> {
  const start = await source.read(0, Math.min(source.size, 9));
  if (start[0] === 0x50 && start[1] === 0x4b) return openTorchFile(source);
  if (start[8] === 0x7b) return openSafetensors(source);
  if (start[0] === 0x80) return openTorchFile(source);
  // The first field of an ONNX model is its version, a small number.
  if (start[0] === 0x08 && start[1]! > 0 && start[1]! < 32) return openOnnx(source);
  throw new FormatError('weights', `neither a PyTorch checkpoint, nor safetensors, nor ONNX: it is ${guess(start)}`, 0);
}

/** Names common files that are taken for weights. */
function guess(start: Uint8Array): string {
  const text = String.fromCharCode(...start);
  if (start.length === 0) return 'empty';
  if (text.startsWith('\u0093NUMPY')) return 'a .npy file (a size model?)';
  if (/^\s*</.test(text)) return 'a web page: a download that went wrong';
  if (text.startsWith('\u0089PNG') || text.startsWith('II*') || text.startsWith('MM')) return 'an image';
  return `a file that begins with ${[...start.subarray(0, 4)].map((b) => b.toString(16).padStart(2, '0')).join(' ')}`;
}
