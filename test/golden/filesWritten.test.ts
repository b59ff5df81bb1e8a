/** Files that the command line writes, against those that Cellpose 3.1 wrote from the same masks and flows. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readImage, readSegNpy } from 'cellpose-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outputsOf } from '../../apps/cli/outputNames.ts';
import { parseFlags } from '../../apps/cli/parseFlags.ts';
import { writeOutputs } from '../../apps/cli/writeOutputs.ts';
import { goldenPath, readNpz } from '../helpers/npz.ts';

const golden = (name: string) => goldenPath(`files/3.1/${name}`)!;
const bytesOf = (path: string) => new Uint8Array(readFileSync(path));
const numbers = ({ data }: { data: ArrayLike<number | bigint> }) => Array.from(data, Number);
const worstDifference = (a: readonly number[], b: readonly number[]) =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
const array = async (path: string) => (await readImage(bytesOf(path))).data;

describe('files written', () => {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'written-'));
    const expected = readNpz(golden('expected.npz'));
    const float = (name: string) => ({ data: Float32Array.from(expected[name]!.data), shape: expected[name]!.shape });
    const masks = { data: Int32Array.from(expected['masks']!.data), shape: expected['masks']!.shape };
    const path = join(folder, 'cells.png');
    const result = {
      masks,
      dP: float('dP'),
      cellprob: float('cellprob'),
      style: { data: new Float32Array(1), shape: [1] },
      count: 6,
      diameter: 17.5,
      rescale: 1,
      niter: 200,
      preset: 'dynamics3',
      engine: 'none',
      axes: 'YX',
      notes: [],
      timing: { network: 0, masks: 0, total: 0 },
    };
    const flags = ['--save_png', '--save_tif', '--save_outlines', '--save_txt', '--save_flows', '--dir', folder];
    const { args } = parseFlags(flags);
    const segmented = { path, image: expected['img']!, result, masks, channels: [0, 0] as const };
    const { failures } = await writeOutputs(outputsOf(path, args), segmented);
    expect(failures).toEqual([]);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(['cells_cp_masks.png', 'cells_cp_masks.tif', 'cells_dP_cp_masks.tif'])(
    '%s holds the same array',
    async (name) => {
      const [ours, theirs] = [await array(join(folder, name)), await array(golden(name))];
      expect(ours).toEqual(theirs);
      expect(ours.data.constructor).toBe(theirs.data.constructor);
    },
  );

  it('cells_cp_outlines.txt is the same text', () => {
    expect(readFileSync(join(folder, 'cells_cp_outlines.txt'), 'utf8')).toBe(
      readFileSync(golden('cells_cp_outlines.txt'), 'utf8'),
    );
  });

  it('cells_flows_cp_masks.tif has the same bytes behind its 16 bits, within 1', async () => {
    const name = 'cells_flows_cp_masks.tif';
    const [ours, theirs] = [await array(join(folder, name)), await array(golden(name))];
    expect(ours.shape).toEqual(theirs.shape);
    expect(ours.data).toBeInstanceOf(Uint16Array);
    const bytes = (picture: typeof ours) => numbers(picture).map((v) => (65536 - v) % 65536);
    expect(worstDifference(bytes(ours), bytes(theirs))).toBeLessThanOrEqual(1);
  });

  it('cells_outlines_cp_masks.png is the same picture, within 1, and red in the same places', async () => {
    const name = 'cells_outlines_cp_masks.png';
    const [ours, theirs] = [await array(join(folder, name)), await array(golden(name))];
    expect(ours.shape).toEqual(theirs.shape);
    expect(worstDifference(numbers(ours), numbers(theirs))).toBeLessThanOrEqual(1);
  });

  it('cells_seg.npy has the same masks, outlines, flows and diameter', () => {
    const [ours, theirs] = [
      readSegNpy(bytesOf(join(folder, 'cells_seg.npy'))),
      readSegNpy(bytesOf(golden('cells_seg.npy'))),
    ];
    expect(ours.masks).toEqual(theirs.masks);
    expect(ours.outlines).toEqual(theirs.outlines);
    expect(ours.isManual).toEqual(theirs.isManual);
    expect(ours.diameter).toBe(theirs.diameter);
    expect(ours.filename).toMatch(/cells\.png$/);
    expect(ours.flows?.dP).toEqual(theirs.flows?.dP);
    expect(ours.flows?.cellprob).toEqual(theirs.flows?.cellprob);
    for (const key of ['flowPicture', 'cellprobPicture', 'zPicture'] as const) {
      const [a, b] = [ours.flows![key]!, theirs.flows![key]!];
      expect(a.shape).toEqual(b.shape);
      expect(worstDifference(numbers(a), numbers(b))).toBeLessThanOrEqual(1);
    }
  });
});
