/** A real Chromium with the library in it, for tests. The module is built from the present source, as `npm run build` does. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { buildWeb } from '../../scripts/buildWeb.mjs';
import { serve } from '../../scripts/serve.mjs';

const root = new URL('../..', import.meta.url).pathname;
const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Continuous integration must not skip in silence: there a missing browser fails. */
export const browserMissing = !existsSync(executablePath) && !process.env['CI'];

const softwareGpu = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

export interface PageOptions {
  /** Whether the server asks for cross-origin isolation, without which there are no threads. Default true. */
  readonly isolated?: boolean;
  /** What to open, by its place in the package; default: an empty page for `call`. */
  readonly path?: string;
}

export interface TestBrowser {
  open(options?: PageOptions): Promise<TestPage>;
  close(): Promise<void>;
}

export interface TestPage {
  readonly page: Page;
  /** Calls an export of page.js in the page; arguments and result are JSON. */
  call<T>(name: string, ...args: readonly unknown[]): Promise<T>;
}

/**
 * @param gpu      whether WebGPU has an adapter, one in software.
 * @param folders  more to serve, as prefix of the address → folder.
 */
export async function startBrowser({
  gpu = false,
  folders = {},
}: {
  gpu?: boolean;
  folders?: Record<string, string>;
} = {}): Promise<TestBrowser> {
  const web = mkdtempSync(join(tmpdir(), 'cellpose-ts-web-'));
  await buildWeb(web, { inner: new URL('./inner.ts', import.meta.url).pathname });
  const all = { '/': root, '/dist/web/': web, ...folders };
  const servers = { isolated: await serve(all), plain: await serve(all, { isolated: false }) };
  const browser: Browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', ...(gpu ? softwareGpu : [])],
  });
  return {
    async open({ isolated = true, path = 'test/browser/page.html' } = {}) {
      const page = await browser.newPage();
      await page.goto(`${(isolated ? servers.isolated : servers.plain).origin}/${path}`);
      return {
        page,
        call: (name, ...args) =>
          page.evaluate(`import('/test/browser/page.js').then((p) => p.${name}(...${JSON.stringify(args)}))`),
      };
    },
    async close() {
      await browser.close();
      for (const server of Object.values(servers)) server.close();
      rmSync(web, { recursive: true });
    },
  };
}
