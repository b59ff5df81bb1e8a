/**
 * Light through tissue stained with haematoxylin (nuclei, blue-purple) and eosin (the rest, pink), in red, green and blue.
 * Stains take light away by the law of Beer and Lambert: what is left is 10 to the power of −(amount · absorbance).
 */
import type { Random } from '../array/random.ts';
import { uniform } from './draw.ts';
import { eachCellPixel } from './eachCellPixel.ts';
import type { Illuminate } from './fluorescence.ts';
import { noiseField, ridge } from './noiseField.ts';
import type { Setting } from './options.ts';

/** Absorbance of a typical nucleus and of typical tissue in red, green, blue; measured by eye on purple sections. */
const haematoxylin = [0.42, 0.72, 0.17];
const eosin = [0.075, 0.13, 0.035];

export function stainedLight(setting: Setting, random: Random): Illuminate {
  const { diameter, texture } = setting;
  const field = (share: number) =>
    noiseField([share * diameter + 0.4, share * diameter + 0.4], true, 3 * diameter, random);
  const [fine, coarse] = [field(0.035), field(0.1)];
  const tissue = drawTissue(setting, random);
  const [rim, strength] = [uniform(random, 0, 0.35), uniform(random, 0.75, 1.05)];
  return (scene) => {
    const nuclear = new Float32Array(scene.labels.length);
    eachCellPixel(scene, setting, (i, cell, point, depth) => {
      const { radii } = cell.shape;
      const [, ty, tx] = cell.texture;
      const [y, x] = [point[1] * radii[1] + ty, point[2] * radii[2] + tx];
      const clumps =
        0.22 * coarse(0, y, x) + 0.26 * fine(0, y, x) + rim * Math.exp(-((depth / (0.05 * diameter)) ** 2));
      const height = 0.7 + 0.3 * (1 - Math.exp(-depth / (0.08 * diameter)));
      // nuclei differ more in this stain than in fluorescence
      nuclear[i] = strength * cell.brightness ** 1.4 * height * Math.max(0.2, 1 + texture * clumps);
    });
    const channels = haematoxylin.map((absorbance, k) =>
      nuclear.map((amount, i) => 10 ** -(amount * absorbance + tissue[i] * eosin[k])),
    );
    return { channels };
  };
}

/** Draws the amount of eosin, and a little diffuse haematoxylin with it: wavy fibres, cloudy, with empty gaps. */
function drawTissue({ size, diameter }: Setting, random: Random): Float32Array {
  const side = Math.max(size[1], size[2]);
  const along = uniform(random, 0.1, 0.3);
  const fibres = noiseField([along * diameter, 0.1 * diameter + 0.5], true, side, random);
  const strands = noiseField([0.12 * diameter, along * diameter], true, side, random);
  const warp = noiseField([diameter, diameter], true, side, random);
  const clouds = noiseField([1.2 * diameter, 1.2 * diameter], true, side, random);
  const grain = noiseField([0.9, 0.9], true, side, random);
  const amount = uniform(random, 0.3, 1.6);
  const lx = size[2];
  return Float32Array.from({ length: size[1] * lx }, (_, i) => {
    const [y, x] = [Math.floor(i / lx), i % lx];
    const shift = 0.4 * diameter * warp(0, y, x);
    const lines = 0.5 * ridge(fibres(0, y + shift, x - shift), 0.5) + 0.35 * strands(0, y - shift, x + shift);
    const gap = 1 / (1 + Math.exp(6 * (clouds(0, y, x) - 1.3)));
    return 0.15 + amount * gap * Math.max(0.1, 0.75 + 0.35 * lines + 0.15 * clouds(0, y, x) + 0.06 * grain(0, y, x));
  });
}
