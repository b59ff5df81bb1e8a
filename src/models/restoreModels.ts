/** Cellpose's networks for restoration: their names, and what the names say. Source: cellpose 3.1 `denoise.MODEL_NAMES`, `DenoiseModel`. */

const kinds = ['denoise', 'deblur', 'upsample', 'oneclick'];

/**
 * Names of Cellpose's networks for restoration, KIND_DATA or KIND_LOSS_DATA. Kinds: against noise, blur, few pixels, all of
 * them ('oneclick'), or planes that lie far apart ('aniso'). Losses, of the older data only: 'per'ceptual, 'seg'mentation,
 * 'rec'onstruction; without it perceptual and segmentation.
 */
export const restoreModelNames: readonly string[] = Object.freeze(
  ['cyto3', 'cyto2', 'nuclei'].flatMap((data) => {
    const losses = data === 'cyto3' ? [] : ['per_', 'seg_', 'rec_'];
    const names = kinds.flatMap((kind) => ['', ...losses].map((loss) => `${kind}_${loss}${data}`));
    return data === 'cyto3' ? names : [...names, `aniso_${data}`];
  }),
);

export interface RestoreTraits {
  /** Pictures of small cells are enlarged before the network sees them. */
  readonly upsamples: boolean;
  /** Diameter that it was trained at, in pixels. Unlike other networks the checkpoints do not tell. */
  readonly diamMean: number;
}

/** What a network is by its name, or by that of its file. */
export function restoreTraits(name: string): RestoreTraits {
  return { upsamples: name.includes('upsample'), diamMean: name.includes('nuclei') ? 17 : 30 };
}

/** The network that restores the second channel along with this one: the same kind, trained on nuclei. */
export function nucleiRestorerOf(name: string): string {
  return `${name.split('_')[0]}_nuclei`;
}
