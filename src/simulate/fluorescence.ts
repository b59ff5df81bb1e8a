/** Light of fluorescent nuclei and of whole cells, before it meets the lens. */
import { sizeOf } from '../array/ndarray.ts';
import type { Random } from '../array/random.ts';
import { gaussianFilter } from '../transforms/gaussianFilter.ts';
import { locate } from './cellShape.ts';
import { uniform } from './draw.ts';
import { eachCellPixel, nucleiOf } from './eachCellPixel.ts';
import { noiseField, ridge } from './noiseField.ts';
import { drawNucleusLight, type NucleusLight } from './nucleusLight.ts';
import type { Setting } from './options.ts';
import { paintNuclei, type Scene } from './paintScene.ts';

/** Light of each channel, (lz, ly, lx), and the nuclei's labels where the picture shows them beside the cells. */
export interface Light {
  readonly channels: readonly Float32Array[];
  readonly nuclei?: Int32Array;
}

/** Gives the light of a scene. What it draws at random is the same for all scenes: that of the dish and of the stain. */
export type Illuminate = (scene: Scene) => Light;

export function nucleiLight(setting: Setting, random: Random): Illuminate {
  const nucleus = drawNucleusLight(setting, setting.diameter, random);
  const surround = drawSurround(setting, random);
  return (scene) => {
    const light = new Float32Array(scene.labels.length);
    fillNuclei(light, scene, setting, nucleus);
    surround(light);
    return { channels: [light] };
  };
}

function fillNuclei(light: Float32Array, scene: Scene, setting: Setting, nucleus: NucleusLight): void {
  eachCellPixel(scene, setting, (i, cell, point, depth) => {
    light[i] = cell.brightness * nucleus(cell, point, depth);
  });
}

/** Two channels: cytoplasm, nucleus. */
export function cellsLight(setting: Setting, random: Random): Illuminate {
  const nucleus = drawNucleusLight(setting, 0.5 * setting.diameter, random);
  const cytoplasm = drawCytoplasm(setting, random);
  const surrounds = [drawSurround(setting, random), drawSurround(setting, random)];
  const [bleed, stain] = [uniform(random, 0, 0.06), uniform(random, 0.8, 1.3)];
  return (scene) => {
    const body = cytoplasm(scene);
    const inner = nucleiOf(scene, setting);
    const nuclei = paintNuclei(inner, scene, setting);
    const dna = new Float32Array(body.length);
    fillNuclei(dna, { cells: inner, ...nuclei }, setting, nucleus);
    for (let i = 0; i < dna.length; i++) dna[i] = stain * dna[i] + bleed * body[i];
    surrounds[0](body);
    surrounds[1](dna);
    return { channels: [body, dna], nuclei: nuclei.labels };
  };
}

/** Draws how the stain of the cytoplasm looks: membrane, fibres and the brightness around the nucleus. */
function drawCytoplasm(setting: Setting, random: Random): (scene: Scene) => Float32Array {
  const { diameter, size, texture, anisotropy } = setting;
  const flat = size[0] === 1;
  const field = (share: number) =>
    noiseField([share * diameter + 0.3, share * diameter + 0.3], flat, 3 * diameter, random);
  const [fine, coarse, lines] = [field(0.025), field(0.1), field(0.07)];
  const membrane = Math.max(0, uniform(random, -0.3, 0.9));
  const fibres = Math.max(0, uniform(random, -0.3, 0.5));
  const around = uniform(random, 0.1, 0.8);
  const inNucleus = uniform(random, 0.35, 0.75);
  const place = new Float64Array(3);
  return (scene) => {
    const light = new Float32Array(scene.labels.length);
    const nuclei = new Map(nucleiOf(scene, setting).map((nucleus, k) => [scene.cells[k], nucleus]));
    const [, ly, lx] = size;
    eachCellPixel(scene, setting, (i, cell, point, depth) => {
      const { radii } = cell.shape;
      const [tz, ty, tx] = cell.texture;
      const [z, y, x] = [point[0] * radii[0] + tz, point[1] * radii[1] + ty, point[2] * radii[2] + tx];
      const grain = 0.16 * fine(z, y, x) + 0.16 * coarse(z, y, x) + fibres * (ridge(lines(z, y, x), 0.35) - 0.3);
      const height = flat ? 0.3 + 0.7 * (1 - Math.exp(-depth / (0.16 * diameter))) : 0.8;
      const { at, shape } = nuclei.get(cell)!;
      const pixel = i % (ly * lx);
      const from = [((i - pixel) / (ly * lx) - at[0]) * anisotropy, Math.floor(pixel / lx) - at[1], (i % lx) - at[2]];
      const r = locate(shape, [from[0], from[1], from[2]], place);
      const body = r < 1 ? inNucleus + 0.25 * r : 0.6 + around * Math.exp(-2.2 * (r - 1));
      const edge = membrane * Math.exp(-((depth / (0.04 * diameter + 0.5)) ** 2));
      light[i] = 0.8 * cell.brightness * (height * body * Math.max(0.15, 1 + texture * grain) + edge);
    });
    return light;
  };
}

/** Adds what is not in the cells: dim medium, glow of what is out of focus, and a few specks of dirt. */
function drawSurround({ size, diameter, background, cells, anisotropy }: Setting, random: Random) {
  const flat = size[0] === 1;
  const clouds = noiseField([1.5 * diameter, 1.5 * diameter], true, Math.max(size[1], size[2]), random);
  const glow = flat ? uniform(random, 0.04, 0.14) : uniform(random, 0.02, 0.06);
  const wide = 0.35 * diameter;
  const specks = Array.from({ length: Math.ceil(0.15 * cells) }, () => ({
    at: Math.floor(random() * sizeOf(size)),
    light: uniform(random, 0.5, 4),
  }));
  return (light: Float32Array): void => {
    const blurred = gaussianFilter({ data: light, shape: size }, [flat ? 0 : wide / anisotropy, wide, wide]).data;
    const [, ly, lx] = size;
    for (let i = 0; i < light.length; i++) {
      const x = i % lx;
      const y = ((i - x) / lx) % ly;
      light[i] += glow * blurred[i] + background * Math.max(0.3, 1 + 0.2 * clouds(0, y, x));
    }
    for (const { at, light: more } of specks) light[at] += more;
  };
}
