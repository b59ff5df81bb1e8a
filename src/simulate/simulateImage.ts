/** Pictures of cells that never were, with their exact outlines: for samples, tests, benchmarks and training. */
import type { Masks2D } from '../array/ndarray.ts';
import { seededRandom } from '../array/random.ts';
import { diameters } from '../masks/diameters.ts';
import { layOutCells } from './layOutCells.ts';
import { fillOptions } from './options.ts';
import { paintScene } from './paintScene.ts';
import { microscope, streams } from './takePictures.ts';
import type { SimulatedImage, SimulateImageOptions } from './types.ts';

/**
 * Simulates a micrograph.
 *
 * What no option says (the kind of chromatin, where the lamp points, how the tissue runs, …) is drawn from the seed, too.
 * The same options give the same bytes wherever sine, logarithm and powers are rounded alike; labels and pixels agree,
 * for pictures are made from the labels. Cells at the border are cut by it. Crowded scenes may hold fewer cells than asked.
 *
 * @throws OptionError for values out of range, and for more cells than cover three quarters of the image.
 */
export function simulateImage(options: SimulateImageOptions = {}): SimulatedImage {
  const [ly, lx] = options.size ?? [512, 512];
  const setting = fillOptions('simulateImage', options, [1, ly, lx]);
  const scene = paintScene(layOutCells(setting, seededRandom(setting.seed, streams.cells)), setting);
  const { image, nuclei } = microscope(setting)(scene, 0);
  const plane = (data: Int32Array): Masks2D => ({ data, shape: [ly, lx] });
  const masks = plane(scene.labels);
  const truth = { image, masks, count: scene.cells.length, diameter: diameters(masks).median };
  return nuclei ? { ...truth, nuclei: plane(nuclei) } : truth;
}
