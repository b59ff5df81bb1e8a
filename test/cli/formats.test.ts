/** Formats beside plain TIFF and PNG on the command line: NRRD, OME-Zarr, OME-TIFF of several files in; OME-Zarr and OME-TIFF out. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { labelsZarr, readImage, readZarrImage, writeTiff } from 'cellpose-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../apps/cli/program.ts';
import { folderStore } from '../helpers/folderStore.ts';
import { fakeHost } from './fakeHost.ts';
import { pixelsAsLabels } from './fakeSegmenters.ts';

const plane = {
  data: Int32Array.from({ length: 20 * 30 }, (_, i) => (i % 9 === 0 ? 1 + (i % 5) : 0)),
  shape: [20, 30],
};
const stack = { data: Int32Array.from({ length: 2 * 600 }, (_, i) => i % 4), shape: [2, 20, 30] };

describe('formats on the command line', () => {
  let folder: string;
  let images: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'formats '));
    images = join(folder, 'images');
    mkdirSync(images);
    writeFileSync(join(folder, 'model'), 'weights');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function put(name: string, bytes: Uint8Array | string) {
    mkdirSync(dirname(join(images, name)), { recursive: true });
    writeFileSync(join(images, name), bytes);
  }
  /** A Zarr that is an image as much as labels are one. */
  function putZarr(name: string, masks: typeof plane, options: Parameters<typeof labelsZarr>[1] = {}) {
    for (const { path, bytes } of labelsZarr(masks, options)) put(`${name}/${path}`, bytes);
  }
  const labelsOf = async (name: string) => (await readImage(new Uint8Array(readFileSync(join(images, name))))).data;
  const made = (place = images) =>
    readdirSync(place)
      .filter((name) => /_cp_masks|_seg/.test(name))
      .sort();

  async function run(...words: string[]) {
    const fake = fakeHost(join(folder, 'home'), { loadSegmenter: async () => pixelsAsLabels });
    const code = await main(['--pretrained_model', join(folder, 'model'), '--no_npy', ...words], fake.host);
    return { code, out: fake.out(), err: fake.err() };
  }

  const nrrdHeader = (lines: string[]) =>
    `${['NRRD0004', 'type: int', 'dimension: 2', 'sizes: 30 20', 'encoding: raw', 'endian: little', ...lines].join('\n')}\n\n`;

  it('segments NRRD files, also with their samples in another file, and names one that is missing', async () => {
    const samples = new Uint8Array(plane.data.buffer);
    put('a.nrrd', Buffer.concat([Buffer.from(nrrdHeader([])), samples]));
    put('b.nhdr', nrrdHeader(['data file: b.raw']));
    put('b.raw', samples);
    put('c.nhdr', nrrdHeader(['data file: gone.raw']));
    const { code, out, err } = await run('--dir', images, '--save_tif');
    expect(code).toBe(1);
    expect(out + err).toMatch(/c\.nhdr: FAILED: .*gone\.raw, which holds a part of it, is missing; put it beside/);
    expect(made()).toEqual(['a_cp_masks.tif', 'b_cp_masks.tif']);
    expect([...(await labelsOf('b_cp_masks.tif')).data]).toEqual([...plane.data]);
  });

  it('takes a Zarr folder for an image, its results not, and leaves it as it was', async () => {
    putZarr('x.ome.zarr', plane, { pixelSize: { x: 0.5, y: 0.5 } });
    const before = readdirSync(join(images, 'x.ome.zarr'), { recursive: true }).sort();
    expect((await run('--dir', images, '--save_tif', '--save_zarr')).code).toBe(0);
    expect(made()).toEqual(['x_cp_masks.ome.zarr', 'x_cp_masks.tif']);
    const again = await run('--dir', images, '--save_zarr');
    expect(again.out).toMatch(/1 image,/);
    expect(readdirSync(join(images, 'x.ome.zarr'), { recursive: true }).sort()).toEqual(before);
    expect(readdirSync(images).filter((name) => name.startsWith('.'))).toEqual([]);
    const image = await readZarrImage(folderStore(join(images, 'x_cp_masks.ome.zarr')));
    expect([...image.data.data]).toEqual([...plane.data]);
    expect(image.physicalSize).toEqual({ x: 0.5, y: 0.5, unit: 'micrometer' });
  });

  function putPlate() {
    put('p.zarr/.zgroup', '{"zarr_format":2}');
    put('p.zarr/.zattrs', JSON.stringify({ plate: { wells: [{ path: 'A/1' }, { path: 'B/12' }] } }));
    for (const well of ['A/1', 'B/12']) {
      put(`p.zarr/${well}/.zattrs`, JSON.stringify({ well: { images: [{ path: '0' }] } }));
      putZarr(`p.zarr/${well}/0`, plane);
    }
  }

  it('segments each field of a plate under the name of its well', async () => {
    putPlate();
    const { code, out } = await run('--dir', images, '--save_png');
    expect(code).toBe(0);
    expect(made()).toEqual(['p_A1_0_cp_masks.png', 'p_B12_0_cp_masks.png']);
    expect(out).toMatch('] p.zarr/B/12/0: 5 cells');
    const one = await run('--image_path', join(images, 'p.zarr/B/12/0'), '--save_tif');
    expect(one.code).toBe(0);
    expect(made()).toContain('p_B12_0_cp_masks.tif');
  });

  it('takes results of another --output_name for results, Zarr and pictures too', async () => {
    putZarr('x.ome.zarr', plane);
    const flags = ['--dir', images, '--output_name', '_x', '--save_zarr', '--save_preview', '--save_mpl'];
    expect((await run(...flags)).code).toBe(0);
    expect(readdirSync(images)).toHaveLength(4);
    expect((await run(...flags)).out).toMatch(/^1 image,/m);
  });

  it('compares Zarr images and fields of plates with labels beside them', async () => {
    putPlate();
    putZarr('x.ome.zarr', plane);
    for (const name of ['p_A1_0', 'p_B12_0', 'x']) put(`${name}_masks.tif`, writeTiff(plane));
    const fake = fakeHost(join(folder, 'home'), { loadSegmenter: async () => pixelsAsLabels });
    const flags = ['--dir', images, '--pretrained_model', join(folder, 'model'), '--jobs', '2'];
    expect(await main(['evaluate', ...flags], fake.host)).toBe(0);
    expect(fake.out()).toMatch(/mean of 3 images +1\.000/);
    expect(fake.err()).toMatch('--jobs has no effect: evaluate writes numbers only');
  });

  it('reads from a server into --savedir, and asks for that', async () => {
    putPlate();
    const server: Server = createServer((request, response) => {
      try {
        response.end(readFileSync(join(images, decodeURIComponent(request.url!))));
      } catch {
        response.writeHead(404).end();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/p.zarr`;
      expect((await run('--image_path', url, '--save_tif')).err).toMatch(/say with --savedir FOLDER/);
      const { code } = await run('--image_path', url, '--save_tif', '--savedir', folder);
      expect(code).toBe(0);
      expect(made(folder)).toEqual(['p_A1_0_cp_masks.tif', 'p_B12_0_cp_masks.tif']);
    } finally {
      server.close();
    }
  });

  it('says what is wrong with a folder that is no OME-Zarr', async () => {
    put('n.zarr/.zgroup', '{"zarr_format":2}');
    const { code, err } = await run('--image_path', join(images, 'n.zarr'), '--save_tif');
    expect([code, err]).toEqual([1, expect.stringMatching(/n\.zarr: OME-Zarr: the group describes no image/)]);
  });

  it('writes the labels of a stack with their axes and the size of pixels', async () => {
    const pixelSize = { x: 0.25, y: 0.25, z: 2 };
    put('s.tif', writeTiff(stack, { rgb: false, axes: 'ZYX', description: 'ome', pixelSize }));
    expect((await run('--dir', images, '--save_tif', '--save_zarr')).code).toBe(0);
    const image = await readImage(new Uint8Array(readFileSync(join(images, 's_cp_masks.tif'))));
    expect([image.axes, image.axesFrom, image.physicalSize]).toEqual(['ZYX', 'ome', { ...pixelSize, unit: 'µm' }]);
    expect([...image.data.data]).toEqual([...stack.data]);
    const zarr = await readZarrImage(folderStore(join(images, 's_cp_masks.ome.zarr')));
    expect([zarr.axes, zarr.physicalSize]).toEqual(['ZYX', { ...pixelSize, unit: 'micrometer' }]);
  });
});
