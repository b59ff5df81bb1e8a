/** The order of steps of `eval` as data: what differs between the generations of Cellpose. */
import { type DynamicsRules, dynamics3, dynamics4, dynamics2020 } from '../dynamics/rules.ts';
import { OptionError } from '../errors.ts';

export type PresetName = 'dynamics2020' | 'dynamics3' | 'dynamics4';

/** The choices of a generation between the output of the network and the masks. */
export interface EvalRules {
  readonly dynamics: DynamicsRules;
  /** Where they differ from those of Cellpose 3.1. */
  readonly defaults: { readonly resample?: boolean; readonly interp?: boolean };
  /**
   * Holes are filled and small masks removed at the size of the image, or at that of the flows, before the masks are
   * brought to the size of the image.
   */
  readonly sizesAt: 'image' | 'flows';
  /** The number of steps grows with the diameter only where the dynamics run at the size of the image, or always. */
  readonly niterGrows: 'withResample' | 'always';
}

/** By name. The network, its tiles and the scaling of intensities are those of Cellpose 3.1 with all of them. */
const presets: Readonly<Record<PresetName, EvalRules>> = Object.freeze({
  dynamics2020: {
    dynamics: dynamics2020,
    defaults: { resample: false, interp: false },
    sizesAt: 'flows',
    niterGrows: 'always',
  },
  dynamics3: { dynamics: dynamics3, defaults: {}, sizesAt: 'image', niterGrows: 'withResample' },
  dynamics4: { dynamics: dynamics4, defaults: {}, sizesAt: 'image', niterGrows: 'always' },
});

/** @throws OptionError that names the presets there are. */
export function presetNamed(name: string = 'dynamics3'): EvalRules {
  if (Object.hasOwn(presets, name)) return presets[name as PresetName];
  const known = Object.keys(presets).join(', ');
  throw new OptionError('preset', name, `preset: needs one of ${known}; got ${name}`);
}
