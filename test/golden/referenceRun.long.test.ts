/** The whole reference run: 30 real micrographs in three diameter modes, and the option variants. Needs the shared folder. */
import { readFileSync } from 'node:fs';
import { Cellpose, type EvalOptions, normalizeRules3Eval, readImage, toCellposeImage } from 'cellpose-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { averagePrecision } from '../../src/metrics/averagePrecision.ts';
import { differingPixels } from '../helpers/labels.ts';
import { shared } from '../helpers/npz.ts';

const folder = `${shared}data/reference-run/nuclei_ref/`;
const json = (name: string) => (shared ? JSON.parse(readFileSync(folder + name, 'utf8')) : []);
const image = async (path: string) => toCellposeImage(await readImage(readFileSync(path), { name: path }));
const picture = (name: string) => image(`${shared}data/dsb2018/val/${name}_img.png`);

interface Run {
  readonly name: string;
  readonly runs: { readonly d: { readonly diameter: number } };
}
interface Variant {
  readonly image: string;
  readonly variant: string;
  readonly options: Record<string, unknown>;
}

/** The empty second channel is not empty here, and the network multiplies it by 316: only numeric stress, no cells. */
const stress = /^(channels_none|channels_1_3|channels_3_1|normalize_lowhigh)$/;

describe.skipIf(!shared)('the whole reference run (needs ../shared)', () => {
  let model: Cellpose;
  beforeAll(async () => {
    model = await Cellpose.load({ model: 'nuclei_ref' });
  });
  afterAll(() => model.release());

  const images: Run[] = json('images.json');

  it.each(['d', 'none', 'size'] as const)(
    '30 images, %s: identical label images, one exception at most',
    async (mode) => {
      expect(images).toHaveLength(30);
      const different: Record<string, number> = {};
      for (const { name, runs } of images) {
        const options: EvalOptions = { channels: [0, 0] };
        const input = await picture(name);
        const result =
          mode === 'none'
            ? await model.cp.eval(input, options)
            : await model.eval(input, { ...options, diameter: mode === 'd' ? runs.d.diameter : 0 });
        const expected = await image(`${folder}${name}__${mode}.png`);
        const pixels = differingPixels(expected, result.masks);
        if (pixels > 0) different[name] = pixels;
        const truth = { data: Int32Array.from(expected.data as Uint16Array), shape: expected.shape };
        const { ap } = averagePrecision(truth, result.masks, [0.9]);
        expect(ap[0], `${name} ${mode}`).toBe(1);
      }
      console.log(`${mode}: ${30 - Object.keys(different).length} of 30 identical`, different);
      expect(Object.keys(different).length).toBeLessThanOrEqual(1);
    },
  );

  const variants: Variant[] = json('variants.json').filter((v: Variant) => !stress.test(v.variant));

  it.each(variants)('$image $variant: identical label image', async ({ image: name, variant, options }) => {
    const result = await model.cp.eval(await picture(name), camelCase(options));
    expect(differingPixels(await image(`${folder}variants/${name}__${variant}.png`), result.masks)).toBe(0);
  });
});

/** Python's option names to ours, those of `normalize` as well, with its faults in tiles and filters; None is left out. */
function camelCase(options: Record<string, unknown>): EvalOptions {
  const entries = Object.entries(options).filter(([, value]) => value !== null);
  return Object.fromEntries(
    entries.map(([key, value]) => [
      key.replace(/_(\w)/g, (_, c: string) => c.toUpperCase()),
      key === 'normalize' && typeof value === 'object'
        ? { ...camelCase(value as Record<string, unknown>), rules: normalizeRules3Eval }
        : value,
    ]),
  );
}
