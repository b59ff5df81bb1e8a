/** AP at IoU 0.5 of a model on simulated nuclei of medium density, one figure a seed, their true diameter stated. */
import { averagePrecision, type CellposeModel, simulateImage } from 'cellpose-ts';

export async function precisionOnSimulated(model: CellposeModel, seeds: readonly number[]): Promise<number[]> {
  const found: number[] = [];
  for (const seed of seeds) {
    // small, usual and large nuclei in turn; a quarter of the image is covered
    const { image, masks, diameter } = simulateImage({ seed, size: [256, 256], diameter: [18, 30, 42][seed % 3] });
    const result = await model.eval(image, { channels: [0, 0], diameter });
    found.push(averagePrecision(masks, result.masks, [0.5]).ap[0]);
  }
  return found;
}
