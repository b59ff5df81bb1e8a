/** `cellpose-ts export`: a model as a package of bioimage.io, with all that another program needs to run and to test it. */
import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import {
  readCPnetState,
  type StateDict,
  writeNpy,
  writeOnnxModel,
  writePng,
  writeTorchFile,
  writeZip,
} from 'cellpose-ts';
import { bioimageRdf, packageFiles } from './bioimageRdf.ts';
import { bioimageReadme } from './bioimageReadme.ts';
import { describeError } from './describeError.ts';
import { RunError, UsageError } from './errors.ts';
import { exists, isFile } from './exists.ts';
import type { Host } from './host.ts';
import { type ModelCard, readCard } from './modelCard.ts';
import { findModelFile, type ModelFile } from './modelFile.ts';
import { modelState } from './modelState.ts';
import { readPicture } from './readPicture.ts';
import { sha256 } from './runRecord.ts';
import { sampleTensors } from './sampleTensors.ts';
import { loadSegmenter } from './segmenter.ts';
import { parseSubcommand } from './subcommand.ts';
import { writeWhole } from './wholeFile.ts';
import { yamlText } from './yamlText.ts';

const help = `usage: cellpose-ts export MODEL OUT.zip --sample IMAGE --author NAME [options]

Writes a package for bioimage.io (format 0.5.7): rdf.yaml, the network as ONNX, test tensors made from a part of the sample, a cover, and
a README that describes the steps before and after the network. MODEL is a model file or the name of a model on this machine.

options
  --sample IMAGE      a picture that the model is good at
  --author NAME       who is responsible for the model; may be given several times
  --licence ID        licence of the model by its SPDX identifier, such as CC-BY-4.0; else that of the card
  --name TEXT         name of the model, 5 letters or more [Cellpose network NAME]
  --description TEXT  one sentence about it
  --diameter X        diameter of the cells in the sample, in pixels [mean of the training objects]
  --chan N            channel of the sample with the cells: 0 grey, 1 red, 2 green, 3 blue [0]
  --chan2 N           channel with the nuclei, 0 none [0]
  --pytorch           adds the weights as a PyTorch checkpoint, for Cellpose
  --overwrite         replaces OUT.zip if it is there
`;

const options = {
  sample: { type: 'string' },
  author: { type: 'string', multiple: true },
  licence: { type: 'string' },
  name: { type: 'string' },
  description: { type: 'string' },
  diameter: { type: 'string' },
  chan: { type: 'string', default: '0' },
  chan2: { type: 'string', default: '0' },
  pytorch: { type: 'boolean', default: false },
  overwrite: { type: 'boolean', default: false },
} as const;

/** What a package is made from. */
interface Request {
  readonly model: string;
  readonly file: ModelFile;
  readonly state: StateDict;
  readonly card: ModelCard | undefined;
  readonly name: string;
  readonly description: string;
  readonly authors: readonly string[];
  readonly licence: string;
  readonly sample: string;
  readonly channels: readonly [number, number];
  readonly diameter: number | undefined;
  readonly pytorch: boolean;
}

/** @returns the exit code. @throws UsageError, RunError */
export async function exportModel(words: readonly string[], host: Host): Promise<number> {
  const parsed = parseSubcommand({ name: 'export', help, options, words: [2, 2] }, words, host);
  if (!parsed) return 0;
  const [model, out] = parsed.positionals as [string, string];
  const { values } = parsed;
  if (extname(out).toLowerCase() !== '.zip') throw new UsageError(`export: the package is a .zip file; got ${out}`);
  if (values.sample === undefined)
    throw new UsageError('export: needs --sample IMAGE, a picture that the model is good at');
  if (!values.author?.length) throw new UsageError('export: needs --author NAME, who is responsible for the model');
  if (!values.overwrite && (await exists(out)))
    throw new RunError(`export: ${out} is there already; --overwrite replaces it`);
  const file = await findModelFile(model, host);
  const card = await readCard(file.cardPath);
  const title = basename(model, extname(model));
  const request: Request = {
    model,
    file,
    card,
    state: await stateOf(file),
    name: nameOf(values.name ?? `Cellpose network ${title}`),
    description: values.description ?? `Finds cells: the network ${title}, of the kind of Cellpose 1 to 3.`,
    authors: values.author,
    licence: licenceOf(values.licence ?? card?.licence),
    sample: values.sample,
    channels: [numberOf('--chan', values.chan), numberOf('--chan2', values.chan2)],
    diameter: values.diameter === undefined ? undefined : diameterOf(values.diameter),
    pytorch: values.pytorch,
  };
  const { bytes, count } = await packed(request, host);
  try {
    await (host.writeFile ?? writeWhole)(out, bytes);
  } catch (error) {
    throw new RunError(`export: ${out} cannot be written: ${describeError(error)}`, { cause: error });
  }
  host.stdout.write(`${out}: ${(bytes.length / 1e6).toFixed(1)} MB; ${count} cells on its cover\n`);
  return 0;
}

async function packed(request: Request, host: Host): Promise<{ bytes: Uint8Array; count: number }> {
  const { file, state, card, name, description, authors, licence, sample, channels, pytorch } = request;
  const { config: network } = readCPnetState(state);
  const diameter = request.diameter ?? network.diamLabels;
  const tensors = await tensorsOf(request, diameter, host);
  const onnx = writeOnnxModel(state);
  const torch = pytorch ? writeTorchFile(state) : undefined;
  const besides: [string, Uint8Array][] = [];
  if (await isFile(file.sizePath)) besides.push(['size_model.npy', await readFile(file.sizePath)]);
  if (card) besides.push(['card.json', await readFile(file.cardPath)]);
  const rdf = bioimageRdf({
    ...{ name, description, authors, licence, network },
    timestamp: new Date().toISOString(),
    onnxSha256: sha256(onnx),
    ...(torch && { torchSha256: sha256(torch) }),
    attachments: besides.map(([attachment]) => attachment),
    sample: { channels, diameter },
  });
  const { count } = tensors;
  const about = { file: basename(sample), channels, diameter, count };
  const readme = bioimageReadme({ name, description, network, card, sample: about });
  const text = (content: string) => new TextEncoder().encode(content);
  const files: [string, Uint8Array][] = [
    [packageFiles.rdf, text(yamlText(rdf))],
    [packageFiles.readme, text(readme)],
    [packageFiles.cover, writePng(tensors.cover)],
    [packageFiles.input, writeNpy(tensors.raw)],
    [packageFiles.flow, writeNpy(tensors.flow)],
    [packageFiles.style, writeNpy(tensors.style)],
    [packageFiles.onnx, onnx],
    ...(torch ? [[packageFiles.torch, torch] as [string, Uint8Array]] : []),
    ...besides,
  ];
  return { bytes: writeZip(files.map(([name, data]) => ({ name, data, isDeflated: true }))), count };
}

async function tensorsOf({ model, file, state, sample, channels }: Request, diameter: number, host: Host) {
  const { path, diamMean } = file;
  const source = { kind: 'file', path, ...(diamMean === undefined ? {} : { diamMean }) } as const;
  const choice = { requested: model, name: model, source, notes: [] };
  const segmenter = await (host.loadSegmenter ?? loadSegmenter)(choice, { estimateDiameter: false });
  try {
    const { image, axes } = await readPicture(sample);
    return await sampleTensors({ image, axes, channels, diameter }, state, segmenter);
  } catch (error) {
    throw new RunError(`export: ${sample}: ${describeError(error)}`, { cause: error });
  } finally {
    await segmenter.release();
  }
}

async function stateOf(file: ModelFile): Promise<StateDict> {
  try {
    const { state } = await modelState(file);
    readCPnetState(state);
    return state;
  } catch (error) {
    throw new RunError(`export: ${file.path}: ${describeError(error)}`, { cause: error });
  }
}

function nameOf(name: string): string {
  if (name.length >= 5 && name.length <= 128) return name;
  throw new UsageError(`export: --name needs 5 to 128 letters; got '${name}'`);
}

/** Identifiers of SPDX are words without spaces; a card may say more than that. */
function licenceOf(licence: string | undefined): string {
  if (licence !== undefined && /^[A-Za-z0-9][A-Za-z0-9.+-]*$/.test(licence)) return licence;
  const known = licence === undefined ? 'its card names none' : `its card says "${licence}"`;
  throw new UsageError(
    `export: needs --licence with the SPDX identifier of the model's licence, such as CC-BY-4.0; ${known}`,
  );
}

function diameterOf(text: string): number {
  const diameter = numberOf('--diameter', text);
  if (diameter > 0) return diameter;
  throw new UsageError('export: --diameter needs the size of the cells of the sample in pixels, above 0');
}

function numberOf(flag: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new UsageError(`export: ${flag} needs a number from 0 on; got '${text}'`);
}
