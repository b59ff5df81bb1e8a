/** The library in a real browser: the same cells as in Node, with threads and without. */
import { readFileSync } from 'node:fs';
import { averagePrecision, Cellpose, readImage, toCellposeImage } from 'cellpose-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import samples from '../../samples/index.json' with { type: 'json' };
import { browserMissing, startBrowser, type TestBrowser, type TestPage } from './chromium.ts';

interface Segmented {
  readonly labels: string;
  readonly shape: readonly number[];
  readonly count: number;
  readonly engine: string;
  readonly notes: readonly string[];
  readonly pause: number;
  readonly isolated: boolean;
}

/** The page must answer while the network runs; about 0.1 s were measured, and a busy machine adds to it. In milliseconds. */
const longestPause = 1500;

describe.skipIf(browserMissing)('segmentation in Chromium (needs /usr/bin/chromium, or CHROMIUM)', () => {
  let browser: TestBrowser;
  let model: Cellpose;
  beforeAll(async () => {
    [browser, model] = await Promise.all([startBrowser(), Cellpose.load()]);
  });
  afterAll(async () => {
    await browser?.close();
    await model?.release();
  });

  const expected = new Map<string, Promise<{ labels: string; count: number }>>();
  const inNode = (file: string, diameter: number) => {
    const known = expected.get(file);
    if (known) return known;
    const run = async () => {
      const image = toCellposeImage(await readImage(readFileSync(`samples/${file}`), { name: file }));
      const { masks, count } = await model.eval(image, { channels: [0, 0], diameter });
      return { labels: Buffer.from(masks.data.buffer, masks.data.byteOffset).toString('base64'), count };
    };
    const result = run();
    expected.set(file, result);
    return result;
  };

  it('puts what it could not have into the notes of the result', async () => {
    const page = await browser.open({ isolated: false });
    const options = { channels: [0, 0], diameter: 26.04 };
    const load = { device: 'webgpu', threads: 2 };
    const { notes } = await page.call<Segmented>('segment', '/samples/crowded_nuclei.png', options, load);
    expect(notes).toHaveLength(2);
    expect(notes[0]).toMatch(/^WebGPU: .*; the network runs on the processor instead\.$/);
    expect(notes[1]).toMatch(/^One thread: the page is not cross-origin isolated\./);
  });

  it('finds the cells of float32 in 8-bit numbers too', async () => {
    const page = await browser.open({ isolated: true });
    const { file, diameter } = samples[0]!;
    const load = { threads: 2, precision: 'int8' };
    const result = await page.call<Segmented>('segment', `/samples/${file}`, { channels: [0, 0], diameter }, load);
    expect(result.engine).toMatch(/WebAssembly, 2 threads, int8 with 7-bit weights$/);
    const { labels } = await inNode(file, diameter);
    const masks = (base64: string) => {
      const bytes = new Uint8Array(Buffer.from(base64, 'base64'));
      return { data: new Int32Array(bytes.buffer), shape: result.shape };
    };
    const { ap } = averagePrecision(masks(labels), masks(result.labels), [0.5, 0.75]);
    expect(ap[0]).toBeGreaterThan(0.95);
    expect(ap[1]).toBeGreaterThan(0.9);
  });

  describe.each([true, false])('cross-origin isolated: %s', (isolated) => {
    let page: TestPage;
    beforeAll(async () => {
      page = await browser.open({ isolated });
    });

    it.each(samples)('$name: every label as in Node', async ({ file, diameter }) => {
      const options = { channels: [0, 0], diameter };
      const result = await page.call<Segmented>('segment', `/samples/${file}`, options, { threads: 2 });
      const { labels, count } = await inNode(file, diameter);
      expect(count).toBeGreaterThan(10);
      expect(result.count).toBe(count);
      expect(result.labels === labels).toBe(true);
      expect(result.isolated).toBe(isolated);
      expect(result.pause).toBeLessThan(longestPause);
      expect(result.engine).toMatch(isolated ? /WebAssembly, 2 threads$/ : /WebAssembly, 1 thread$/);
    });
  });
});
