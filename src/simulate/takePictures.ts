/** The microscope: from scenes to pictures, always of the same dish, lamp and stain. */
import { seededRandom } from '../array/random.ts';
import { drawIllumination, type Exposure, takePicture } from './camera.ts';
import { cellsLight, type Illuminate, nucleiLight } from './fluorescence.ts';
import type { Setting } from './options.ts';
import type { Scene } from './paintScene.ts';
import { stainedLight } from './stained.ts';
import { brightfieldLight, phaseLight } from './transmitted.ts';
import type { Modality, SimulatedPixels } from './types.ts';

interface Recipe {
  readonly light: (setting: Setting, random: ReturnType<typeof seededRandom>) => Illuminate;
  readonly exposure: Exposure;
}

const fluorescent: Exposure = { gain: 0.4, offset: 0.015 };
const transmitted: Exposure = { gain: 0.95, offset: 0 };

const recipes: Record<Modality, Recipe> = {
  nuclei: { light: nucleiLight, exposure: fluorescent },
  cells: { light: cellsLight, exposure: fluorescent },
  phase: { light: phaseLight, exposure: transmitted },
  brightfield: { light: brightfieldLight, exposure: transmitted },
  stained: { light: stainedLight, exposure: transmitted },
};

/** What each stream of random numbers is for: so a change of one thing leaves the others as they are. */
export const streams = { cells: 1, light: 2, noise: 3, lives: 4 } as const;

export interface Picture {
  readonly image: SimulatedPixels;
  readonly nuclei?: Int32Array;
}

/** @returns  a function from a scene and its number in a series to its picture. */
export function microscope(setting: Setting): (scene: Scene, frame: number) => Picture {
  const { seed, modality } = setting;
  const { light, exposure } = recipes[modality];
  const random = seededRandom(seed, streams.light);
  const lamp = drawIllumination(setting, random);
  const illuminate = light(setting, random);
  return (scene, frame) => {
    const { channels, nuclei } = illuminate(scene);
    const noise = seededRandom(seed, streams.noise, frame);
    const image = takePicture(channels, setting, { ...exposure, lamp, random: noise });
    return nuclei ? { image, nuclei } : { image };
  };
}
