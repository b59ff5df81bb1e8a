/** Whole runs of the command line in this process, with a model that finds bright pixels, so that they take no time. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readImage, sourceFromBytes, writePng, writeTiff } from 'cellpose-ts';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Host } from '../../apps/cli/host.ts';
import { main } from '../../apps/cli/program.ts';
import type { Segmenter } from '../../apps/cli/segmenter.ts';
import { readZipDirectory } from '../../src/io/zipRead.ts';
import { fakeHost } from './fakeHost.ts';
import { brightPixels, noCells, twoCells } from './fakeSegmenters.ts';

describe('a run', () => {
  let root: string;
  let folder: string;
  let model: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'run ü '));
    folder = join(root, 'images');
    model = join(root, 'model');
    mkdirSync(folder);
    writeFileSync(model, 'weights');
    put('a.png');
    put('b.png');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const put = (name: string, image = twoCells) => writeFileSync(join(folder, name), writePng(image));
  const files = (of = folder) => readdirSync(of).sort();
  const newFiles = () => files().filter((name) => !/^[ab]\.png$/.test(name));
  const labels = async (name: string) => {
    const { data } = await readImage(new Uint8Array(readFileSync(join(folder, name))));
    return [...new Set(Array.from(data.data, Number))].sort();
  };

  async function run(words: readonly string[], changes: Partial<Host> = {}) {
    const fake = fakeHost(join(root, 'home'), { loadSegmenter: async () => brightPixels, ...changes });
    const code = await main(['--pretrained_model', model, ...words], fake.host);
    return { code, out: fake.out(), err: fake.err() };
  }
  const record = () => {
    const runs = join(root, 'home', '.cellpose', 'runs');
    return JSON.parse(readFileSync(join(runs, readdirSync(runs).sort().at(-1)!), 'utf8'));
  };

  it('writes _seg.npy beside each image and says so', async () => {
    const { code, out, err } = await run(['--dir', folder]);
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(newFiles()).toEqual(['a_seg.npy', 'b_seg.npy']);
    expect(out).toMatch(/\[1\/2\] a\.png: 2 cells/);
    expect(out).toMatch(/2 of 2 images done, 4 cells/);
  });

  it('writes what workflows expect, and nothing else', async () => {
    await run(['--image_path', join(folder, 'a.png'), '--save_tif', '--verbose', '--no_npy', '--save_flows']);
    expect(newFiles()).toEqual(['a_cp_masks.tif', 'a_dP_cp_masks.tif', 'a_flows_cp_masks.tif']);
  });

  it('finds the same images in a second run', async () => {
    const all = [
      '--save_png',
      '--save_tif',
      '--save_outlines',
      '--save_overlay',
      '--save_flows',
      '--save_txt',
      '--save_csv',
      '--save_rois',
      '--save_geojson',
    ];
    expect((await run(['--dir', folder, ...all])).out).toMatch('2 of 2 images');
    const after = files();
    expect((await run(['--dir', folder, ...all])).out).toMatch('2 of 2 images');
    expect(files()).toEqual(after);
    const named = ['--dir', folder, '--output_name', '_x', '--save_outlines', '--save_png', '--no_npy'];
    expect((await run(named)).out).toMatch('2 of 2 images');
    expect((await run(named)).out).toMatch('2 of 2 images');
    const sorted = [...named, '--in_folders', '--look_one_level_down', '--save_flows'];
    expect((await run(sorted)).out).toMatch('2 of 2 images');
    expect((await run(sorted)).out).toMatch('2 of 2 images');
  });

  it('lets --save_outlines work alone, and sorts into folders', async () => {
    await run(['--dir', folder, '--save_outlines', '--no_npy', '--in_folders']);
    expect(newFiles()).toEqual(['outlines']);
    expect(files(join(folder, 'outlines'))).toEqual(['a_outlines_cp_masks.png', 'b_outlines_cp_masks.png']);
  });

  it('writes regions for ImageJ and cells for QuPath, each flag alone', async () => {
    await run(['--dir', folder, '--save_rois', '--no_npy']);
    expect(newFiles()).toEqual(['a_rois.zip', 'b_rois.zip']);
    const zip = sourceFromBytes(new Uint8Array(readFileSync(join(folder, 'a_rois.zip'))));
    expect([...(await readZipDirectory(zip)).keys()]).toEqual(['1.roi', '2.roi']);
    await run(['--image_path', join(folder, 'a.png'), '--save_geojson', '--no_npy', '--in_folders']);
    const [file] = files(join(folder, 'geojson'));
    expect(file).toBe('a_cp_cells.geojson');
    const { features } = JSON.parse(readFileSync(join(folder, 'geojson', file!), 'utf8'));
    expect(features.map(({ properties }: { properties: { name: string } }) => properties.name)).toEqual(['1', '2']);
  });

  it('writes empty labels where there are no cells', async () => {
    put('a.png', noCells);
    const { code, out } = await run(['--image_path', join(folder, 'a.png'), '--save_png', '--save_txt', '--no_npy']);
    expect(code).toBe(0);
    expect(out).toMatch('0 cells');
    expect(newFiles()).toEqual(['a_cp_masks.png', 'a_cp_outlines.txt']);
    expect(await labels('a_cp_masks.png')).toEqual([0]);
  });

  it('drops cells at the border', async () => {
    await run(['--dir', folder, '--save_png', '--no_npy', '--exclude_on_edges']);
    expect(await labels('a_cp_masks.png')).toEqual([0]);
    await run(['--dir', folder, '--save_png', '--no_npy']);
    expect(await labels('a_cp_masks.png')).toEqual([0, 1, 2]);
  });

  it('names a bad file at the end and goes on', async () => {
    writeFileSync(join(folder, 'a.png'), writePng(twoCells).subarray(0, 60));
    writeFileSync(join(folder, 'c.tif'), '');
    writeFileSync(join(folder, 'd.jpg'), 'hello, this is text');
    const { code, out, err } = await run(['--dir', folder, '--save_png', '--no_npy']);
    expect(code).toBe(1);
    expect(out).toMatch('1 of 4 images done');
    expect(err).toMatch(/failed: 3 of 4\n.*a\.png: .*\n.*c\.tif: .*empty.*\n.*d\.jpg: .*\n$/);
    expect(newFiles().filter((name) => name.includes('_cp_'))).toEqual(['b_cp_masks.png']);
  });

  it('names images whose results would overwrite each other', async () => {
    writeFileSync(join(folder, 'a.tif'), writeTiff(twoCells));
    const { code, err } = await run(['--dir', folder]);
    expect(code).toBe(1);
    expect(err).toMatch(/a\.tif: .*a\.png/);
  });

  it('writes a stack as TIFF, also where a PNG is asked for', async () => {
    const stack = { data: Uint8Array.from([...twoCells.data, ...twoCells.data]), shape: [2, 8, 12] };
    writeFileSync(join(folder, 'a.png'), writeTiff(stack));
    const words = ['--image_path', join(folder, 'a.png')];
    const good = await run([...words, '--save_tif', '--save_txt']);
    expect(good.code).toBe(0);
    expect(good.out).toMatch('note: not written of a stack in this version: outline text\n');
    expect(newFiles()).toEqual(['a_cp_masks.tif', 'a_seg.npy']);
    const png = await run([...words, '--save_png', '--save_tif', '--output_name', '_p', '--no_npy']);
    expect(png.code).toBe(0);
    expect(png.out).toMatch('note: a stack of planes: the labels are written as TIFF, not PNG');
    expect(png.out).toMatch(/label TIFF: \S.*a_p\.tif\n/);
    expect(newFiles()).toEqual(['a_cp_masks.tif', 'a_p.tif', 'a_seg.npy']);
  });

  it('segments a stack as a volume, with another model along z', async () => {
    const inner = twoCells.data.map((v, i) => (i < 12 || i >= 84 ? 10 : v));
    const planes = [noCells.data, inner, inner, noCells.data].flatMap((plane) => Array.from(plane));
    writeFileSync(join(folder, 'a.tif'), writeTiff({ data: Uint8Array.from(planes), shape: [4, 8, 12] }));
    const other = join(root, 'ortho');
    writeFileSync(other, 'other weights');
    const words = ['--image_path', join(folder, 'a.tif'), '--do_3D', '--save_tif', '--exclude_on_edges'];
    const { code, out } = await run([...words, '--pretrained_model_ortho', other, '--flow3D_smooth', '1', '2', '3']);
    expect(out).toMatch('2 cells');
    expect(code).toBe(0);
    expect(newFiles()).toEqual(['a.tif', 'a_cp_masks.tif', 'a_seg.npy']);
    expect(await labels('a_cp_masks.tif')).toEqual([0, 1, 2]);
    expect(record().model.ortho.file).toBe(other);
    const wrong = await run([...words, '--pretrained_model_ortho', 'nobody']);
    expect(wrong.code).toBe(1);
    expect(wrong.err).toMatch('--pretrained_model_ortho nobody: there is no file and no model of this name');
  });

  it('tells where the file has another distance of planes than --anisotropy', async () => {
    const stack = { data: Uint8Array.from([...twoCells.data, ...twoCells.data]), shape: [2, 8, 12] };
    const pixelSize = { x: 0.3, y: 0.3, z: 0.6 };
    writeFileSync(join(folder, 'a.tif'), writeTiff(stack, { axes: 'ZYX', description: 'ome', pixelSize }));
    const words = ['--image_path', join(folder, 'a.tif'), '--do_3D', '--save_tif', '--no_npy'];
    const told = await run(words);
    expect(told.out).toMatch(
      'planes are 0.6 µm apart and pixels 0.3 µm wide: --anisotropy 2.00 would tell, this run has 1',
    );
    expect((await run([...words, '--anisotropy', '2'])).out).not.toMatch('apart');
  });

  it('drops cells of a volume that touch the first or the last plane', async () => {
    const stack = { data: Uint8Array.from([...twoCells.data, ...twoCells.data]), shape: [2, 8, 12] };
    stack.data.forEach((_, i) => {
      if (i % 96 < 12 || i % 96 >= 84) stack.data[i] = 10;
    });
    writeFileSync(join(folder, 'a.tif'), writeTiff(stack));
    const words = ['--image_path', join(folder, 'a.tif'), '--save_tif', '--no_npy', '--exclude_on_edges'];
    await run([...words]);
    expect(await labels('a_cp_masks.tif')).toEqual([0, 1, 2]);
    await run([...words, '--stitch_threshold', '0.5']);
    expect(await labels('a_cp_masks.tif')).toEqual([0]);
  });

  it('does not put the record in the place of an image', async () => {
    const before = readFileSync(join(folder, 'a.png'));
    const { code, err } = await run(['--dir', folder, '--record', join(folder, '.', 'a.png')]);
    expect(code).toBe(1);
    expect(err).toMatch('--record');
    expect(readFileSync(join(folder, 'a.png'))).toEqual(before);
  });

  it('leaves a record away from the images', async () => {
    await run(['--dir', folder, '--save_png', '--diameter', '12']);
    const { model: used, images, exitCode, parameters, command } = record();
    expect(exitCode).toBe(0);
    expect(command[0]).toBe('cellpose-ts');
    expect(parameters.diameter).toBe(12);
    expect(used.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(images).toHaveLength(2);
    expect(images[0]).toMatchObject({ status: 'done', count: 2, diameter: 12, shape: [8, 12], axes: 'YX' });
    expect(images[0].outputs.map((o: { path: string }) => o.path)).toEqual([
      join(folder, 'a_cp_masks.png'),
      join(folder, 'a_seg.npy'),
    ]);
  });

  it('leaves the diameter to a model without size model where it is 0', async () => {
    await run(['--dir', folder, '--diameter', '0']);
    expect(record().images[0].diameter).toBe(20);
  });

  it('writes the rest where one folder cannot be written', async () => {
    mkdirSync(join(root, 'results'));
    const readOnly = Object.assign(new Error('read-only'), { code: 'EROFS' });
    const writeFile: Host['writeFile'] = async (path, bytes) => {
      if (path.endsWith('_seg.npy')) throw readOnly;
      writeFileSync(path, bytes instanceof Uint8Array ? bytes : Buffer.concat(bytes));
    };
    const { code, out, err } = await run(['--dir', folder, '--savedir', join(root, 'results'), '--save_png'], {
      writeFile,
    });
    expect(code).toBe(1);
    expect(files(join(root, 'results'))).toEqual(['a_cp_masks.png', 'b_cp_masks.png']);
    expect(err).toMatch(/a_seg\.npy: the disk is read-only/);
    expect(out).toMatch('label PNG: 2 files');
  });

  it('stops where the disk is full, and says which images are missing', async () => {
    const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
    const writeFile: Host['writeFile'] = async (path) => {
      if (!path.endsWith('.json')) throw full;
    };
    const { code, err } = await run(['--dir', folder, '--save_png'], { writeFile });
    expect(code).toBe(1);
    expect(err).toMatch('the disk is full');
    expect(err).toMatch(/not done: 1 of 2, from .*b\.png/);
  });

  it('ends in good order after Ctrl-C', async () => {
    put('c.png');
    let evals = 0;
    const fake = fakeHost(join(root, 'home'), {
      loadSegmenter: async () => ({
        ...brightPixels,
        eval: async (image, options) => {
          if (++evals === 2) fake.interrupt();
          return brightPixels.eval(image, options);
        },
      }),
    });
    const code = await main(['--pretrained_model', model, '--dir', folder, '--save_png', '--no_npy'], fake.host);
    expect(code).toBe(130);
    expect(evals).toBe(2);
    expect(files().filter((name) => name.includes('_cp_'))).toEqual(['a_cp_masks.png']);
    expect(fake.err()).toMatch(/not done: 2 of 3, from .*b\.png/);
    expect(record()).toMatchObject({ exitCode: 130 });
    expect(record().images.map((i: { status: string }) => i.status)).toEqual(['done', 'cancelled', 'not started']);
  });

  it('tells a fault of its own apart', async () => {
    const loadSegmenter = async () => {
      throw new TypeError('x is not a function');
    };
    const { code, err } = await run(['--dir', folder], { loadSegmenter });
    expect(code).toBe(1);
    expect(err).toMatch(/TypeError: x is not a function\n.*report/);
  });

  it('says once what holds for many images', async () => {
    const loadSegmenter = async (): Promise<Segmenter> => ({
      ...brightPixels,
      eval: async (image, options) => ({ ...(await brightPixels.eval(image, options)), notes: ['one channel'] }),
    });
    const { out } = await run(['--dir', folder], { loadSegmenter });
    expect(out.match(/note: one channel/g)).toHaveLength(1);
    expect(record().images[1].notes).toEqual(['one channel']);
  });

  it('warns where nothing is written', async () => {
    const { code, err } = await run(['--dir', folder, '--no_npy']);
    expect(code).toBe(0);
    expect(err).toMatch('nothing was written');
  });

  it('tells flags without effect', async () => {
    const { err } = await run(['--dir', folder, '--use_gpu', '--no_npy', '--save_png']);
    expect(err).toMatch('--use_gpu has no effect');
    expect(record().notes[0]).toMatch('--use_gpu');
  });

  it.each([
    ['a missing folder', ['--dir', '/nowhere/at all'], 1, '/nowhere/at all'],
    ['a missing file', ['--image_path', '/nowhere/a.png'], 1, '/nowhere/a.png'],
    ['a folder as file', ['--image_path', tmpdir()], 1, '--dir'],
    ['a missing savedir', ['--image_path', import.meta.filename, '--savedir', '/nowhere'], 1, '/nowhere'],
    ['a wrong threshold', ['--dir', '.', '--stitch_threshold', '2'], 2, '--stitch_threshold'],
    ['a wrong number', ['--dir', '.', '--diameter', '-3'], 2, '--diameter'],
    ['an unknown flag', ['--dir', '.', '--nope'], 2, '--nope'],
    ['no images named', ['--save_png'], 2, '--dir'],
  ])('refuses %s', async (_, words, expected, message) => {
    const { code, err } = await run(words);
    expect(err).toMatch(message);
    expect(code).toBe(expected);
  });
});

describe('without images', () => {
  const answer = async (...words: string[]) => {
    const fake = fakeHost('/nowhere');
    const code = await main(words, fake.host);
    return { code, out: fake.out(), err: fake.err() };
  };

  it('greets', async () => {
    const { code, out } = await answer();
    expect(code).toBe(0);
    expect(out).toMatch('cellpose-ts --dir FOLDER');
  });

  it('helps, with every flag and lines that fit', async () => {
    const { code, out } = await answer('--help');
    expect(code).toBe(0);
    expect(out).toMatch('--cellprob_threshold X');
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110);
  });

  it('prints versions in the four lines that workflows read', async () => {
    const { code, out } = await answer('--version');
    expect(code).toBe(0);
    expect(out).toMatch(
      /^\ncellpose version: \t\d+\.\d+\.\d+.* \nplatform: {7}\tlinux \npython version: \tnode-\d\S+ \ntorch version: {2}\tonnxruntime-\d\S+\n$/,
    );
  });
});
