/** Runs on the stack of the reference run: our options for each, and what must come out. */
import { existsSync, readFileSync } from 'node:fs';
import { type CellposeModel, type EvalOptions, type EvalResult, readImage, toCellposeImage } from 'cellpose-ts';
import { expect } from 'vitest';
import { differingPixels } from './labels.ts';
import { readNpz, shared } from './npz.ts';

const folder = new URL('../goldens/reference-run/stack/', import.meta.url).pathname;
/** Flows of two of the runs, two megabytes, lie in the shared reference material only. */
const arraysFolder = `${shared ?? '/missing/'}data/reference-run/nuclei_ref/stack/`;
const runs: { variant: string; dP_shape: number[] }[] = JSON.parse(readFileSync(`${folder}stack.json`, 'utf8'));
const options: Readonly<Record<string, EvalOptions>> = {
  do3D_d15: { do3D: true, diameter: 15 },
  do3D_d17: { do3D: true, diameter: 17 },
  do3D_d17_smooth1: { do3D: true, diameter: 17, flow3DSmooth: 1 },
  'do3D_d17_anisotropy1.5': { do3D: true, diameter: 17, anisotropy: 1.5 },
  do3D_d20_noresample: { do3D: true, diameter: 20, resample: false },
  'stitch_0.4_d15': { stitchThreshold: 0.4, diameter: 15 },
  planes_d15: { diameter: 15 },
};
/** Network outputs differ in the last bits between convolution libraries, and single voxels on ridges may follow. */
const allowedShare = 0.001;

export const stackRuns: readonly string[] = runs.map(({ variant }) => variant);

const image = async (name: string) => toCellposeImage(await readImage(readFileSync(folder + name), { name }));

/** Segments the stack and compares masks and, where they are at hand, flows with those of Cellpose. */
export async function checkStackRun(model: CellposeModel, variant: string): Promise<void> {
  const input = await image('stack_img.tif');
  const result = await model.eval(input, { channels: [0, 0], zAxis: 0, ...options[variant] });
  const expected = await image(`masks_${variant}.tif`);
  expect(result.dP.shape).toEqual(runs.find((run) => run.variant === variant)!.dP_shape);
  expect(differingPixels(expected, result.masks)).toBeLessThanOrEqual(allowedShare * expected.data.length);
  const arrays = `${arraysFolder}arrays_${variant}.npz`;
  if (existsSync(arrays)) checkFlows(result, arrays);
}

function checkFlows(result: EvalResult, path: string): void {
  const golden = readNpz(path);
  for (const key of ['dP', 'cellprob'] as const) {
    const { data, shape } = golden[key]!;
    expect(result[key].shape).toEqual(shape);
    // Stored as float16, 11 bits; on top of it what two convolution libraries differ by.
    const worst = result[key].data.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - data[i]!) - Math.abs(value) * 2 ** -11),
      0,
    );
    expect(worst).toBeLessThan(2e-3);
  }
}
