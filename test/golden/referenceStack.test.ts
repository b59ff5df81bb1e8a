/** A made-up stack of nuclei stitched, against the real Cellpose 3.1 with the same weights. */
import { CellposeModel } from 'cellpose-ts';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { checkStackRun } from '../helpers/stackRun.ts';

describe('reference run on a stack', () => {
  let model: CellposeModel;
  beforeAll(async () => {
    model = await CellposeModel.load({ model: 'nuclei_ref' });
  });
  afterAll(() => model.release());

  // The other runs, those in 3D among them, are in referenceStack.long.test.ts.
  it('stitched: the same label image', () => checkStackRun(model, 'stitch_0.4_d15'));
});
