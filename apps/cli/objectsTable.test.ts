import { type Masks, measureObjects } from 'cellpose-ts';
import { describe, expect, it } from 'vitest';
import { objectsTable } from './objectsTable.ts';

const masks = { data: Int32Array.from([0, 2, 2, 1, 0, 2]), shape: [2, 3] };
const plane = { ndim: 2, nchan: 1, hasFlowErrors: false };

/** Cells of the table by the names of its columns. */
function rowsOf(table: string): Record<string, string>[] {
  const [header, ...lines] = table.trimEnd().split('\n');
  const names = header!.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, k) => [names[k], value])));
}

describe('objectsTable', () => {
  it('measures each label, in order, and begins with the columns that it has always had', () => {
    const image = { data: Uint8Array.from([9, 1, 2, 50, 9, 3]), shape: [2, 3] };
    const lines = objectsTable([{ cells: measureObjects(masks, { image }) }], plane).split('\n');
    expect(lines[0]).toMatch(
      /^label,area,centroid_y,centroid_x,min_y,min_x,max_y,max_x,diameter,mean_intensity,perimeter,circularity,/,
    );
    expect(lines[1]).toMatch(/^1,1,1,0,1,0,1,0,1\.128,50,0,,0,0,0,/);
    expect(lines[2]).toMatch(/^2,3,0\.333,1\.667,0,1,1,2,1\.954,2,/);
    expect(lines.slice(3)).toEqual(['']);
  });

  it('has columns per channel', () => {
    const image = { data: Float32Array.from({ length: 12 }, (_, i) => i / 8), shape: [2, 3, 2] };
    const [first] = rowsOf(objectsTable([{ cells: measureObjects(masks, { image }) }], { ...plane, nchan: 2 }));
    expect(first).toMatchObject({ mean_intensity_1: '0.75', mean_intensity_2: '0.875', max_intensity_2: '0.875' });
  });

  it('has flow error and cell probability, and leaves empty what does not exist', () => {
    const cellprob = { data: Float32Array.from([0, 1, 2, 5, 0, 3]), shape: [2, 3] };
    const cells = measureObjects(masks, { cellprob, flowErrors: [Number.NaN, 0.123456] });
    const rows = rowsOf(objectsTable([{ cells }], { ...plane, hasFlowErrors: true }));
    expect(rows[0]).toMatchObject({ flow_error: '', mean_cellprob: '5', on_edge: '1', circularity: '' });
    expect(rows[1]).toMatchObject({ flow_error: '0.1235', mean_cellprob: '2' });
  });

  it('measures in micrometres where the size of a pixel is known', () => {
    const cells = measureObjects(masks);
    const [, second] = rowsOf(objectsTable([{ cells }], { ...plane, pixelSize: [0.5, 0.5] }));
    expect(second).toMatchObject({ area_um2: '0.75', centroid_y_um: '0.1667', centroid_x_um: '0.8333' });
    const [, oblong] = rowsOf(objectsTable([{ cells }], { ...plane, pixelSize: [0.5, 1] }));
    expect(oblong).toMatchObject({ area_um2: '1.5', perimeter_um: '' });
  });

  it('says which plane or frame a cell is in', () => {
    const groups = [0, 1].map((z) => ({ plane: z, cells: measureObjects(masks) }));
    const rows = rowsOf(objectsTable(groups, { ...plane, planes: 'frame' }));
    expect(rows.map(({ label, frame }) => [label, frame].join())).toEqual(['1,0', '2,0', '1,1', '2,1']);
  });

  it('measures cells of a volume in space', () => {
    const volume: Masks = { data: Int32Array.from([0, 0, 1, 0, 0, 0, 1, 0]), shape: [2, 2, 2] };
    const options = { ...plane, ndim: 3, pixelSize: [2, 1, 1] };
    const table = objectsTable([{ cells: measureObjects(volume) }], options);
    expect(rowsOf(table)[0]).toMatchObject({
      area: '2',
      centroid_z: '0.5',
      max_z: '1',
      volume_um3: '4',
      centroid_z_um: '1',
    });
    expect(table).not.toMatch(/perimeter|solidity/);
  });

  it('is a header alone where there are no cells', () => {
    const none = measureObjects({ data: new Int32Array(4), shape: [2, 2] });
    expect(
      objectsTable([{ cells: none }], plane)
        .trim()
        .split('\n'),
    ).toHaveLength(1);
  });
});
