/** `--resume`: a run that was stopped goes on, in whatever state it was left. */
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writePng } from 'cellpose-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Host } from '../../apps/cli/host.ts';
import { main } from '../../apps/cli/program.ts';
import type { Segmenter } from '../../apps/cli/segmenter.ts';
import { fakeHost } from './fakeHost.ts';
import { brightPixels, noCells, twoCells } from './fakeSegmenters.ts';

describe('--resume', () => {
  let root: string;
  let folder: string;
  let model: string;
  /** How many images the model has seen. */
  let evaluated = 0;
  const counting: Segmenter = {
    ...brightPixels,
    eval: (image, options) => {
      evaluated++;
      return brightPixels.eval(image, options);
    },
  };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'resume ü '));
    folder = join(root, 'images');
    model = join(root, 'model');
    mkdirSync(folder);
    writeFileSync(model, 'weights');
    for (const name of ['a', 'b', 'c', 'd']) put(name);
    evaluated = 0;
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const put = (name: string, image = twoCells) => writeFileSync(join(folder, `${name}.png`), writePng(image));
  const journals = join('.cellpose', 'journals');
  async function run(words: readonly string[] = [], changes: Partial<Host> = {}) {
    evaluated = 0;
    const fake = fakeHost(join(root, 'home'), { loadSegmenter: async () => counting, ...changes });
    const code = await main(['--dir', folder, '--pretrained_model', model, '--save_tif', ...words], fake.host);
    return { code, out: fake.out(), err: fake.err(), evaluated };
  }
  /** A run whose disk is full from the third image on. */
  const stopped = () => {
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    return run([], {
      writeFile: async (path, bytes) => {
        if (/[cd]_/.test(path)) throw full;
        writeFileSync(path, Buffer.concat([bytes].flat()));
      },
    });
  };

  it('does what is left, and tells of all', async () => {
    expect((await stopped()).code).toBe(1);
    const { code, out, evaluated } = await run(['--resume']);
    expect(evaluated).toBe(2);
    expect(code).toBe(0);
    expect(out).toMatch('--resume: 2 of 4 images were finished before');
    expect(out).toMatch('4 of 4 images done, 8 cells');
    expect(out).toMatch('label TIFF: 4 files');
    expect((await run(['--resume'])).evaluated).toBe(0);
  });

  it('with --dry_run says what is done and what is left, and writes nothing', async () => {
    const json = join(root, 'dry.json');
    const untouched = await run(['--resume', '--dry_run']);
    expect(untouched.out).toMatch('--resume: 0 of 4 images were finished before, 4 are left');
    expect(readdirSync(root).includes('home')).toBe(false);
    await stopped();
    const before = readFileSync(join(root, 'home', journals, readdirSync(join(root, 'home', journals))[0]!), 'utf8');
    const { code, out, evaluated } = await run(['--resume', '--dry_run', '--json', json]);
    expect([code, evaluated]).toEqual([0, 0]);
    expect(out).toMatch(/a\.png: finished before\n.*b\.png: finished before\n.*c\.png: \d+ × \d+/);
    expect(out).toMatch('--resume: 2 of 4 images were finished before, 2 are left');
    expect(out).toMatch('4 files would be written, 0 in place of others');
    const { images } = JSON.parse(readFileSync(json, 'utf8'));
    expect(images.map(({ finished }: { finished?: boolean }) => finished)).toEqual([true, true, undefined, undefined]);
    const [name] = readdirSync(join(root, 'home', journals));
    expect(readFileSync(join(root, 'home', journals, name!), 'utf8')).toBe(before);
    expect((await run(['--resume'])).evaluated).toBe(2);
  });

  it('does again what has changed, and what has lost a file', async () => {
    await run();
    put('b', noCells);
    rmSync(join(folder, 'c_cp_masks.tif'));
    expect((await run(['--resume'])).evaluated).toBe(2);
  });

  it('leaves alone what somebody has corrected by hand', async () => {
    await run();
    writeFileSync(join(folder, 'a_seg.npy'), 'corrected');
    await run(['--resume']);
    expect(readFileSync(join(folder, 'a_seg.npy'), 'utf8')).toBe('corrected');
  });

  it('starts from nothing with other parameters, another model, or without the flag', async () => {
    await run();
    expect((await run(['--resume', '--diameter', '31'])).evaluated).toBe(4);
    expect((await run(['--resume', '--save_png'])).evaluated).toBe(4);
    expect((await run(['--resume', '--verbose', '--batch_size', '2'])).evaluated).toBe(0);
    writeFileSync(model, 'other weights');
    expect((await run(['--resume'])).evaluated).toBe(4);
    expect((await run()).evaluated).toBe(4);
    expect((await run(['--resume'])).evaluated).toBe(0);
  });

  it('passes over a line that was cut off', async () => {
    await stopped();
    const place = join(root, 'home', journals);
    const [name] = readdirSync(place);
    appendFileSync(join(place, name!), '{"image": "/half');
    expect((await run(['--resume'])).evaluated).toBe(2);
  });

  it('sees images whose results would replace those of one that is done', async () => {
    rmSync(join(folder, 'd.png'));
    await run();
    writeFileSync(join(folder, 'a.tif'), readFileSync(join(folder, 'a.png')));
    const { code, err, evaluated } = await run(['--resume']);
    expect([code, evaluated]).toEqual([1, 0]);
    expect(err).toMatch(/a\.tif.*would replace those of .*a\.png/);
  });

  it('does without a journal where there is no place for it', async () => {
    writeFileSync(join(root, 'home'), 'a file where the folder should be');
    const { code, err } = await run(['--resume', '--record', join(root, 'record.json')]);
    expect(code).toBe(0);
    expect(err).toMatch('this run cannot be resumed');
  });

  it('removes what a killed run has left half written, and not what another one is writing', async () => {
    const { hostname } = await import('node:os');
    const machine = hostname().replace(/[^\w-]/g, '_');
    const part = (pid: number) => `.cellpose-ts-${machine}-${pid}-0a1b2c3d.part`;
    // No process has this number: Linux counts to 2^22 at most.
    for (const pid of [2 ** 30, process.pid]) writeFileSync(join(folder, part(pid)), 'half');
    await run();
    const parts = readdirSync(folder).filter((name) => name.startsWith('.'));
    expect(parts).toEqual([part(process.pid)]);
  });
});
