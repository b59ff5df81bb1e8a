/** Simulated nuclei against the bundled network, which has seen real ones only: it must find them as nuclei. */
import { CellposeModel } from 'cellpose-ts';
import { expect, it } from 'vitest';
import { precisionOnSimulated } from './helpers/precisionOnSimulated.ts';

it('nuclei_ref finds simulated nuclei: AP at IoU 0.5 of 0.7 on average over three seeds', async () => {
  const model = await CellposeModel.load({ model: 'nuclei_ref' });
  const found = await precisionOnSimulated(model, [1, 2, 3]);
  await model.release();
  expect(found.reduce((a, b) => a + b, 0) / found.length).toBeGreaterThan(0.7);
});
