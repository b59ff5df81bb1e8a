/** A volume in bricks: what is written along one axis is read along the others. */
import { describe, expect, it } from 'vitest';
import { memoryScratch } from '../../test/helpers/memoryScratch.ts';
import { blockShare, createScratchVolume, type ScratchVolume, type VolumeAxis } from './scratchVolume.ts';

const axes: readonly VolumeAxis[] = [0, 1, 2];

/** Each number is its own place, from 1 on. */
function piece(
  { size: [, ly, lx], nchan }: ScratchVolume,
  axis: VolumeAxis,
  from: number,
  [dz, dy, dx]: readonly number[],
) {
  const first = [0, 0, 0];
  first[axis] = from;
  const values = new Float32Array(dz! * dy! * dx! * nchan);
  for (let z = 0, i = 0; z < dz!; z++)
    for (let y = 0; y < dy!; y++)
      for (let x = 0; x < dx!; x++)
        for (let c = 0; c < nchan; c++, i++)
          values[i] = (((z + first[0]!) * ly + y + first[1]!) * lx + x + first[2]!) * nchan + c + 1;
  return values;
}

describe('a volume in scratch storage', () => {
  it.each([
    [[1, 1, 1], 1],
    [[5, 40, 33], 2],
    [[37, 16, 50], 1],
    [[3, 17, 2], 3],
  ] as const)('of %j voxels with %i values is the same along all axes', async (size, nchan) => {
    for (const writing of axes) {
      const scratch = memoryScratch();
      const volume = await createScratchVolume(scratch, size, nchan);
      expect(scratch.bytes).toBe(4 * nchan * size[0] * size[1] * size[2]);
      for (const block of volume.blocks(writing))
        await volume.write(block, piece(volume, writing, block.from, volume.blockSize(block)));
      for (const reading of axes) {
        const blocks = volume.blocks(reading);
        expect(blocks.map(({ from }) => from)).toEqual([0, ...blocks.slice(0, -1).map(({ to }) => to)]);
        expect(blocks.at(-1)!.to).toBe(size[reading]);
        for (const block of blocks)
          expect(await volume.read(block)).toEqual(piece(volume, reading, block.from, volume.blockSize(block)));
      }
      await volume.release();
      expect(scratch.bytes).toBe(0);
    }
  });

  it('has blocks of a sixteenth, or of a plane where there are few', async () => {
    expect(blockShare([64, 160, 320])).toBe(1 / 16);
    expect(blockShare([5, 160, 320])).toBe(1 / 5);
    expect(blockShare([64, 17, 320])).toBe(2 / 17);
  });

  it('is 0 before anything is written', async () => {
    const volume = await createScratchVolume(memoryScratch(), [4, 20, 20]);
    expect(await volume.read(volume.blocks(1)[3]!)).toEqual(new Float32Array(4 * 2 * 20));
  });
});
