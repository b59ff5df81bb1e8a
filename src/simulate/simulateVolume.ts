/** Stacks of fluorescent cells with their exact labels, as a confocal microscope would take them. */
import type { Masks } from '../array/ndarray.ts';
import { seededRandom } from '../array/random.ts';
import { OptionError } from '../errors.ts';
import { layOutCells } from './layOutCells.ts';
import { fillOptions } from './options.ts';
import { paintScene } from './paintScene.ts';
import { microscope, streams } from './takePictures.ts';
import type { SimulatedVolume, SimulateVolumeOptions } from './types.ts';

/**
 * Simulates a stack of planes. Light is blurred 2.5 times as far along z as in the plane, then sampled at the planes.
 *
 * @returns  as `simulateImage`; `diameter` is that of a ball of the cells' median volume, in pixels of the plane.
 * @throws OptionError for values out of range, for modalities other than nuclei and cells, and for too many cells.
 */
export function simulateVolume(options: SimulateVolumeOptions = {}): SimulatedVolume {
  const { size = [32, 128, 128], anisotropy = 1, modality = 'nuclei' } = options;
  if (modality !== 'nuclei' && modality !== 'cells')
    throw new OptionError('modality', modality, `simulateVolume: modality needs nuclei or cells; got ${modality}`);
  if (!(size[0] >= 2))
    throw new OptionError(
      'size',
      size,
      `simulateVolume: size needs two planes at least; got (${size}); see simulateImage`,
    );
  const setting = fillOptions('simulateVolume', options, size, anisotropy);
  const scene = paintScene(layOutCells(setting, seededRandom(setting.seed, streams.cells)), setting);
  const { image, nuclei } = microscope(setting)(scene, 0);
  const stack = (data: Int32Array): Masks => ({ data, shape: size });
  const count = scene.cells.length;
  const truth = { image, masks: stack(scene.labels), count, diameter: ballDiameter(scene.labels, count, anisotropy) };
  return nuclei ? { ...truth, nuclei: stack(nuclei) } : truth;
}

/** Diameter of the ball of the median volume; 0 without cells. */
function ballDiameter(labels: Int32Array, count: number, anisotropy: number): number {
  if (count === 0) return 0;
  const volumes = new Float64Array(count + 1);
  for (const label of labels) volumes[label]++;
  const sorted = volumes.subarray(1).sort();
  return Math.cbrt((6 / Math.PI) * sorted[count >> 1] * anisotropy);
}
