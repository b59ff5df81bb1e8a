/** The measure of simulatedNuclei.test.ts over 20 seeds. */
import { CellposeModel } from 'cellpose-ts';
import { expect, it } from 'vitest';
import { precisionOnSimulated } from './helpers/precisionOnSimulated.ts';

it('nuclei_ref finds simulated nuclei: AP at IoU 0.5 of 0.7 on average over 20 seeds', async () => {
  const model = await CellposeModel.load({ model: 'nuclei_ref' });
  const seeds = Array.from({ length: 20 }, (_, k) => k + 1);
  const found = await precisionOnSimulated(model, seeds);
  await model.release();
  const mean = found.reduce((a, b) => a + b, 0) / found.length;
  console.log(`mean ${mean.toFixed(3)}:`, found.map((ap) => ap.toFixed(2)).join(' '));
  expect(mean).toBeGreaterThan(0.7);
});
