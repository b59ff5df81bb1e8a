/** How training pictures are made worse, and what chance decides of it. Source: cellpose 3.1 `denoise.add_noise`, `--noise_type`. */
import type { Random } from '../array/random.ts';
import { OptionError } from '../errors.ts';
import type { Noise } from './addNoise.ts';

/** Numbers of one kind of noise. */
export interface NoiseRules {
  /** Share of the pictures that are blurred; those that lose pixels are too. */
  readonly blur: number;
  /** How strongly: sigma of cells of 30 pixels, in units that depend on `sigmas`. */
  readonly gblur: number;
  /** Distribution of sigma: exponential, even from 1 pixel up to `gblur`, or only along y and by the step (with a tenth along x). */
  readonly sigmas: 'exponential' | 'even' | 'alongY';
  /** Share of the pictures of which only every 2nd to `dsMax`th pixel is kept; 'alongY': every such row. */
  readonly downsample: number;
  readonly dsMax: number;
  /** Share of the pictures that few photons make. */
  readonly poisson: number;
  /** Photons of a bright pixel: gamma distribution of shape 4 and this rate, at least 1. */
  readonly beta: number;
}

const none: NoiseRules = { blur: 0, gblur: 1, sigmas: 'exponential', downsample: 0, dsMax: 7, poisson: 0.8, beta: 0.7 };
const coarse: NoiseRules = { ...none, blur: 0.8, downsample: 0.8, beta: 0.03 };
const blurred: NoiseRules = { ...none, blur: 0.8, beta: 0.1 };

/** Those of 3.1. A network against all of them is trained with 'poisson', 'blur' and 'downsample' in turns. */
export const noiseKinds = Object.freeze({
  poisson: none,
  blur: { ...blurred, gblur: 10, sigmas: 'even' },
  blur_expr: { ...blurred, gblur: 0.5 },
  downsample: { ...coarse, gblur: 5, sigmas: 'even' },
  downsample_expr: coarse,
  aniso: { ...coarse, beta: 0.1, gblur: 10.5, sigmas: 'alongY' },
} satisfies Record<string, NoiseRules>);
export type NoiseKind = keyof typeof noiseKinds | 'all';

/** @throws OptionError for a kind that is none. */
export function noiseRulesOf(noise: NoiseKind | NoiseRules | readonly NoiseRules[]): readonly NoiseRules[] {
  if (noise === 'all') return [noiseKinds.poisson, noiseKinds.blur, noiseKinds.downsample];
  if (typeof noise !== 'string') return [noise].flat();
  const rules = Object.hasOwn(noiseKinds, noise) ? noiseKinds[noise] : undefined;
  if (rules) return [rules];
  const known = [...Object.keys(noiseKinds), 'all'].join(', ');
  throw new OptionError('noise', noise, `noise: needs one of ${known}, or rules; got '${noise}'`);
}

/** @param diameter  of the cells in the picture, in pixels. */
export function drawNoise(rules: NoiseRules, diameter: number, random: Random): Noise {
  const { blur, downsample, dsMax, poisson, beta, sigmas } = rules;
  const step = random() < downsample ? 2 + Math.floor(random() * (dsMax - 1)) : 1;
  const isBlurred = random() < blur || step > 1;
  const sigma = isBlurred ? (diameter / 30) * drawSigma(rules, step, random) : 0;
  const alongY = sigmas === 'alongY';
  return {
    ...(isBlurred ? { blur: [sigma, alongY ? sigma / 10 : sigma] } : {}),
    ...(step > 1 ? { step: [step, alongY ? 1 : step] } : {}),
    ...(random() < poisson ? { photons: Math.max(1, gammaOfShape4(random) / beta) } : {}),
  };
}

/** For cells of 30 pixels. */
function drawSigma({ sigmas, gblur }: NoiseRules, step: number, random: Random): number {
  if (sigmas === 'exponential') return 5 * gblur * clamp(-0.5 * Math.log(1 - random()), 0.1, 1);
  if (sigmas === 'even') {
    const place = step > 1 ? step / 2 / gblur : random();
    return 1 + (gblur - 1) * place;
  }
  return gblur * (step > 1 ? clamp(step / gblur + 0.7 * random() - 0.35, 0.05, 1.5) : random());
}

/** The sum of four exponential numbers. */
function gammaOfShape4(random: Random): number {
  let sum = 0;
  for (let k = 0; k < 4; k++) sum -= Math.log(1 - random());
  return sum;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
