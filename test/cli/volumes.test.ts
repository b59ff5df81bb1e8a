/** Volumes through the command line, with a small trained network: the labels of the real Cellpose 3.1 in its file names. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NdArray, readImage, readSegNpy, writeTiff } from 'cellpose-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../apps/cli/program.ts';
import { differingPixels } from '../helpers/labels.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';
import { fakeHost } from './fakeHost.ts';

const goldens = readNpz(goldenPath('e2e-3d.npz')!);
const volume = goldens['vol'] as NdArray<Uint8Array>;
/** Gigabytes that the flows do not fit into. */
const limit = String(0.4 + (6.5 * 4 * volume.data.length) / 1e9);
/** Network outputs differ in the last bits between convolution libraries, and single voxels on ridges may follow. */
const allowedVoxels = 0.001 * volume.data.length;

describe('the command line on a volume', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'volumes-'));
    writeFileSync(join(folder, 'vol.tif'), writeTiff(volume));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function run(...words: string[]) {
    const fake = fakeHost(folder);
    const model = goldenPath('checkpoints/small.pth')!;
    const image = join(folder, 'vol.tif');
    const flags = ['--image_path', image, '--pretrained_model', model, '--diameter', '0', '--niter', '100'];
    const code = await main([...flags, ...words], fake.host);
    return { code, out: fake.out(), err: fake.err() };
  }
  const labels = async () => readImage(new Uint8Array(readFileSync(join(folder, 'vol_cp_masks.tif'))));

  it.each([
    ['do3D_smooth', ['--do_3D', '--flow3D_smooth', '1']],
    ['stitch', ['--stitch_threshold', '0.3']],
    ['planes', []],
  ])('%s', async (name, words) => {
    const { code, out } = await run('--z_axis', '0', '--save_tif', ...words);
    expect(code).toBe(0);
    expect(out).toMatch(/vol\.tif.*: \d+ cells/);
    expect(out.includes('each plane was segmented by itself; give --stitch_threshold or --do_3D')).toBe(
      name === 'planes',
    );
    expect(readdirSync(folder).filter((file) => file.startsWith('vol'))).toEqual([
      'vol.tif',
      'vol_cp_masks.tif',
      'vol_seg.npy',
    ]);
    const masks = await labels();
    expect(masks.data.data).toBeInstanceOf(Uint16Array);
    expect(differingPixels(goldens[`masks/${name}`]!, masks.data as NdArray)).toBeLessThanOrEqual(allowedVoxels);
    const seg = readSegNpy(new Uint8Array(readFileSync(join(folder, 'vol_seg.npy'))));
    expect(seg.masks.data).toEqual(Int32Array.from(masks.data.data as Uint16Array));
    expect(seg.flows!.dP!.shape).toEqual([name.startsWith('do3D') ? 3 : 2, ...volume.shape]);
  });

  it('says what it will take, shows where it is, and is refused where that is more than allowed', async () => {
    const { out } = await run('--z_axis', '0', '--do_3D', '--no_npy', '--verbose');
    expect(out).toMatch(/vol\.tif: volume of [\d × ]+(, [\d × ]+ for the network)?: \d+ tiles, .*GB of memory/);
    for (const doing of ['network, planes YX', 'network, planes ZX', 'network, planes ZY', 'masks'])
      expect(out).toContain(`[INFO] ${doing}\n`);
    const refused = await run('--z_axis', '0', '--do_3D', '--no_npy', '--max_memory', '0.401');
    expect(refused.code).toBe(1);
    expect((await run('--z_axis', '0', '--do_3D', '--max_memory', '0.4')).code).toBe(2);
    expect(refused.err).toMatch(/vol\.tif: .*voxels.* need .* GB, 0\.00100 GB are there; try .*--max_memory/);
    const planes = await run('--z_axis', '0', '--no_npy', '--max_memory', '1', '--stitch_gap', '1');
    expect(planes.err).toMatch('--stitch_gap has no effect');
    expect(planes.err).toMatch('--max_memory has no effect');
  });

  it('goes through files where it does not fit into memory, with the same labels, and leaves none behind', async () => {
    const scratch = mkdtempSync(join(folder, 'scratch-'));
    const flags = ['--z_axis', '0', '--do_3D', '--flow3D_smooth', '1', '--save_tif'];
    await run(...flags, '--no_npy');
    const whole = readFileSync(join(folder, 'vol_cp_masks.tif'));
    rmSync(join(folder, 'vol_cp_masks.tif'));
    const less = [...flags, '--save_csv', '--max_memory', limit];
    const dry = await run(...less, '--dry_run');
    expect(dry.out).toMatch(/through files: up to .*GB of memory, .* GB on disk in /);
    expect(dry.out).not.toContain('_seg.npy');
    const { code, out } = await run(...less, '--scratch', scratch);
    expect(code).toBe(0);
    expect(out).toContain(`GB on disk in ${scratch}
`);
    expect(out).toMatch(/note: the volume did not fit into memory/);
    expect(out).toMatch(/note: not written, as there are no flows: _seg.npy/);
    expect(readFileSync(join(folder, 'vol_cp_masks.tif'))).toEqual(whole);
    expect(readFileSync(join(folder, 'vol_cp_objects.csv'), 'utf8')).toMatch(/mean_cellprob/);
    expect(readdirSync(scratch)).toEqual([]);
    const names = readdirSync(folder, { recursive: true });
    expect(names.filter((name) => /part|_seg/.test(String(name)))).toEqual([]);
    const nothing = await run('--z_axis', '0', '--do_3D', '--max_memory', limit);
    expect(nothing.code).toBe(1);
    expect(nothing.err).toMatch(/no _seg.npy is written.*--save_tif/);
    expect((await run(...less, '--scratch', join(folder, 'nowhere'))).err).toMatch(/--scratch .*no such folder/);
  });

  it('leaves nothing behind where it is stopped', async () => {
    const fake = fakeHost(folder);
    const model = ['--pretrained_model', goldenPath('checkpoints/small.pth')!, '--diameter', '0'];
    const work = main(
      ['--dir', folder, ...model, '--z_axis', '0', '--do_3D', '--no_npy', '--save_tif', '--max_memory', limit],
      fake.host,
    );
    const parts = () => readdirSync(folder).filter((name) => name.endsWith('.part'));
    while (parts().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    fake.interrupt();
    expect(await work).toBe(130);
    expect(parts()).toEqual([]);
  });

  it('is refused by evaluate too, or goes through files', async () => {
    const masks = { data: Uint16Array.from(volume.data, (_, i) => i % 3), shape: volume.shape };
    writeFileSync(join(folder, 'vol_masks.tif'), writeTiff(masks));
    const fake = fakeHost(folder);
    const model = ['--pretrained_model', goldenPath('checkpoints/small.pth')!, '--diameter', '14'];
    const volumes = ['--z_axis', '0', '--do_3D', '--max_memory', '0.401'];
    expect(await main(['evaluate', '--dir', folder, ...model, ...volumes], fake.host)).toBe(1);
    expect(fake.out() + fake.err()).toMatch(/vol\.tif: failed: .*voxels.* need .* GB/);
    const files = fakeHost(folder);
    const scratch = mkdtempSync(join(folder, 'scratch-'));
    const enough = ['--z_axis', '0', '--do_3D', '--max_memory', limit, '--scratch', scratch, '--verbose'];
    expect(await main(['evaluate', '--dir', folder, ...model, ...enough], files.host)).toBe(0);
    expect(files.out() + files.err()).toMatch(/through files: .*in .*scratch-/);
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('splits labels in pieces where told to, and joins over gaps', async () => {
    const cells = async (...words: string[]) => {
      const { out } = await run('--z_axis', '0', '--no_npy', '--save_tif', ...words);
      return Number(/(\d+) cells/.exec(out)![1]);
    };
    const asTheyCome = await cells('--stitch_threshold', '0.3', '--min_size', '-1');
    const pieces = ['--pieces', 'split', '--min_size', '-1'];
    expect(await cells('--stitch_threshold', '0.3', ...pieces)).toBeGreaterThanOrEqual(asTheyCome);
    expect(await cells('--stitch_threshold', '0.3', '--min_size', '-1', '--stitch_gap', '2')).toBeLessThanOrEqual(
      asTheyCome,
    );
    await expect(run('--pieces', 'both')).resolves.toMatchObject({ code: 2 });
  });

  it('names the choices where the planes of a volume cannot be told', async () => {
    const data = volume.data.subarray(0, 20 * 20 * 20);
    writeFileSync(join(folder, 'vol.tif'), writeTiff({ data, shape: [20, 20, 20] }));
    const { code, err } = await run('--do_3D');
    expect(code).toBe(1);
    expect(err).toMatch('give --z_axis 0 or --z_axis 1 or --z_axis 2');
  });
});
