import { describe, expect, it } from 'vitest';
import { segmentationFigure } from './segmentationFigure.ts';
import { strokeText } from './strokeText.ts';

/** First and last of each stretch of places for which something holds. */
function stretches(n: number, holds: (i: number) => boolean): string[] {
  const found: string[] = [];
  for (let i = 0, from = -1; i <= n; i++) {
    const isIn = i < n && holds(i);
    if (isIn && from < 0) from = i;
    if (!isIn && from >= 0) {
      found.push(`${from}-${i - 1}`);
      from = -1;
    }
  }
  return found;
}

describe('segmentationFigure', () => {
  const [ly, lx] = [64, 72];
  const image = { data: new Uint8Array(ly * lx), shape: [ly, lx] };
  const masks = { data: new Int32Array(ly * lx), shape: [ly, lx] };
  for (let i = 0; i < ly * lx; i++) {
    const isCell = Math.hypot(Math.floor(i / lx) - 30, (i % lx) - 30) < 12;
    image.data[i] = isCell ? 200 : i % 5;
    masks.data[i] = isCell ? 1 : 0;
  }
  const dP = { data: new Float32Array(2 * ly * lx).fill(1), shape: [2, ly, lx] };
  const figure = segmentationFigure(image, masks, dP);
  const pixel = (y: number, x: number) => [...figure.data.subarray(3 * (3600 * y + x), 3 * (3600 * y + x) + 3)];
  const isDrawn = (y: number, x: number) => Math.min(...pixel(y, x)) < 250;

  it('puts panels and titles where the figure of Cellpose has them', () => {
    expect(figure.shape).toEqual([900, 3600, 3]);
    // measured in a figure that Cellpose 3.1 made of an image of this size with matplotlib 3.6: to the pixel but for two
    expect(stretches(3600, (x) => isDrawn(200, x))).toEqual(['450-1055', '1178-1783', '1906-2511', '2633-3238']);
    const rows = stretches(900, (y) => Array.from({ length: 600 }, (_, k) => 452 + k).some((x) => isDrawn(y, x)));
    expect(rows).toHaveLength(2);
    expect(rows[1]).toBe('185-723');
    const [top, bottom] = rows[0]!.split('-').map(Number);
    expect(Math.abs(top! - 122)).toBeLessThan(4);
    expect(Math.abs(bottom! - 169)).toBeLessThan(4);
  });

  it('shows image, outlines, masks and flows', () => {
    const scale = 606 / lx;
    const at = (panel: number, y: number, x: number) =>
      pixel(Math.round(185 + scale * (y + 0.5)), Math.round(450 + 727.7 * panel + scale * (x + 0.5)));
    expect(at(0, 30, 30)).toEqual([255, 255, 255]);
    expect(at(1, 30, 19)).toEqual([255, 0, 0]);
    expect(at(1, 30, 30)).toEqual([255, 255, 255]);
    const [r, g, b] = at(2, 30, 30);
    expect(Math.max(r!, g!, b!) - Math.min(r!, g!, b!)).toBe(255);
    expect(new Set(at(2, 2, 2)).size).toBe(1);
  });

  it('averages large images, fits tall ones, and takes flows of another size', () => {
    const large = { data: new Uint8Array(2400 * 1200).map((_, i) => 255 * (i % 2)), shape: [2400, 1200] };
    const none = { data: new Int32Array(2400 * 1200), shape: [2400, 1200] };
    const { data } = segmentationFigure(large, none, dP);
    const middle = 3 * (3600 * 450 + 753);
    expect(data[middle]).toBeGreaterThan(80);
    expect(data[middle]).toBeLessThan(175);
    expect(data[3 * (3600 * 450 + 450)]).toBe(255);
  });

  it('refuses masks of another size', () => {
    expect(() => segmentationFigure(image, { data: new Int32Array(4), shape: [2, 2] }, dP)).toThrow('(64, 72)');
  });
});

describe('strokeText', () => {
  it('is centred, and stays within the picture', () => {
    const picture = { data: new Uint8Array(3 * 40 * 200).fill(255), shape: [40, 200, 3] };
    strokeText(picture, 'nun', { x: 100, y: 30, size: 20 });
    const columns = stretches(200, (x) => picture.data.some((v, i) => v < 128 && Math.floor(i / 3) % 200 === x));
    const left = Number(columns[0]!.split('-')[0]);
    const right = Number(columns.at(-1)!.split('-')[1]);
    expect(Math.abs(left + right - 200)).toBeLessThan(5);
    strokeText(picture, 'predicted', { x: 0, y: 2, size: 30 });
    expect(picture.data.length).toBe(3 * 40 * 200);
  });
});
