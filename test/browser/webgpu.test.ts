/** WebGPU's numbers on a small network, with the adapter in software, and what happens where there is no adapter. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { goldenPath, readNpz } from '../helpers/npz.ts';
import { browserMissing, startBrowser, type TestBrowser, type TestPage } from './chromium.ts';

interface Output {
  readonly y: readonly number[];
  readonly style: readonly number[];
  readonly engine: string;
  readonly notes: readonly string[];
}

const files = ['/test/goldens/network-small-state.npz', '/test/goldens/network-small-forward.npz'];
const golden = readNpz(goldenPath('network-small-forward.npz')!);

/** Of outputs of about 20: float32 sums in another order than PyTorch's; the tolerance of the same golden in Node. */
const tolerance = 1e-4;

function largestDifference(actual: readonly number[], expected: ArrayLike<number | bigint>): number {
  expect(actual.length).toBe(expected.length);
  return actual.reduce((most, value, i) => Math.max(most, Math.abs(value - Number(expected[i]))), 0);
}

function expectGolden({ y, style }: Output): void {
  expect(largestDifference(y, golden['y']!.data)).toBeLessThan(tolerance);
  expect(largestDifference(style, golden['style']!.data)).toBeLessThan(tolerance);
}

describe.skipIf(browserMissing)('networks in Chromium (needs /usr/bin/chromium, or CHROMIUM)', () => {
  describe('with an adapter in software', () => {
    let browser: TestBrowser;
    let page: TestPage;
    beforeAll(async () => {
      browser = await startBrowser({ gpu: true });
      page = await browser.open();
    });
    afterAll(() => browser?.close());

    it("computes PyTorch's numbers by WebGPU when asked for it", async () => {
      const output = await page.call<Output>('forward', 'webgpu', ...files);
      expect(output.engine).toMatch(/WebGPU$/);
      expect(output.notes).toEqual([]);
      expectGolden(output);
    });

    it('leaves an adapter in software alone where the choice is left to it', async () => {
      const output = await page.call<Output>('forward', 'auto', ...files);
      expect(output.engine).toMatch(/WebAssembly, 1 thread$/);
      expect(output.notes).toEqual([
        'WebGPU: its only adapter is one in software; the network runs on the processor instead.',
      ]);
      expectGolden(output);
    });
  });

  describe('without an adapter', () => {
    let browser: TestBrowser;
    beforeAll(async () => {
      browser = await startBrowser();
    });
    afterAll(() => browser?.close());

    it.each(['webgpu', 'auto'])('falls back from %s and says so', async (device) => {
      const page = await browser.open();
      const output = await page.call<Output>('forward', device, ...files);
      expect(output.engine).toMatch(/WebAssembly, 1 thread$/);
      expect(output.notes).toHaveLength(1);
      expect(output.notes[0]).toMatch(/^WebGPU: .*; the network runs on the processor instead\.$/);
      expectGolden(output);
    });

    it('says nothing where nothing was asked for', async () => {
      const page = await browser.open();
      const output = await page.call<Output>('forward', 'cpu', ...files);
      expect(output.notes).toEqual([]);
    });
  });
});
