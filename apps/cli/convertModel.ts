/** `cellpose-ts convert`: a model from one kind of file to another, every number kept unless 16 bits are asked for. */
import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { readCPnetState, type StateDict, writeOnnxModel, writeSafetensors, writeTorchFile } from 'cellpose-ts';
import { describeError } from './describeError.ts';
import { RunError, UsageError } from './errors.ts';
import { exists, isFile } from './exists.ts';
import type { Host } from './host.ts';
import { besideModel, findModelFile, type ModelFile } from './modelFile.ts';
import { type ModelState, modelState } from './modelState.ts';
import { parseSubcommand } from './subcommand.ts';
import { writeWhole } from './wholeFile.ts';

const help = `usage: cellpose-ts convert IN OUT [options]

Writes a model as another kind of file. IN is a model file or the name of a model on this machine; the ending of OUT says what it
becomes:
  .safetensors     safetensors, which this program and many others read
  .onnx            ONNX, to run in other programs; 32-bit floats, tiles of any number and of any size that divides by 8
  .pth, .pt, none  a PyTorch checkpoint, which Cellpose reads

A size model and a card beside IN (IN_size.npy, IN.json) are copied beside OUT.

options
  --float16        store the weights in 16 bits: half the file, numbers rounded (safetensors and PyTorch)
  --overwrite      replace OUT if it is there
`;

type Kind = 'torch' | 'safetensors' | 'onnx';
const kinds: Readonly<Record<string, Kind>> = {
  '.safetensors': 'safetensors',
  '.onnx': 'onnx',
  '.pth': 'torch',
  '.pt': 'torch',
};
const programs = { torch: 'a PyTorch checkpoint', safetensors: 'safetensors', onnx: 'ONNX' } as const;

/** @returns the exit code. @throws UsageError, RunError; CellposeError where IN holds no network of Cellpose. */
export async function convertModel(words: readonly string[], host: Host): Promise<number> {
  const options = { float16: { type: 'boolean' }, overwrite: { type: 'boolean' } } as const;
  const parsed = parseSubcommand({ name: 'convert', help, options, words: [2, 2] }, words, host);
  if (!parsed) return 0;
  const [from, to] = parsed.positionals as [string, string];
  const { float16 = false, overwrite = false } = parsed.values;
  const kind = kinds[extname(to).toLowerCase()] ?? 'torch';
  if (float16 && kind === 'onnx') throw new UsageError('convert: ONNX is written in 32 bits; leave out --float16');
  const model = await findModelFile(from, host);
  if (resolve(model.path) === resolve(to))
    throw new RunError(`convert: ${to} is the model itself; give OUT another name`);
  const copies = await besides(model, to);
  for (const path of [to, ...copies.map((copy) => copy.to)]) await refuseExisting(path, overwrite);
  const { state, bytes } = await converted(model, kind, float16);
  const write = host.writeFile ?? writeWhole;
  try {
    await write(to, bytes);
    host.stdout.write(`${to}: ${programs[kind]}, ${(bytes.length / 1e6).toFixed(1)} MB, ${state.size} tensors\n`);
    for (const copy of copies) {
      await write(copy.to, await readFile(copy.from));
      host.stdout.write(`${copy.to}: its ${copy.what}\n`);
    }
  } catch (error) {
    throw new RunError(`convert: ${to} cannot be written: ${describeError(error)}`, { cause: error });
  }
  return 0;
}

async function refuseExisting(path: string, overwrite: boolean): Promise<void> {
  if (!overwrite && (await exists(path)))
    throw new RunError(`convert: ${path} is there already; --overwrite replaces it`);
}

/** The tensors of a model and the bytes that it becomes. @throws RunError that names the file, where it holds no network of Cellpose. */
async function converted(
  model: ModelFile,
  kind: Kind,
  float16: boolean,
): Promise<{ state: StateDict; bytes: Uint8Array }> {
  try {
    const read = await modelState(model);
    const { state } = read;
    readCPnetState(state);
    return { state, bytes: kind === 'onnx' ? writeOnnxModel(state) : encoded(read, kind, float16) };
  } catch (error) {
    throw new RunError(`convert: ${model.path}: ${describeError(error)}`, { cause: error });
  }
}

/** Each tensor keeps the type that it has in its file, but where 16 bits are asked for: diameters and whole numbers stay. */
function encoded({ state, types }: ModelState, kind: 'torch' | 'safetensors', float16: boolean): Uint8Array {
  const dtypeOf = (name: string) => {
    const type = types.get(name);
    return float16 && type?.startsWith('float') && !name.includes('diam_') ? 'float16' : type;
  };
  return kind === 'torch' ? writeTorchFile(state, { dtypeOf }) : writeSafetensors(state, { dtypeOf });
}

/** Size model and card, where there are some, and where they go. */
async function besides(model: ModelFile, to: string) {
  const { sizePath, cardPath } = besideModel(to);
  const both = [
    { what: 'size model', from: model.sizePath, to: sizePath },
    { what: 'card', from: model.cardPath, to: cardPath },
  ];
  const found = await Promise.all(both.map(({ from }) => isFile(from)));
  return both.filter((_, i) => found[i]);
}
