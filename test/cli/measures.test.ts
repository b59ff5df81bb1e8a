/** Tables, annotations and pictures of cells as whole runs write them, with a model that takes no time. */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NdArray, readImage, writePng, writeTiff } from 'cellpose-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../apps/cli/program.ts';
import { goldenPath } from '../helpers/npz.ts';
import { fakeHost } from './fakeHost.ts';
import { brightPixels, noCells, twoCells } from './fakeSegmenters.ts';

describe('files of cells', () => {
  let root: string;
  let folder: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'measures '));
    folder = join(root, 'images');
    mkdirSync(folder);
    writeFileSync(join(root, 'model'), 'weights');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  async function run(image: string, ...flags: string[]) {
    const fake = fakeHost(join(root, 'home'), { loadSegmenter: async () => brightPixels });
    const words = ['--pretrained_model', join(root, 'model'), '--image_path', join(folder, image), '--no_npy'];
    const code = await main([...words, ...flags], fake.host);
    return { code, out: fake.out(), err: fake.err() };
  }
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  /** Lines of the table by the names of its columns. */
  const table = (name: string): Record<string, string>[] => {
    const [header, ...lines] = read(name).trimEnd().split('\n');
    const names = header!.split(',');
    return lines.map((line) => Object.fromEntries(line.split(',').map((value, k) => [names[k], value])));
  };
  const stackOf = (...planes: NdArray<Uint8Array>[]) => ({
    data: Uint8Array.from(planes.flatMap(({ data }) => Array.from(data))),
    shape: [planes.length, 8, 12],
  });

  describe('--save_csv', () => {
    it('measures shape, intensity and how sure the network was', async () => {
      writeFileSync(join(folder, 'a.png'), writePng(twoCells));
      expect(await run('a.png', '--save_csv')).toMatchObject({ code: 0, err: '' });
      expect(readdirSync(folder)).toEqual(['a.png', 'a_cp_objects.csv']);
      const cells = table('a_cp_objects.csv');
      expect(cells.map(({ label }) => label)).toEqual(['1', '2']);
      // three columns of eight rows from edge to edge
      expect(cells[0]).toMatchObject({ area: '24', centroid_y: '3.5', centroid_x: '3', mean_intensity: '200' });
      expect(cells[0]).toMatchObject({ perimeter: '18', circularity: '0.9308', solidity: '1', on_edge: '1' });
      expect(cells[0]).toMatchObject({ min_intensity: '200', max_intensity: '200', mean_cellprob: '0' });
      expect(Number(cells[0]!['flow_error'])).toBeGreaterThan(0);
      expect(read('a_cp_objects.csv')).not.toMatch('_um');
    });

    it('measures in micrometres where the file has the size of a pixel', async () => {
      copyFileSync(goldenPath('formats/ome-tiff/tf_physical_size.ome.tif')!, join(folder, 'a.tif'));
      expect((await run('a.tif', '--save_csv')).err).toBe('');
      // pixels of 0.5 µm in planes 2 µm apart
      const [cell] = table('a_cp_objects.csv');
      expect(Number(cell!['area_um2'])).toBe(Number(cell!['area']) / 4);
      expect(Number(cell!['centroid_y_um'])).toBeCloseTo(Number(cell!['centroid_y']) / 2, 3);
      await run('a.tif', '--save_csv', '--do_3D');
      const [solid] = table('a_cp_objects.csv');
      expect(Number(solid!['volume_um3'])).toBe(Number(solid!['area']) / 2);
      expect(solid).toMatchObject({ centroid_z: '1', centroid_z_um: '2' });
    });

    it('has a header alone where there are no cells', async () => {
      writeFileSync(join(folder, 'a.png'), writePng(noCells));
      expect((await run('a.png', '--save_csv')).code).toBe(0);
      expect(table('a_cp_objects.csv')).toEqual([]);
    });

    it('measures each plane of a stack, and the cells of a volume in space', async () => {
      writeFileSync(join(folder, 'a.tif'), writeTiff(stackOf(noCells, twoCells, twoCells)));
      expect(await run('a.tif', '--save_csv')).toMatchObject({ code: 0, err: '' });
      expect(table('a_cp_objects.csv').map(({ label, plane, area }) => [label, plane, area].join())).toEqual([
        '1,1,24',
        '2,1,24',
        '1,2,24',
        '2,2,24',
      ]);
      expect(await run('a.tif', '--save_csv', '--do_3D')).toMatchObject({ code: 0, err: '' });
      expect(table('a_cp_objects.csv')).toHaveLength(2);
      expect(table('a_cp_objects.csv')[0]).toMatchObject({ area: '48', centroid_z: '1.5', min_z: '1', max_z: '2' });
      expect(read('a_cp_objects.csv')).not.toMatch('flow_error');
      expect(await run('a.tif', '--save_csv', '--stitch_threshold', '0.5')).toMatchObject({ code: 0, err: '' });
      expect(table('a_cp_objects.csv')[0]).toMatchObject({ area: '48', centroid_z: '1.5' });
      expect(Number(table('a_cp_objects.csv')[0]!['flow_error'])).toBeGreaterThan(0);
    });
  });

  it('--save_coco writes annotations that give the labels again', async () => {
    writeFileSync(join(folder, 'a.png'), writePng(twoCells));
    expect(await run('a.png', '--save_coco', '--in_folders')).toMatchObject({ code: 0, err: '' });
    expect(readdirSync(folder)).toEqual(['a.png', 'coco']);
    const { images, annotations } = JSON.parse(read('coco/a_cp_coco.json'));
    expect(images).toEqual([{ id: 1, file_name: 'a.png', width: 12, height: 8 }]);
    expect(annotations).toHaveLength(2);
    // columns 2 to 4 of 8 rows: 16 pixels of background, 24 of the cell, 56 after it
    expect(annotations[0]).toMatchObject({ id: 1, area: 24, bbox: [2, 0, 3, 8], segmentation: { counts: '`0h0h1' } });
  });

  it('--save_preview writes the labels in colours on black', async () => {
    writeFileSync(join(folder, 'a.png'), writePng(twoCells));
    expect(await run('a.png', '--save_preview', '--output_name', '_x')).toMatchObject({ code: 0, err: '' });
    expect(readdirSync(folder)).toEqual(['a.png', 'a_preview_x.png']);
    const { data, photometric } = await readImage(new Uint8Array(readFileSync(join(folder, 'a_preview_x.png'))));
    expect([photometric, ...data.shape]).toEqual(['rgb', 8, 12, 3]);
    const colours = new Set(Array.from({ length: 96 }, (_, i) => data.data.slice(3 * i, 3 * i + 3).join()));
    expect(colours.size).toBe(3);
    expect(colours).toContain('0,0,0');
  });

  it('--save_mpl writes the figure under the name that Cellpose gives it, also alone and of a grey image', async () => {
    writeFileSync(join(folder, 'a.png'), writePng(twoCells));
    expect(await run('a.png', '--save_mpl')).toMatchObject({ code: 0, err: '' });
    expect(readdirSync(folder)).toEqual(['a.png', 'a_cp_output_cp_masks.png']);
    const { data } = await readImage(new Uint8Array(readFileSync(join(folder, 'a_cp_output_cp_masks.png'))));
    expect(data.shape).toEqual([900, 3600, 3]);
    await run('a.png', '--save_mpl', '--in_folders', '--save_tif', '--output_name', '_x');
    expect(readdirSync(folder)).toEqual(['a.png', 'a_cp_output_cp_masks.png', 'a_cp_output_x.png', 'masks']);
  });

  it('leaves pictures and annotations of a stack out, and says so', async () => {
    writeFileSync(join(folder, 'a.tif'), writeTiff(stackOf(noCells, twoCells, twoCells)));
    const { code, out } = await run('a.tif', '--save_mpl', '--save_preview', '--save_coco', '--save_tif');
    expect(code).toBe(0);
    const note = out.split('\n').find((line) => line.includes('not written of a stack'));
    for (const name of ['figure', 'picture of labels', 'COCO annotations']) expect(note).toMatch(name);
    expect(readdirSync(folder)).toEqual(['a.tif', 'a_cp_masks.tif']);
  });
});
