/** A program that imports the package by its name, bundled by Vite: the bundler finds module, weights and runtime by itself. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildWeb } from '../../scripts/buildWeb.mjs';
import { browserMissing, startBrowser, type TestBrowser } from './chromium.ts';

const root = new URL('../..', import.meta.url).pathname;

const program = `
import { Cellpose, readImage, toCellposeImage } from 'cellpose-ts';
const response = await fetch('/samples/crowded_nuclei.png');
const image = toCellposeImage(await readImage(new Uint8Array(await response.arrayBuffer())));
const model = await Cellpose.load();
const { count, engine } = await model.eval(image, { channels: [0, 0], diameter: 26.04 });
document.title = count + ' cells, ' + engine;
`;

describe.skipIf(browserMissing)('a program bundled by Vite, in Chromium (needs a browser)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cellpose-ts-vite-'));
  let browser: TestBrowser;
  beforeAll(async () => {
    const installed = join(folder, 'node_modules/cellpose-ts');
    mkdirSync(installed, { recursive: true });
    cpSync(join(root, 'package.json'), join(installed, 'package.json'));
    cpSync(join(root, 'weights'), join(installed, 'weights'), { recursive: true });
    await buildWeb(join(installed, 'dist/web'));
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
    writeFileSync(join(folder, 'index.html'), '<!doctype html><script type="module" src="/main.js"></script>');
    writeFileSync(join(folder, 'main.js'), program);
    const vite = [join(root, 'node_modules/vite/bin/vite.js'), 'build', '--outDir', 'built', '--base', './'];
    execFileSync(process.execPath, [...vite, '--logLevel', 'warn'], { cwd: folder, stdio: 'inherit' });
    browser = await startBrowser({ folders: { '/app/': join(folder, 'built') } });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([true, false])('finds the cells, cross-origin isolated: %s', async (isolated) => {
    const { page } = await browser.open({ path: 'app/', isolated });
    await page.waitForFunction('document.title.includes("cells")', undefined, { timeout: 120_000 });
    expect(await page.title()).toMatch(/^49 cells, onnxruntime-web .*, WebAssembly, \d+ threads?$/);
  });
});
