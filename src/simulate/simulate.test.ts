/** What must hold of every simulated picture, stack and series, whatever was drawn. */
import { describe, expect, it } from 'vitest';
import type { Masks } from '../array/ndarray.ts';
import { OptionError } from '../errors.ts';
import { simulateImage } from './simulateImage.ts';
import { simulateSeries } from './simulateSeries.ts';
import { simulateVolume } from './simulateVolume.ts';
import type { Modality, SimulatedSeries } from './types.ts';

const modalities: readonly Modality[] = ['nuclei', 'cells', 'phase', 'brightfield', 'stained'];

/** Number of pieces, connected over sides, of each label; 0 for those that are missing. */
function pieces({ data, shape }: Masks): number[] {
  const lx = shape.at(-1)!;
  const plane = lx * shape.at(-2)!;
  const seen = new Uint8Array(data.length);
  const found = new Array<number>(data.reduce((a, b) => Math.max(a, b), 0)).fill(0);
  for (let start = 0; start < data.length; start++) {
    if (data[start] === 0 || seen[start]) continue;
    found[data[start] - 1]++;
    const stack = [start];
    seen[start] = 1;
    for (let i = stack.pop(); i !== undefined; i = stack.pop()) {
      const x = i % lx;
      const near = [i - plane, i + plane];
      if (x > 0) near.push(i - 1);
      if (x < lx - 1) near.push(i + 1);
      if (i % plane >= lx) near.push(i - lx);
      if (i % plane < plane - lx) near.push(i + lx);
      for (const k of near)
        if (data[k] === data[i] && !seen[k]) {
          seen[k] = 1;
          stack.push(k);
        }
    }
  }
  return found;
}

const ones = (n: number) => new Array<number>(n).fill(1);

describe('simulateImage', () => {
  it.each(modalities)('%s: labels 1 … count, one piece each, near the number and the size asked for', (modality) => {
    for (const seed of [1, 2, 3]) {
      const { masks, count, diameter } = simulateImage({ modality, seed, size: [300, 260], cells: 35, diameter: 24 });
      expect(masks.shape).toEqual([300, 260]);
      expect(pieces(masks), `seed ${seed}`).toEqual(ones(count));
      expect(Math.abs(count - 35), `seed ${seed}`).toBeLessThanOrEqual(2);
      // cells at the border are cut, so the median lies somewhat below
      expect(diameter).toBeGreaterThan(24 * 0.8);
      expect(diameter).toBeLessThan(24 * 1.1);
    }
  });

  it('gives the channels that the modality has', () => {
    const shapes = modalities.map((modality) => simulateImage({ modality, size: [40, 50] }).image.shape);
    expect(shapes).toEqual([
      [40, 50],
      [40, 50, 2],
      [40, 50],
      [40, 50],
      [40, 50, 3],
    ]);
  });

  it('lets nuclei lie in the cells of their label', () => {
    const { masks, nuclei, count } = simulateImage({ modality: 'cells', size: [256, 256], diameter: 40 });
    expect(nuclei!.data.every((label, i) => label === 0 || label === masks.data[i])).toBe(true);
    expect(Math.max(...pieces(nuclei!))).toBe(1);
    expect(new Set(nuclei!.data).size - 1).toBeGreaterThan(0.8 * count);
  });

  it.each(modalities)('%s: the same seed gives the same bytes, another one others', (modality) => {
    const take = (seed: number) => simulateImage({ modality, seed, size: [64, 64], diameter: 20 });
    expect(take(5)).toEqual(take(5));
    expect(take(5).image.data).not.toEqual(take(6).image.data);
    expect(take(5).masks.data).not.toEqual(take(6).masks.data);
  });

  it('shows fluorescent cells brighter than what is between them', () => {
    const { image, masks } = simulateImage({ size: [128, 128], cells: 8 });
    const mean = (inside: boolean) => {
      const values = Array.from(image.data).filter((_, i) => masks.data[i] > 0 === inside);
      return values.reduce((a, b) => a + b, 0) / values.length;
    };
    expect(mean(true)).toBeGreaterThan(4 * mean(false));
  });

  it('changes the picture, not the truth, with noise, blur, light and depth', () => {
    const base = { seed: 4, size: [96, 96], diameter: 20 } as const;
    const plain = simulateImage(base);
    const changes = [
      { photons: 20 },
      { blur: 3 },
      { illumination: 0.6 },
      { background: 0.3 },
      { texture: 0 },
      { readNoise: 20 },
    ];
    for (const change of changes) {
      const other = simulateImage({ ...base, ...change });
      expect(other.masks, JSON.stringify(change)).toEqual(plain.masks);
      expect(other.image.data, JSON.stringify(change)).not.toEqual(plain.image.data);
    }
    const deep = simulateImage({ ...base, bitDepth: 12 }).image.data;
    expect(deep).toBeInstanceOf(Uint16Array);
    const brightest = Math.max(...Array.from(deep));
    expect(brightest).toBeGreaterThan(255);
    expect(brightest).toBeLessThan(4096);
  });

  it('makes an image without cells', () => {
    const { count, masks, diameter } = simulateImage({ cells: 0, size: [32, 32] });
    expect([count, diameter, masks.data.some((label) => label !== 0)]).toEqual([0, 0, false]);
  });

  it('puts more cells against each other with more clustering', () => {
    const touching = (clustering: number) => {
      const { masks } = simulateImage({ clustering, seed: 2, size: [400, 400], cells: 40, diameter: 26 });
      const { data } = masks;
      const found = new Set<number>();
      for (let i = 2; i < data.length; i++) {
        for (const k of [i - 1, i - 2, i - 400, i - 800])
          if (k >= 0 && data[i] && data[k] && data[i] !== data[k]) found.add(data[i]).add(data[k]);
      }
      return found.size;
    };
    expect(touching(0.9)).toBeGreaterThan(2 * touching(0));
  });

  it('finds room for nearly all of 150 cells in 512 x 512 pixels', () => {
    const { count } = simulateImage({ cells: 150, diameter: 26, size: [512, 512], seed: 1 });
    expect(count).toBeGreaterThanOrEqual(143);
  });
});

describe('simulateVolume', () => {
  it.each(['nuclei', 'cells'] as const)(
    '%s: labels 1 … count, one piece each, of about the size asked for',
    (modality) => {
      const options = { modality, size: [20, 72, 80], anisotropy: 2, cells: 14, diameter: 18, seed: 3 } as const;
      const { image, masks, count, diameter } = simulateVolume(options);
      expect(image.shape).toEqual(modality === 'cells' ? [20, 72, 80, 2] : [20, 72, 80]);
      expect(pieces(masks)).toEqual(ones(count));
      expect(Math.abs(count - 14)).toBeLessThanOrEqual(2);
      expect(Math.abs(diameter - 18)).toBeLessThan(4);
      expect(simulateVolume(options)).toEqual(simulateVolume(options));
    },
  );

  it('has flatter cells, in planes, where planes are farther apart', () => {
    const height = (anisotropy: number) => {
      const { masks } = simulateVolume({
        anisotropy,
        size: [40, 64, 64],
        cells: 1,
        diameter: 24,
        seed: 8,
        sizeSpread: 0,
      });
      const planes = Array.from({ length: 40 }, (_, z) => masks.data.subarray(z * 4096, (z + 1) * 4096));
      return planes.filter((plane) => plane.some((label) => label > 0)).length;
    };
    expect(height(3)).toBeLessThan(0.6 * height(1));
  });
});

describe('simulateSeries', () => {
  const plane = ({ masks: { data, shape } }: SimulatedSeries, frame: number): Masks => {
    const [, ly, lx] = shape;
    return { data: data.slice(frame * ly * lx, (frame + 1) * ly * lx), shape: [ly, lx] };
  };
  const options = { size: [200, 200], cells: 20, diameter: 24, frames: 16, divisionTime: 9, deathRate: 0.02 } as const;

  it.each([1, 2, 3])(
    'seed %i: tracks say exactly what the labels show, and mothers end where daughters begin',
    (seed) => {
      const series = simulateSeries({ ...options, seed });
      const { tracks } = series;
      expect(tracks.map(({ label }) => label)).toEqual(tracks.map((_, k) => k + 1));
      const shown = tracks.map(() => [] as number[]);
      for (let frame = 0; frame < options.frames; frame++) {
        const count = pieces(plane(series, frame));
        expect(Math.max(...count)).toBe(1);
        count.forEach((n, k) => {
          if (n > 0) shown[k].push(frame);
        });
      }
      const expected = tracks.map(({ first, last }) => Array.from({ length: last - first + 1 }, (_, n) => first + n));
      expect(shown).toEqual(expected);
      const daughters = tracks.filter(({ parent }) => parent > 0);
      expect(daughters.length).toBeGreaterThan(5);
      for (const { first, parent } of daughters) {
        expect(tracks[parent - 1].last).toBe(first - 1);
        expect(daughters.filter((other) => other.parent === parent).length).toBeLessThanOrEqual(2);
      }
    },
  );

  it('starts with about the number of cells asked for and moves them a little', () => {
    const series = simulateSeries({ ...options, frames: 2, divisionTime: 1000, deathRate: 0 });
    const begin = series.tracks.filter(({ first }) => first === 0);
    expect(Math.abs(begin.length - 20)).toBeLessThanOrEqual(6);
    const [a, b] = [plane(series, 0).data, plane(series, 1).data];
    expect(a).not.toEqual(b);
    const same = a.reduce((n, label, i) => n + (label > 0 && label === b[i] ? 1 : 0), 0);
    expect(same).toBeGreaterThan(0.6 * a.reduce((n, label) => n + (label > 0 ? 1 : 0), 0));
  });

  it('is made of the seed alone, and keeps channels and nuclei', () => {
    const small = { ...options, size: [80, 80], cells: 4, frames: 3, modality: 'cells' } as const;
    const series = simulateSeries(small);
    expect(series).toEqual(simulateSeries(small));
    expect(series.image.shape).toEqual([3, 80, 80, 2]);
    expect(series.nuclei!.data.every((label, i) => label === 0 || label === series.masks.data[i])).toBe(true);
    expect(simulateSeries({ ...small, seed: 9 }).image.data).not.toEqual(series.image.data);
  });

  it('lets all vanish where nothing survives a frame', () => {
    const { tracks } = simulateSeries({ ...options, frames: 3, deathRate: 1 });
    expect(tracks.every(({ last }) => last === 0)).toBe(true);
  });
});

describe('options', () => {
  it.each([
    [{ modality: 'x-ray' }, 'modality'],
    [{ form: 'cube' }, 'form'],
    [{ size: [8, 64] }, 'size'],
    [{ size: [64.5, 64] }, 'size'],
    [{ cells: 1e6 }, 'cells'],
    [{ cells: -1 }, 'cells'],
    [{ diameter: 2 }, 'diameter'],
    [{ seed: 0.5 }, 'seed'],
    [{ seed: Number.NaN }, 'seed'],
    [{ sizeSpread: 2 }, 'sizeSpread'],
    [{ clustering: 1.1 }, 'clustering'],
    [{ texture: -1 }, 'texture'],
    [{ blur: -1 }, 'blur'],
    [{ illumination: 1 }, 'illumination'],
    [{ background: -0.1 }, 'background'],
    [{ photons: 0 }, 'photons'],
    [{ readNoise: Number.POSITIVE_INFINITY }, 'readNoise'],
    [{ bitDepth: 10 }, 'bitDepth'],
  ])('refuses %j and names the option', (options, name) => {
    const make = () => simulateImage({ size: [64, 64], ...options } as never);
    expect(make).toThrow(OptionError);
    expect(make).toThrow(`simulateImage: ${name} needs`);
  });

  it.each([
    [() => simulateVolume({ modality: 'phase' as never }), 'modality'],
    [() => simulateVolume({ size: [1, 64, 64] }), 'size'],
    [() => simulateVolume({ anisotropy: 0 }), 'anisotropy'],
    [() => simulateSeries({ size: [64, 64], frames: 0 }), 'frames'],
    [() => simulateSeries({ size: [64, 64], divisionTime: 1 }), 'divisionTime'],
    [() => simulateSeries({ size: [64, 64], speed: -1 }), 'speed'],
    [() => simulateSeries({ size: [64, 64], deathRate: 2 }), 'deathRate'],
  ])('refuses %s', (make, name) => {
    expect(make).toThrow(OptionError);
    expect(make).toThrow(`${name} needs`);
  });
});
