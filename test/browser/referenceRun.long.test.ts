/** 30 real micrographs in a browser and in Node: the networks' last bits differ, the cells must not. Needs the shared folder. */
import { readFileSync } from 'node:fs';
import { Cellpose, readImage, toCellposeImage } from 'cellpose-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shared } from '../helpers/npz.ts';
import { browserMissing, startBrowser, type TestBrowser } from './chromium.ts';

interface Run {
  readonly name: string;
  readonly runs: { readonly d: { readonly diameter: number } };
}

const folder = `${shared}data/dsb2018/val`;

describe.skipIf(!shared || browserMissing)('the reference images in Chromium (needs ../shared and a browser)', () => {
  let browser: TestBrowser;
  let model: Cellpose;
  beforeAll(async () => {
    browser = await startBrowser({ folders: { '/val/': folder } });
    model = await Cellpose.load({ model: 'nuclei_ref' });
  });
  afterAll(async () => {
    await browser?.close();
    await model?.release();
  });

  it('have the labels that Node gives, each one', async () => {
    const images: Run[] = JSON.parse(readFileSync(`${shared}data/reference-run/nuclei_ref/images.json`, 'utf8'));
    expect(images).toHaveLength(30);
    const page = await browser.open();
    const different: Record<string, number> = {};
    for (const { name, runs } of images) {
      const options = { channels: [0, 0] as const, diameter: runs.d.diameter };
      const file = `${name}_img.png`;
      const image = toCellposeImage(await readImage(readFileSync(`${folder}/${file}`), { name: file }));
      const { masks } = await model.eval(image, options);
      const { labels } = await page.call<{ labels: string }>('segment', `/val/${file}`, options, {
        model: 'nuclei_ref',
      });
      const bytes = Buffer.from(labels, 'base64');
      expect(bytes.length, name).toBe(masks.data.byteLength);
      const pixels = masks.data.reduce((n, label, i) => n + Number(label !== bytes.readInt32LE(4 * i)), 0);
      if (pixels > 0) different[name] = pixels;
    }
    expect(different).toEqual({});
  });
});
