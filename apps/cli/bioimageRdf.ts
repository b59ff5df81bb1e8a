/**
 * The description of a model that bioimage.io calls rdf.yaml, in format 0.5.7: what goes in and comes out, how intensities are scaled,
 * where the files are. Tensors have the names of Cellpose's own export. What the format has no words for, the way from flows to cells
 * among it, stands in `config` and in the README. Source: the published schema of bioimageio.spec 0.5.7.
 */
import type { CPnetDescription } from 'cellpose-ts';
import type { YamlValue } from './yamlText.ts';

export interface RdfInput {
  readonly name: string;
  readonly description: string;
  readonly authors: readonly string[];
  /** SPDX identifier. */
  readonly licence: string;
  readonly network: CPnetDescription;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly onnxSha256: string;
  /** Of the PyTorch checkpoint, where it is among the files. */
  readonly torchSha256?: string;
  /** Names of further files. */
  readonly attachments: readonly string[];
  /** How the sample was seen: Cellpose's channels and the diameter of its cells in pixels. */
  readonly sample: { readonly channels: readonly number[]; readonly diameter: number };
}

/** Names of files in the package. */
export const packageFiles = {
  rdf: 'rdf.yaml',
  onnx: 'model.onnx',
  torch: 'model.pth',
  readme: 'README.md',
  cover: 'cover.png',
  input: 'test_input.npy',
  flow: 'test_output.npy',
  style: 'test_style.npy',
} as const;

const paper = {
  text: 'Stringer, Wang, Michaelos and Pachitariu: Cellpose: a generalist algorithm for cellular segmentation. Nature Methods 18 (2021)',
  doi: '10.1038/s41592-020-01018-x',
};

export function bioimageRdf(input: RdfInput): YamlValue {
  const { name, description, authors, licence, network, timestamp, attachments } = input;
  return {
    type: 'model',
    format_version: '0.5.7',
    name,
    description,
    authors: authors.map((author) => ({ name: author })),
    cite: [paper],
    license: licence,
    timestamp,
    tags: ['cellpose', 'cells', 'instance-segmentation', '2d', 'onnx'],
    documentation: packageFiles.readme,
    covers: [packageFiles.cover],
    attachments: attachments.length > 0 ? attachments.map((source) => ({ source })) : undefined,
    inputs: [inputTensor(network)],
    outputs: [flowTensor(network), styleTensor(network)],
    weights: weights(input),
    config: { cellpose_ts: facts(input) },
  };
}

function inputTensor({ nbase }: CPnetDescription): YamlValue {
  const step = 2 ** (nbase.length - 2);
  const side = (id: string) => ({ type: 'space', id, size: { min: 8 * step, step } });
  return {
    id: 'raw',
    description: 'cells, then nuclei or zeros; as large as in training (diam_mean), padded or cut to sizes that divide',
    axes: [{ type: 'batch' }, channels(nbase[0]!, (i) => `c${i + 1}`), side('y'), side('x')],
    test_tensor: { source: packageFiles.input },
    data: { type: 'float32' },
    preprocessing: [
      { id: 'scale_range', kwargs: { axes: ['y', 'x'], min_percentile: 1, max_percentile: 99, eps: 1e-6 } },
    ],
  };
}

function flowTensor({ nout }: CPnetDescription): YamlValue {
  const names = ['flow_y', 'flow_x', 'cellprob'];
  const side = (id: string) => ({ type: 'space', id, size: { tensor_id: 'raw', axis_id: id } });
  return {
    id: 'flow',
    description: 'flow along y and x, 5 times a unit vector, and the logit of the probability of a cell',
    axes: [{ type: 'batch' }, channels(nout, (i) => names[i] ?? `class_${i}`), side('y'), side('x')],
    test_tensor: { source: packageFiles.flow },
    data: { type: 'float32' },
  };
}

function styleTensor({ styleLength }: CPnetDescription): YamlValue {
  return {
    id: 'style',
    description: 'a vector of unit length that says what the picture is like',
    axes: [{ type: 'batch' }, channels(styleLength, (i) => `feature${i + 1}`)],
    test_tensor: { source: packageFiles.style },
    data: { type: 'float32' },
  };
}

function channels(count: number, nameOf: (i: number) => string): YamlValue {
  return { type: 'channel', channel_names: Array.from({ length: count }, (_, i) => nameOf(i)) };
}

/** One kind of weights is the first, the others name it. */
function weights({ onnxSha256, torchSha256, network }: RdfInput): YamlValue {
  const { nbase, nout } = network;
  const onnx = {
    source: packageFiles.onnx,
    sha256: onnxSha256,
    opset_version: 17,
    parent: torchSha256 === undefined ? undefined : 'pytorch_state_dict',
  };
  if (torchSha256 === undefined) return { onnx };
  const architecture = {
    import_from: 'cellpose.resnet_torch',
    callable: 'CPnetBioImageIO',
    kwargs: { nbase: [...nbase], nout, sz: 3 },
  };
  const torch = { source: packageFiles.torch, sha256: torchSha256, architecture, pytorch_version: '1.13.0' };
  return { pytorch_state_dict: torch, onnx };
}

function facts({ network, sample }: RdfInput): YamlValue {
  const { nbase, diamMean, diamLabels } = network;
  return {
    nbase: [...nbase],
    diam_mean: diamMean,
    diam_labels: diamLabels,
    sample_channels: [...sample.channels],
    sample_diameter: sample.diameter,
    postprocessing: { flow_threshold: 0.4, cellprob_threshold: 0, niter: 200, min_size: 15 },
  };
}
