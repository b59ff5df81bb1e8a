/** What goes wrong in a page: files that are not served, models that are none, streams that unpack to too much; and what is left. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserMissing, startBrowser, type TestBrowser, type TestPage } from './chromium.ts';

describe.skipIf(browserMissing)('failures in Chromium (needs /usr/bin/chromium, or CHROMIUM)', () => {
  const empty = mkdtempSync(join(tmpdir(), 'cellpose-ts-empty-'));
  let browser: TestBrowser;
  let page: TestPage;

  afterAll(() => rmSync(empty, { recursive: true }));

  describe('with all files', () => {
    beforeAll(async () => {
      browser = await startBrowser();
      page = await browser.open();
    });
    afterAll(() => browser?.close());

    it('refuses a model that is none, and can go on', async () => {
      const error = await page.call<string>('failure', 'createSession', [1, 2, 3], { threads: 1 });
      expect(error).toMatch(/^DeviceError: the network cannot be compiled: ./);
      const files = ['/test/goldens/network-small-state.npz', '/test/goldens/network-small-forward.npz'];
      const { engine } = await page.call<{ engine: string }>('forward', 'cpu', ...files);
      expect(engine).toMatch(/WebAssembly/);
    });

    it('leaves no worker behind', async () => {
      await expect.poll(() => page.page.workers().length).toBe(0);
    });

    it('names a resource that is not there', async () => {
      const error = await page.call<string>('failure', 'readResource', '/weights/none.json');
      expect(error).toMatch(/^FormatError: resource: \/weights\/none\.json is not served: .* status 404$/);
    });
  });

  describe('without the runtime', () => {
    beforeAll(async () => {
      browser = await startBrowser({ folders: { '/dist/web/ort/': empty } });
      page = await browser.open();
    });
    afterAll(() => browser?.close());

    it('says that it cannot be loaded, and leaves no worker', async () => {
      const error = await page.call<string>('failure', 'createSession', [1, 2, 3], { threads: 1 });
      expect(error).toMatch(/^DeviceError: ONNX Runtime cannot be loaded: .*ort\.wasm\.min\.mjs/);
      await expect.poll(() => page.page.workers().length).toBe(0);
    });
  });
});
