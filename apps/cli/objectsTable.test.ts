import { describe, expect, it } from 'vitest';
import { objectsTable } from './objectsTable.ts';

const masks = { data: Int32Array.from([0, 2, 2, 1, 0, 2]), shape: [2, 3] };

describe('objectsTable', () => {
  it('measures each label, in order', () => {
    const image = { data: Uint8Array.from([9, 1, 2, 50, 9, 3]), shape: [2, 3] };
    expect(objectsTable(masks, image).split('\n')).toEqual([
      'label,area,centroid_y,centroid_x,min_y,min_x,max_y,max_x,diameter,mean_intensity',
      '1,1,1,0,1,0,1,0,1.128,50',
      '2,3,0.333,1.667,0,1,1,2,1.954,2',
      '',
    ]);
  });

  it('has a column per channel', () => {
    const image = { data: Float32Array.from({ length: 12 }, (_, i) => i / 8), shape: [2, 3, 2] };
    const [header, first] = objectsTable(masks, image).split('\n');
    expect(header).toMatch(/mean_intensity_1,mean_intensity_2$/);
    expect(first).toBe('1,1,1,0,1,0,1,0,1.128,0.75,0.875');
  });

  it('is a header alone where there are no cells', () => {
    const none = { data: new Int32Array(4), shape: [2, 2] };
    expect(
      objectsTable(none, { data: new Uint8Array(4), shape: [2, 2] })
        .trim()
        .split('\n'),
    ).toHaveLength(1);
  });
});
