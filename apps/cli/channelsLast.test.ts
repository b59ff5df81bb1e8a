import { describe, expect, it } from 'vitest';
import { channelsLast } from './channelsLast.ts';

const image = (...shape: number[]) => ({
  data: Uint8Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i),
  shape,
});

describe('channelsLast', () => {
  it('leaves planes and channels at the end as they are', () => {
    expect(channelsLast(image(2, 3), 'YX')).toEqual(image(2, 3));
    expect(channelsLast(image(2, 3, 3), 'YXC')).toEqual(image(2, 3, 3));
  });

  it('moves channels from the front and drops axes of size 1', () => {
    const moved = channelsLast(image(1, 2, 2, 3), '1CYX');
    expect(moved.shape).toEqual([2, 3, 2]);
    expect([...moved.data]).toEqual([0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11]);
  });

  it('moves channels from the middle, and turns', () => {
    expect([...channelsLast(image(2, 2, 2), 'YCX').data]).toEqual([0, 2, 1, 3, 4, 6, 5, 7]);
    expect([...channelsLast(image(2, 3), 'XY').data]).toEqual([0, 3, 1, 4, 2, 5]);
  });

  it('refuses stacks', () => {
    expect(() => channelsLast(image(4, 2, 3), 'ZYX')).toThrow('ZYX');
  });
});
