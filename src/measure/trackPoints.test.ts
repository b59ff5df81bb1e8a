/** Tables of tracks, and tracks cut at their gaps for the Cell Tracking Challenge. */
import { describe, expect, it } from 'vitest';
import { framesOf, withMissed } from '../../test/helpers/series.ts';
import { ShapeError } from '../errors.ts';
import { simulateSeries } from '../simulate/simulateSeries.ts';
import { linkMasks } from './linkMasks.ts';
import { resTrackText } from './resTrackText.ts';
import { trackPoints } from './trackPoints.ts';
import { unbrokenTracks } from './unbrokenTracks.ts';

/** One line a frame: cell 1 is missed in frame 1, then divides into 2 and 3. */
const masks = { data: Int32Array.of(1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 0, 3), shape: [4, 1, 4] };
const tracks = [
  { label: 1, begin: 0, end: 2, parent: 0 },
  { label: 2, begin: 3, end: 3, parent: 1 },
  { label: 3, begin: 3, end: 3, parent: 1 },
];

describe('trackPoints', () => {
  it('gives place, area, parent and gap of each cell in each frame', () => {
    expect(trackPoints({ masks, tracks })).toEqual([
      { label: 1, frame: 0, y: 0, x: 1, area: 3, parent: 0, isAfterGap: false },
      { label: 1, frame: 2, y: 0, x: 2, area: 3, parent: 0, isAfterGap: true },
      { label: 2, frame: 3, y: 0, x: 0.5, area: 2, parent: 1, isAfterGap: false },
      { label: 3, frame: 3, y: 0, x: 3, area: 1, parent: 1, isAfterGap: false },
    ]);
  });

  it('refuses a plane', () => {
    expect(() => trackPoints({ masks: { data: masks.data, shape: [4, 4] }, tracks })).toThrow(ShapeError);
  });
});

describe('unbrokenTracks', () => {
  it('numbers on after a gap, with the part before as parent', () => {
    const unbroken = unbrokenTracks({ masks, tracks });
    expect([...unbroken.masks.data]).toEqual([1, 1, 1, 0, 0, 0, 0, 0, 0, 4, 4, 4, 2, 2, 0, 3]);
    expect(resTrackText(unbroken.tracks)).toBe('1 0 0 0\n2 3 3 4\n3 3 3 4\n4 2 2 1\n');
  });

  it('leaves nothing that the challenge refuses', () => {
    const truth = simulateSeries({ seed: 5, size: [160, 160], frames: 10, diameter: 20 });
    const linked = linkMasks(withMissed(truth.masks, 0.5, 5).masks, { maxGap: 2 });
    const { masks: labels, tracks: parts } = unbrokenTracks(linked);
    expect(parts.length).toBeGreaterThan(linked.tracks.length);
    const frames = framesOf(labels).map((frame) => new Set(frame));
    for (const [t, frame] of frames.entries()) {
      const living = parts.filter(({ begin, end }) => begin <= t && t <= end).map(({ label }) => label);
      expect(new Set([0, ...living])).toEqual(frame);
    }
    expect(new Set(parts.map(({ label }) => label)).size).toBe(parts.length);
    for (const { begin, end, parent } of parts) {
      expect(begin).toBeLessThanOrEqual(end);
      if (parent > 0) expect(parts.find(({ label }) => label === parent)!.end).toBeLessThan(begin);
    }
  });
});
