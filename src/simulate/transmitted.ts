/**
 * Light that has passed through unstained cells: phase contrast, where thick cells are dark within a bright halo, and bright
 * field slightly out of focus, where outlines are dark or bright lines.
 */
import type { Random } from '../array/random.ts';
import { gaussianFilter } from '../transforms/gaussianFilter.ts';
import { locate } from './cellShape.ts';
import { uniform } from './draw.ts';
import { eachCellPixel, nucleiOf } from './eachCellPixel.ts';
import type { Illuminate } from './fluorescence.ts';
import { noiseField } from './noiseField.ts';
import type { Setting } from './options.ts';
import type { Scene } from './paintScene.ts';

export function phaseLight(setting: Setting, random: Random): Illuminate {
  const thickness = drawThickness(setting, random);
  const medium = drawMedium(setting, random);
  const { diameter, form, size } = setting;
  // thick round cells are dark throughout; spread ones are about as bright as the medium, with bright rims
  const thick = form === 'oval' || form === 'rod';
  const [dark, halo, line] = thick
    ? [uniform(random, 0.3, 0.4), uniform(random, 0.35, 0.5), 0]
    : [uniform(random, 0.06, 0.14), uniform(random, 0.2, 0.35), uniform(random, 0.5, 0.9)];
  const near = thick ? 0.12 * diameter : 0.07 * diameter;
  return (scene) => {
    const phase = thickness(scene);
    const smooth = (sigma: number) => gaussianFilter({ data: phase, shape: size }, [0, sigma, sigma]).data;
    const [fine, ring, wide] = [smooth(0.8), smooth(near), smooth(0.35 * diameter)];
    const light = phase.map(
      (_, i) => medium[i] - dark * fine[i] + halo * (0.45 * ring[i] + 0.4 * wide[i]) - line * 0.8 * (fine[i] - ring[i]),
    );
    return { channels: [light] };
  };
}

export function brightfieldLight(setting: Setting, random: Random): Illuminate {
  const thickness = drawThickness(setting, random);
  const medium = drawMedium(setting, random);
  const { diameter, size } = setting;
  // above the plane of focus rims are bright, below it they are dark
  const contrast = uniform(random, 0.45, 0.8) * (random() < 0.5 ? -1 : 1);
  const absorbed = uniform(random, 0.02, 0.08);
  const near = 0.03 * diameter + 0.6;
  return (scene) => {
    const phase = thickness(scene);
    const smooth = (sigma: number) => gaussianFilter({ data: phase, shape: size }, [0, sigma, sigma]).data;
    const [fine, wide] = [smooth(near), smooth(2.2 * near)];
    const light = phase.map((_, i) => medium[i] + contrast * (fine[i] - wide[i]) - absorbed * fine[i]);
    return { channels: [light] };
  };
}

/** Draws the cells' insides: how much each pixel delays the light, 1 being typical. */
function drawThickness(setting: Setting, random: Random): (scene: Scene) => Float32Array {
  const { diameter, texture, form, anisotropy, size } = setting;
  const field = (share: number) =>
    noiseField([share * diameter + 0.4, share * diameter + 0.4], true, 4 * diameter, random);
  const [fine, coarse] = [field(0.022), field(0.07)];
  const spread = form === 'spindle' || form === 'irregular';
  const rise = spread ? 0.05 : 0.1;
  const grains = spread ? [0.2, 0.25, 0.45] : [0.03, 0.06, 0];
  const place = new Float64Array(3);
  return (scene) => {
    const phase = new Float32Array(scene.labels.length);
    const nuclei = new Map(nucleiOf(scene, setting).map((nucleus, k) => [scene.cells[k], nucleus]));
    const lx = size[2];
    eachCellPixel(scene, setting, (i, cell, point, depth) => {
      const { radii } = cell.shape;
      const [, ty, tx] = cell.texture;
      const [y, x] = [point[1] * radii[1] + ty, point[2] * radii[2] + tx];
      const height = 1 - Math.exp(-(depth + 0.3) / (rise * diameter));
      const { at, shape } = nuclei.get(cell)!;
      const r = locate(shape, [-at[0] * anisotropy, Math.floor(i / lx) - at[1], (i % lx) - at[2]], place);
      // granules lie around the nucleus, which is even
      const rough = r < 1 ? 0.4 : Math.exp(-0.4 * (r - 1));
      const vesicles = Math.max(0, fine(0, y, x) - 0.9);
      const inside = rough * (grains[0] * coarse(0, y, x) + grains[1] * fine(0, y, x) + grains[2] * vesicles);
      const envelope = spread ? 0.25 * Math.exp(-(((r - 1) / 0.12) ** 2)) : 0;
      phase[i] = cell.brightness * height * Math.max(0.1, 1 + texture * (inside + envelope));
    });
    return phase;
  };
}

/** The medium: grey, with a little grain and slow changes. */
function drawMedium({ size, diameter }: Setting, random: Random): Float32Array {
  const side = Math.max(size[1], size[2]);
  const grain = noiseField([1.4, 1.4], true, side, random);
  const clouds = noiseField([0.8 * diameter, 0.8 * diameter], true, side, random);
  const grey = uniform(random, 0.42, 0.55);
  const lx = size[2];
  return Float32Array.from({ length: size[1] * lx }, (_, i) => {
    const [y, x] = [Math.floor(i / lx), i % lx];
    return grey + 0.008 * grain(0, y, x) + 0.012 * clouds(0, y, x);
  });
}
