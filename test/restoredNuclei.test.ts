/** The bundled network that restores, on simulated nuclei in little light: pictures that neither network was trained on. */
import {
  averagePrecision,
  bundledModels,
  bundledRestorers,
  CellposeDenoiseModel,
  CellposeModel,
  DenoiseModel,
  simulateImage,
} from 'cellpose-ts';
import { expect, it } from 'vitest';

const name = 'denoise_nuclei_small';

it('is listed beside the networks that segment', async () => {
  expect((await bundledRestorers()).map((model) => model.name)).toEqual([name]);
  expect((await bundledModels()).map((model) => model.name)).not.toContain(name);
});

it('raises the precision on nuclei of four photons from below 0.1 to above 0.7', async () => {
  const plain = await CellposeModel.load({ model: 'nuclei' });
  const restoring = await CellposeDenoiseModel.load({ model: 'nuclei', restore: { name } });
  for (const seed of [1, 2]) {
    const simulated = simulateImage({ seed, size: [192, 192], diameter: 17, cells: 40, photons: 4 });
    const precision = async (model: CellposeModel | CellposeDenoiseModel): Promise<number> => {
      const { masks } = await model.eval(simulated.image, { diameter: 17 });
      return averagePrecision(simulated.masks, masks, [0.5]).ap[0];
    };
    expect(await precision(plain)).toBeLessThan(0.1);
    expect(await precision(restoring)).toBeGreaterThan(0.7);
  }
  await plain.release();
  await restoring.release();
});

it('is the only one that needs no weights', async () => {
  const dn = await DenoiseModel.load({ name });
  expect([dn.diamMean, dn.upsamples]).toEqual([17, false]);
  await dn.release();
  await expect(DenoiseModel.load({ name: 'denoise_cyto3' })).rejects.toThrow(
    /ships with this package and restores, denoise_nuclei_small; got denoise_cyto3/,
  );
  await expect(DenoiseModel.load({})).rejects.toThrow(/ships with this package/);
});
