/** Which model runs, without downloads: names of this package, of Cellpose and of its callers, paths, own models, and what is none of these. */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseModel } from '../../apps/cli/chooseModel.ts';
import { RunError } from '../../apps/cli/errors.ts';
import { builtInModels } from '../../apps/cli/modelNames.ts';
import { parseFlags } from '../../apps/cli/parseFlags.ts';
import { main } from '../../apps/cli/program.ts';
import { createReporter } from '../../apps/cli/reporter.ts';
import { loadSegmenter } from '../../apps/cli/segmenter.ts';
import { fakeHost } from './fakeHost.ts';

const builtIn = [
  ...'cyto3 nuclei cyto2_cp3 tissuenet_cp3 livecell_cp3 yeast_PhC_cp3 yeast_BF_cp3 bact_phase_cp3'.split(' '),
  ...'bact_fluor_cp3 deepbacs_cp3 cyto2 cyto CPx transformer_cp3 neurips_cellpose_default'.split(' '),
  ...'neurips_cellpose_transformer neurips_grayscale_cyto2 CP TN1 TN2 TN3 LC1 LC2 LC3 LC4'.split(' '),
];

describe('chooseModel', () => {
  let home: string;
  let folder: string;
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'home-'));
    folder = join(home, '.cellpose', 'models');
    mkdirSync(folder, { recursive: true });
    for (const name of ['cyto2torch_0', 'nucleitorch_0', 'mine', 'transformer_cp3'])
      writeFileSync(join(folder, name), '');
    writeFileSync(join(folder, 'gui_models.txt'), 'mine\ngone\n');
    writeFileSync(join(home, 'file'), '');
  });
  afterAll(() => rmSync(home, { recursive: true }));

  const choose = (words: string[], env: Record<string, string> = {}) => {
    const { args, given } = parseFlags(['--offline', ...words]);
    const { host } = fakeHost(home, { env });
    const { signal } = new AbortController();
    return chooseModel(args, given, { host, reporter: createReporter(host, false), verbose: false, signal });
  };

  it('takes a path before all else', async () => {
    const path = join(home, 'file');
    expect(await choose(['--pretrained_model', path])).toMatchObject({ name: 'file', source: { kind: 'file', path } });
  });

  it('takes a model of this package', async () => {
    const choice = await choose(['--pretrained_model', 'nuclei_ref']);
    expect(choice).toMatchObject({ name: 'nuclei_ref', source: { kind: 'bundled' }, notes: [] });
  });

  it('takes it before the one of Cellpose that has its name, and says so where both are there', async () => {
    expect((await choose(['--pretrained_model', 'nuclei'])).notes[0]).toMatch(join(folder, 'nucleitorch_0'));
    const none = await choose(['--pretrained_model', 'nuclei'], { CELLPOSE_LOCAL_MODELS_PATH: '/elsewhere' });
    expect(none).toMatchObject({ source: { kind: 'bundled' }, notes: [] });
  });

  it('finds the files of built-in models, by either name', async () => {
    const path = join(folder, 'cyto2torch_0');
    const source = { kind: 'file', path, diamMean: 30, sizePath: join(folder, 'size_cyto2torch_0.npy') };
    expect(await choose(['--pretrained_model', 'cyto2'])).toMatchObject({ name: 'cyto2', source });
    expect(await choose(['--pretrained_model', 'cyto2torch_0'])).toMatchObject({ name: 'cyto2', source });
    expect((await choose(['--model_type', 'nucleitorch_0'])).source).toMatchObject({ diamMean: 17 });
  });

  it('takes own models in the folder', async () => {
    expect(await choose(['--pretrained_model', 'mine'])).toMatchObject({ source: { path: join(folder, 'mine') } });
  });

  it('lets the bundled model stand in for the default alone, and says so', async () => {
    const choice = await choose([]);
    expect(choice).toMatchObject({ requested: 'cyto3', name: 'nuclei' });
    expect(choice.notes[0]).toMatch('cyto3');
    await expect(choose(['--pretrained_model', 'cyto3'])).rejects.toThrow(folder);
  });

  it('looks into the folder that the environment names', async () => {
    const elsewhere = { CELLPOSE_LOCAL_MODELS_PATH: '/elsewhere' };
    await expect(choose(['--pretrained_model', 'cyto2'], elsewhere)).rejects.toThrow('/elsewhere');
  });

  it.each(builtIn.filter((name) => !['cyto2', 'nuclei', 'cyto'].includes(name)))(
    'knows %s, and what is missing',
    async (name) => {
      const choice = choose(['--pretrained_model', name]);
      await expect(choice).rejects.toThrow(RunError);
      await expect(choice).rejects.toThrow(/not on this machine|transformer/);
      await expect(choice).rejects.not.toThrow('Known are');
    },
  );

  it('refuses an unknown name with the list of names', async () => {
    const choice = choose(['--pretrained_model', 'cito3']);
    await expect(choice).rejects.toThrow(RunError);
    for (const { name } of builtInModels) await expect(choice).rejects.toThrow(name);
    for (const name of ['nuclei_ref', 'mine']) await expect(choice).rejects.toThrow(name);
    await expect(choice).rejects.not.toThrow('gone');
  });

  it.each(['None', 'False', '0'])('refuses %s, an untrained network', async (name) => {
    await expect(choose(['--pretrained_model', name])).rejects.toThrow('untrained');
  });

  it('names a file that is not a model', async () => {
    const path = join(home, 'text.pth');
    writeFileSync(path, 'this is not a checkpoint');
    const load = loadSegmenter(await choose(['--pretrained_model', path]), { estimateDiameter: false });
    await expect(load).rejects.toThrow(RunError);
    await expect(load).rejects.toThrow(path);
  });

  it('names a size model that is missing', async () => {
    const bundled = new URL('../../weights/nuclei_ref.safetensors', import.meta.url).pathname;
    copyFileSync(bundled, join(folder, 'nucleitorch_0'));
    const choice = await choose(['--pretrained_model', 'nucleitorch_0']);
    await expect(loadSegmenter(choice, { estimateDiameter: true, threads: 1 })).rejects.toThrow(
      'size_nucleitorch_0.npy',
    );
    const model = await loadSegmenter(choice, { estimateDiameter: false, threads: 1 });
    expect(model).toMatchObject({ name: 'nuclei', diamMean: 17, estimatesDiameter: false });
    await model.release();
  });
});

describe('--add_model', () => {
  it('copies a model and lists it once, and refuses what is none', async () => {
    const home = mkdtempSync(join(tmpdir(), 'home-'));
    const mine = join(home, 'my_model');
    copyFileSync(new URL('../../weights/nuclei_ref.safetensors', import.meta.url).pathname, mine);
    const env = { CELLPOSE_LOCAL_MODELS_PATH: join(home, 'models') };
    for (let i = 0; i < 2; i++) {
      const { host, out } = fakeHost(home, { env });
      expect(await main(['--add_model', mine], host)).toBe(0);
      expect(out()).toMatch('--pretrained_model my_model');
    }
    expect(readdirSync(join(home, 'models')).sort()).toEqual(['gui_models.txt', 'my_model']);
    expect(readFileSync(join(home, 'models', 'gui_models.txt'), 'utf8')).toBe('my_model\n');
    writeFileSync(mine, 'nothing');
    const { host, err } = fakeHost(home, { env });
    expect(await main(['--add_model', mine], host)).toBe(1);
    expect(err()).toMatch('my_model');
    rmSync(home, { recursive: true });
  });
});
