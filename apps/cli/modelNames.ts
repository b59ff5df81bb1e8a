/** The names under which callers ask for Cellpose's models, and the files that hold them in the folder of models. */

export interface BuiltIn {
  readonly name: string;
  readonly file: string;
  readonly sizeFile?: string;
  /** Diameter in pixels that images are scaled to. */
  readonly diamMean: number;
  /** Why this version cannot run it. */
  readonly unsupported?: string;
}

const plain = [
  ...['cyto2_cp3', 'tissuenet_cp3', 'livecell_cp3', 'yeast_PhC_cp3', 'yeast_BF_cp3'],
  ...['bact_phase_cp3', 'bact_fluor_cp3', 'deepbacs_cp3', 'CPx', 'neurips_cellpose_default', 'neurips_grayscale_cyto2'],
  ...['CP', 'TN1', 'TN2', 'TN3', 'LC1', 'LC2', 'LC3', 'LC4'],
  // Names of Cellpose 2, which workflows still pass.
  ...['tissuenet', 'livecell', 'general'],
];

const transformer = 'transformer networks are not part of this version; use cyto3 or another default network';

/** All names of Cellpose 3.1, some of Cellpose 2, and `cpsam` of Cellpose 4. */
export const builtInModels: readonly BuiltIn[] = [
  { name: 'cyto3', file: 'cyto3', sizeFile: 'size_cyto3.npy', diamMean: 30 },
  { name: 'nuclei', file: 'nucleitorch_0', sizeFile: 'size_nucleitorch_0.npy', diamMean: 17 },
  { name: 'cyto2', file: 'cyto2torch_0', sizeFile: 'size_cyto2torch_0.npy', diamMean: 30 },
  { name: 'cyto', file: 'cytotorch_0', sizeFile: 'size_cytotorch_0.npy', diamMean: 30 },
  ...plain.map((name) => ({ name, file: name, diamMean: 30 })),
  { name: 'transformer_cp3', file: 'transformer_cp3', diamMean: 30, unsupported: transformer },
  {
    name: 'neurips_cellpose_transformer',
    file: 'neurips_cellpose_transformer',
    diamMean: 30,
    unsupported: transformer,
  },
  {
    name: 'cpsam',
    file: 'cpsam',
    diamMean: 30,
    unsupported: 'the network of Cellpose 4 (Cellpose-SAM) is not part of this version; use a model of Cellpose 1 to 3',
  },
];

/** The built-in model of this name or, as TrackMate passes it, of this file name. */
export function builtInNamed(name: string): BuiltIn | undefined {
  return builtInModels.find((model) => model.name === name || model.file === name);
}
