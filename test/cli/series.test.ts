/** Time series through the command line, with a model that takes pixels for labels: what comes of axes, and files of tracks. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EvalOptions, linkMasks, type Masks, readImage, simulateSeries, writeTiff } from 'cellpose-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../apps/cli/program.ts';
import type { Segmenter } from '../../apps/cli/segmenter.ts';
import { framesOf, scrambled, withMissed } from '../helpers/series.ts';
import { fakeHost } from './fakeHost.ts';
import { pixelsAsLabels } from './fakeSegmenters.ts';

/** Options of the last call. */
let seen: EvalOptions = {};
const watched: Segmenter = {
  ...pixelsAsLabels,
  eval: (image, options) => {
    seen = options;
    return pixelsAsLabels.eval(image, options);
  },
};

const truth = simulateSeries({ seed: 3, size: [96, 96], frames: 6, diameter: 20, divisionTime: 10 });
const masks = scrambled(withMissed(truth.masks, 0.4, 3).masks, 3);
const pixels = { data: Uint16Array.from(masks.data), shape: masks.shape };

describe('a time series on the command line', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'series '));
    writeFileSync(join(folder, 'model'), 'weights');
    put('s.tif', { axes: 'TYX', description: 'imagej' });
    seen = {};
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const put = (name: string, options: Parameters<typeof writeTiff>[1]) =>
    writeFileSync(join(folder, name), writeTiff(pixels, { rgb: false, ...options }));
  const read = (name: string) => readImage(new Uint8Array(readFileSync(join(folder, name))));
  const text = (name: string) => readFileSync(join(folder, name), 'utf8');
  const files = () => readdirSync(folder).filter((name) => name.startsWith('s') && name !== 's.tif');

  async function run(...words: string[]) {
    const fake = fakeHost(join(folder, 'home'), { loadSegmenter: async () => watched });
    const path = ['--image_path', join(folder, 's.tif'), '--pretrained_model', join(folder, 'model'), '--no_npy'];
    const code = await main([...path, ...words], fake.host);
    return { code, out: fake.out(), err: fake.err() };
  }

  it('links cells with --track, and the label TIFF says that its planes are frames', async () => {
    const { code, out } = await run('--track', '--save_tif');
    expect(code).toBe(0);
    const linked = linkMasks(masks);
    expect(out).toMatch(`6 frames: ${linked.tracks.length} cells followed`);
    expect(out).toMatch(new RegExp(`s\\.tif.*: ${linked.tracks.length} cells`));
    const labels = await read('s_cp_masks.tif');
    expect([labels.axes, labels.axesFrom]).toEqual(['TYX', 'imagej']);
    expect(Int32Array.from(labels.data.data as Uint16Array)).toEqual(linked.masks.data);
  });

  it('leaves the labels of frames as they are without', async () => {
    await run('--save_tif');
    const labels = await read('s_cp_masks.tif');
    expect(labels.axes).toBe('TYX');
    expect(labels.data.data).toEqual(pixels.data);
  });

  it('writes a table with a line for each cell in each frame', async () => {
    await run('--save_tracks', '--track_gap', '2');
    expect(files()).toEqual(['s_cp_tracks.csv']);
    const [header, ...rows] = text('s_cp_tracks.csv').trimEnd().split('\n');
    expect(header).toBe('label,frame,centroid_y,centroid_x,area,parent,after_gap');
    expect(rows.length).toBe(framesOf(masks).reduce((sum, frame) => sum + new Set(frame).size - 1, 0));
    expect(rows.some((row) => row.endsWith(',1'))).toBe(true);
    expect(rows[0]).toMatch(/^1,0,\d+(\.\d+)?,\d+(\.\d+)?,\d+,0,0$/);
  });

  it('writes the folder of the Cell Tracking Challenge, which is not taken for images', async () => {
    await run('--save_ctc', '--track_gap', '1');
    expect(files()).toEqual(['s_RES']);
    expect(readdirSync(join(folder, 's_RES'))).toEqual([
      ...Array.from({ length: 6 }, (_, t) => `mask00${t}.tif`),
      'res_track.txt',
    ]);
    const tracks = text('s_RES/res_track.txt')
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ').map(Number));
    for (let t = 0; t < 6; t++) {
      const { data, dtype } = await read(`s_RES/mask00${t}.tif`);
      expect([dtype, data.shape]).toEqual(['uint16', [96, 96]]);
      const living = tracks.filter(([, begin, end]) => begin! <= t && t <= end!).map(([label]) => label);
      expect(new Set([0, ...living])).toEqual(new Set(data.data as Uint16Array));
    }
    const again = fakeHost(folder, { loadSegmenter: async () => watched });
    const words = ['--dir', folder, '--look_one_level_down', '--pretrained_model', join(folder, 'model'), '--no_npy'];
    expect(await main([...words, '--save_tif'], again.host)).toBe(0);
    expect(again.out()).toMatch('1 image, model');
  });

  it('finds the axis of time', async () => {
    const axis = async (...words: string[]) => {
      await run(...words);
      return { t: seen.tAxis, z: seen.zAxis };
    };
    expect(await axis()).toEqual({ t: 0, z: undefined });
    expect(await axis('--stitch_threshold', '0.3')).toEqual({ t: undefined, z: 0 });
    expect(await axis('--z_axis', '1')).toEqual({ t: undefined, z: 1 });
    expect(await axis('--t_axis', '2')).toEqual({ t: 2, z: undefined });
    expect(await axis('--chan', '1')).toEqual({ t: undefined, z: undefined });
    expect(await axis('--chan', '1', '--track')).toEqual({ t: 0, z: undefined });
    put('s.tif', { axes: 'ZYX', description: 'imagej' });
    expect(await axis()).toEqual({ t: undefined, z: 0 });
    expect(await axis('--track')).toEqual({ t: 0, z: undefined });
    put('s.tif', {});
    expect(await axis()).toEqual({ t: undefined, z: undefined });
    expect(await axis('--track')).toEqual({ t: 0, z: undefined });
  });

  it('scales frames by themselves unless told otherwise', async () => {
    await run();
    expect(seen.normalizeOver).toBe('frame');
    await run('--norm_series');
    expect(seen.normalizeOver).toBe('series');
  });

  it('says that a single image cannot be tracked', async () => {
    const plane: Masks = { data: masks.data.subarray(0, 96 * 96), shape: [96, 96] };
    writeFileSync(join(folder, 's.tif'), writeTiff(plane));
    const { code, out } = await run('--save_tracks', '--save_ctc', '--save_tif');
    expect(code).toBe(0);
    expect(out).toMatch('nothing to track in a single image');
    expect(files()).toEqual(['s_cp_masks.tif']);
  });

  it.each([
    ['--track', '--do_3D'],
    ['--save_ctc', '--stitch_threshold', '0.4'],
    ['--t_axis', '0', '--do_3D'],
    ['--t_axis', '0', '--z_axis', '1'],
    ['--track', '--track_gap', '-1'],
  ])('refuses %s %s', async (...words) => {
    expect((await run(...words)).code).toBe(2);
  });

  it('says what has no effect', async () => {
    expect((await run('--track_gap', '3')).err).toMatch('--track_gap has no effect');
    expect((await run('--track', '--track_gap', '3')).err).not.toMatch('no effect');
  });

  it('tracks what --exclude_on_edges leaves', async () => {
    const { out } = await run('--track', '--exclude_on_edges', '--save_tif');
    const cells = new Set((await read('s_cp_masks.tif')).data.data as Uint16Array).size - 1;
    expect(cells).toBeGreaterThan(0);
    expect(cells).toBeLessThan(linkMasks(masks).tracks.length);
    expect(out).toMatch(`${cells} cells followed`);
  });
});
