/** A made-up stack of nuclei in 3D and stitched, against the real Cellpose 3.1 with the same weights. */
import { CellposeModel } from 'cellpose-ts';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { checkStackRun } from '../helpers/stackRun.ts';

describe('reference run on a stack', () => {
  let model: CellposeModel;
  beforeAll(async () => {
    model = await CellposeModel.load({ model: 'nuclei_ref' });
  });
  afterAll(() => model.release());

  // The others are in referenceStack.long.test.ts.
  it.each(['do3D_d17_smooth1', 'stitch_0.4_d15'])('%s: the same label image', (name) => checkStackRun(model, name));
});
