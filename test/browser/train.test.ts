/** Training in a real browser: the same losses as in Node and in PyTorch, by WebAssembly and by WebGPU. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FloatArray, NdArray } from '../../src/array/ndarray.ts';
import { adamW } from '../../src/train/optimizers.ts';
import { createTrainer } from '../../src/train/trainer.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';
import { browserMissing, startBrowser, type TestBrowser } from './chromium.ts';

interface Trained {
  readonly losses: readonly number[];
  readonly engine: string;
  readonly notes: readonly string[];
}

const file = '/test/goldens/network-train.npz';
const golden = readNpz(goldenPath('network-train.npz')!);
const pytorch = Array.from(golden['adamw/losses']!.data, Number);
/** Relative. Float32 sums in another order; differences grow from step to step, since Adam divides small gradients by their size. */
const tolerance = 1e-4;

function expectLosses(losses: readonly number[], expected: readonly number[]): void {
  for (const [i, loss] of losses.entries())
    expect(Math.abs(loss / expected[i]! - 1), `step ${i + 1}`).toBeLessThan(tolerance);
}

async function inNode(steps: number): Promise<number[]> {
  const state = Object.entries(golden).filter(([name]) => name.startsWith('sd/'));
  const float32 = ({ data, shape }: NdArray): FloatArray => ({ data: Float32Array.from(data), shape });
  const trainer = createTrainer(new Map(state.map(([name, array]) => [name.slice(3), array])), {
    optimizer: adamW(),
    threads: 1,
  });
  const losses: number[] = [];
  const batch = { x: float32(golden['x']!), lbl: float32(golden['lbl']!) };
  for (let i = 0; i < steps; i++) losses.push((await trainer.step(batch, 0.005)).loss);
  await trainer.release();
  return losses;
}

describe.skipIf(browserMissing)('training in Chromium (needs /usr/bin/chromium, or CHROMIUM)', () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await startBrowser({ gpu: true });
  });
  afterAll(() => browser?.close());

  it.each([true, false])('five steps by WebAssembly, cross-origin isolated: %s', async (isolated) => {
    const page = await browser.open({ isolated });
    const { losses, engine } = await page.call<Trained>('train', file, 'cpu', 2, 5);
    expect(engine).toMatch(isolated ? /WebAssembly, 2 threads$/ : /WebAssembly, 1 thread$/);
    expect(losses[4]).toBeLessThan(losses[0]!);
    expectLosses(losses, pytorch);
    expectLosses(losses, await inNode(5));
  });

  it('steps by WebGPU, with the adapter in software', async () => {
    const page = await browser.open();
    const { losses, engine, notes } = await page.call<Trained>('train', file, 'webgpu', 1, 3);
    expect(engine).toMatch(/WebGPU$/);
    expect(notes).toEqual([]);
    expectLosses(losses, pytorch);
  });
});
