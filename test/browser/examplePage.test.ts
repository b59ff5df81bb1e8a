/** The example page, used as a person would: a sample, the picker, the saved masks, a file that is no image. */
import { readFileSync } from 'node:fs';
import { Cellpose, readImage, toCellposeImage } from 'cellpose-ts';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserMissing, startBrowser, type TestBrowser } from './chromium.ts';

describe.skipIf(browserMissing)('the example page in Chromium (needs /usr/bin/chromium, or CHROMIUM)', () => {
  let browser: TestBrowser;
  let page: Page;
  const errors: string[] = [];
  beforeAll(async () => {
    browser = await startBrowser();
    ({ page } = await browser.open({ path: 'samples/web/' }));
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('filechooser', (chooser) => void chooser.setFiles('samples/stained_tissue.png'));
  });
  afterAll(() => browser?.close());

  it('segments a sample, and saves the labels that Node finds', async () => {
    await page.click('button[title="Crowded mouse nuclei, fluorescence"]');
    await page.waitForSelector('#save:not([hidden])', { timeout: 60_000 });
    expect(await page.textContent('#count')).toBe('49 cells');
    expect(await page.textContent('#facts')).toContain('onnxruntime-web');

    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save')]);
    expect(download.suggestedFilename()).toBe('crowded_nuclei_cp_masks.png');
    const saved = (await readImage(readFileSync(await download.path()))).data;
    const file = 'samples/crowded_nuclei.png';
    const model = await Cellpose.load();
    const image = toCellposeImage(await readImage(readFileSync(file), { name: file }));
    const { masks } = await model.eval(image, { channels: [0, 0], diameter: 26.04 });
    await model.release();
    expect(saved.shape).toEqual(masks.shape);
    expect([...saved.data].map(Number)).toEqual([...masks.data]);
  });

  it('takes a file by keyboard', async () => {
    await page.focus('#file');
    await page.keyboard.press('Enter');
    await page.waitForFunction('document.getElementById("facts").textContent.startsWith("stained_tissue.png")');
    expect(await page.inputValue('#diameter')).toBe(''); // that of the sample was not for this image
    await page.click('#stop');
    await page.waitForFunction('document.getElementById("count").textContent === "Stopped"');
  });

  it('says what is wrong with a file that is no image', async () => {
    await page.setInputFiles('#file', { name: 'notes.png', mimeType: 'image/png', buffer: Buffer.from('no image') });
    const alert = page.locator('[role=alert]');
    await alert.waitFor();
    expect(await alert.textContent()).toMatch(/^notes\.png: the file is none of TIFF, PNG, JPEG/);
    expect(errors).toEqual([]);
  });
});
