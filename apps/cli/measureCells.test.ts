import { type CheckedCells, computeMasks, flowErrors, type Masks, masksToFlows } from 'cellpose-ts';
import { describe, expect, it } from 'vitest';
import { measureCells } from './measureCells.ts';

/** Two discs, of radius 5 and 3. */
const plane: Masks = { data: new Int32Array(32 * 40), shape: [32, 40] };
for (let y = 0; y < 32; y++)
  for (let x = 0; x < 40; x++)
    plane.data[y * 40 + x] = Math.hypot(y - 12, x - 10) < 5 ? 1 : Math.hypot(y - 20, x - 28) < 3 ? 2 : 0;

const image = { data: new Uint8Array(32 * 40).map((_, i) => i % 200), shape: [32, 40] };
/** What a network that is right but for a factor would have found. */
async function flowOf(masks: Masks, factor: number) {
  const mu = await masksToFlows(masks);
  return { data: Float32Array.from(mu.data, (v) => 5 * factor * v), shape: [2, 32, 40] };
}
const stackOf = (a: { data: Float32Array }, b: { data: Float32Array }) => {
  const n = 32 * 40;
  const data = [a.data.subarray(0, n), b.data.subarray(0, n), a.data.subarray(n), b.data.subarray(n)];
  return { data: Float32Array.from(data.flatMap((part) => Array.from(part))), shape: [2, 2, 32, 40] };
};

describe('measureCells', () => {
  it('takes flows and probabilities of another size for what they are', async () => {
    const small = { data: new Float32Array(2 * 16 * 20).fill(1), shape: [2, 16, 20] };
    const cellprob = { data: new Float32Array(16 * 20).fill(3), shape: [16, 20] };
    const [group] = await measureCells({ image, masks: plane, result: { dP: small, cellprob, axes: 'YX' } });
    expect(group!.cells.map(({ cellprob: mean }) => mean)).toEqual([3, 3]);
    const full = { data: new Float32Array(2 * 32 * 40).fill(1), shape: [2, 32, 40] };
    const errors = await flowErrors(plane, full);
    group!.cells.forEach(({ flowError }, k) => {
      expect(flowError).toBeCloseTo(errors[k]!, 6);
    });
  });

  it('gives cells the numbers of the flow check, whatever their labels are, and measures those that have changed', async () => {
    const cellprob = { data: Float32Array.from(plane.data, (label) => (label > 0 ? 3 : -3)), shape: plane.shape };
    const dP = await flowOf(plane, 0.9);
    const flowChecks: CheckedCells[] = [];
    const masks = await computeMasks(dP, cellprob, { minSize: 1, onFlowCheck: (checked) => flowChecks.push(checked) });
    const marked = flowChecks.map((checked) => ({ ...checked, errors: checked.errors.map((_, k) => 100 + k) }));
    const turned = { ...masks, data: masks.data.map((label) => (label > 0 ? 3 - label : 0)) };
    turned.data[turned.data.indexOf(1)] = 0;
    const result = { dP, cellprob, axes: 'YX' };
    const errorsOf = async (checks: typeof flowChecks) => {
      const [group] = await measureCells({ image, masks: turned, result: { ...result, flowChecks: checks } });
      return group!.cells.map(({ flowError }) => flowError!);
    };
    expect(await errorsOf(flowChecks)).toEqual(await errorsOf([]));
    expect((await errorsOf(marked)).map((error) => error >= 100)).toEqual([false, true]);
  });

  it('measures planes by themselves, and joined cells by the pixels of all planes', async () => {
    const second = { ...plane, data: plane.data.map((label) => (label === 2 ? 1 : 0)) };
    const masks = { data: Int32Array.from([...plane.data, ...second.data]), shape: [2, 32, 40] };
    const flows = [await flowOf(plane, 1), await flowOf(second, 0.5)] as const;
    const result = {
      dP: stackOf(...flows),
      cellprob: { data: new Float32Array(masks.data.length), shape: masks.shape },
      axes: 'ZYX',
    };
    const stack = { data: Uint8Array.from([...image.data, ...image.data]), shape: masks.shape };
    const apart = await measureCells({ image: stack, masks, result });
    expect(apart.map(({ plane: z, cells }) => [z, ...cells.map(({ label }) => label)])).toEqual([
      [0, 1, 2],
      [1, 1],
    ]);
    expect(apart[0]!.cells[0]!.flowError).toBeCloseTo(0, 6);
    const [joined] = await measureCells({ image: stack, masks, result, joinsPlanes: true });
    const [large, small] = [apart[0]!.cells[0]!, apart[1]!.cells[0]!];
    expect(small.flowError).toBeGreaterThan(0.2);
    const mean = (large.area * large.flowError! + small.area * small.flowError!) / (large.area + small.area);
    expect(joined!.cells[0]!.flowError).toBeCloseTo(mean, 9);
    expect(joined!.cells[0]!.area).toBe(large.area + small.area);
  });

  it('finds channels wherever they are, and no flow errors of volumes', async () => {
    const masks = { data: Int32Array.from([...plane.data, ...plane.data]), shape: [2, 32, 40] };
    const planes = Array.from(image.data);
    const channels = Uint8Array.from([
      ...planes,
      ...planes,
      ...planes.map((v) => v + 50),
      ...planes.map((v) => v + 50),
    ]);
    const result = {
      dP: { data: new Float32Array(3 * masks.data.length), shape: [3, ...masks.shape] },
      cellprob: { data: new Float32Array(masks.data.length), shape: masks.shape },
      axes: 'CZYX',
    };
    const input = { data: channels, shape: [2, 2, 32, 40] };
    const [group] = await measureCells({ image: input, masks, result, joinsPlanes: true });
    const [first, second] = group!.cells[0]!.intensity!.mean;
    expect(second! - first!).toBeCloseTo(50, 9);
    expect(group!.cells[0]!.flowError).toBeUndefined();
  });
});
