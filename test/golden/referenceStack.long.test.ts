/** All runs on a made-up stack of nuclei, against the real Cellpose 3.1 with the same weights. */
import { CellposeModel } from 'cellpose-ts';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { checkStackRun, stackRuns } from '../helpers/stackRun.ts';

describe('reference run on a stack', () => {
  let model: CellposeModel;
  beforeAll(async () => {
    model = await CellposeModel.load({ model: 'nuclei_ref' });
  });
  afterAll(() => model.release());

  it.each(stackRuns)('%s: the same label image', (name) => checkStackRun(model, name), 120_000);
});
