/**
 * Small letters as strokes of a round pen: enough for titles of figures, without a font and without a canvas. An own design; widths are
 * about those of common sans serifs.
 */
import type { NdArray } from '../array/ndarray.ts';

/** x and y of a point, in the height of the small letter x; y is 0 on the base line and grows upwards. */
type Point = readonly [x: number, y: number];
interface Glyph {
  readonly width: number;
  readonly strokes: readonly (readonly Point[])[];
}

/** Points of a bow around (x, y), from one angle to another in degrees, anticlockwise from the right. */
function bow([x, y]: Point, [rx, ry]: Point, from: number, to: number): Point[] {
  const steps = Math.ceil(Math.abs(to - from) / 10);
  return Array.from({ length: steps + 1 }, (_, k) => {
    const angle = ((from + ((to - from) * k) / steps) * Math.PI) / 180;
    return [x + rx * Math.cos(angle), y + ry * Math.sin(angle)];
  });
}

const ascender = 1.4;
const descender = -0.38;
const ring = bow([0.56, 0.5], [0.42, 0.5], 0, 360);
/** An arch from a stem on the left to one on the right. */
const arch = (left: number, width: number): Point[] => [
  [left, 0],
  [left, 0.6],
  ...bow([left + width / 2, 0.6], [width / 2, 0.4], 180, 0),
  [left + width, 0],
];
const stem = (x: number, from: number, to: number): Point[] => [
  [x, from],
  [x, to],
];

const glyphs: Readonly<Record<string, Glyph>> = {
  ' ': { width: 0.58, strokes: [] },
  a: {
    width: 1.12,
    strokes: [
      [...bow([0.52, 0.62], [0.38, 0.38], 150, 0), [0.9, 0]],
      [[0.9, 0.56], [0.5, 0.56], ...bow([0.45, 0.28], [0.31, 0.28], 90, 270), ...bow([0.5, 0.4], [0.4, 0.4], 270, 360)],
    ],
  },
  c: { width: 1, strokes: [bow([0.56, 0.5], [0.42, 0.5], 50, 310)] },
  d: { width: 1.16, strokes: [ring, stem(0.98, 0, ascender)] },
  e: { width: 1.12, strokes: [[[0.14, 0.5], [0.98, 0.5], ...bow([0.56, 0.5], [0.42, 0.5], 0, 315)]] },
  g: { width: 1.16, strokes: [ring, [[0.98, 1], [0.98, 0], ...bow([0.58, 0], [0.4, -descender], 0, -150)]] },
  i: { width: 0.5, strokes: [stem(0.25, 0, 1), stem(0.25, 1.33, 1.38)] },
  k: {
    width: 1.06,
    strokes: [
      stem(0.18, 0, ascender),
      [
        [0.84, 1],
        [0.2, 0.44],
        [0.92, 0],
      ],
    ],
  },
  l: { width: 0.5, strokes: [stem(0.25, 0, ascender)] },
  m: { width: 1.76, strokes: [stem(0.18, 0, 1), arch(0.18, 0.7), arch(0.88, 0.7)] },
  n: { width: 1.14, strokes: [stem(0.18, 0, 1), arch(0.18, 0.76)] },
  o: { width: 1.12, strokes: [ring] },
  p: { width: 1.16, strokes: [bow([0.6, 0.5], [0.42, 0.5], 0, 360), stem(0.18, descender, 1)] },
  r: { width: 0.74, strokes: [stem(0.18, 0, 1), [[0.18, 0.55], ...bow([0.56, 0.55], [0.38, 0.45], 180, 70)]] },
  s: {
    width: 0.96,
    strokes: [[...bow([0.47, 0.74], [0.31, 0.26], 30, 255), ...bow([0.47, 0.26], [0.33, 0.26], 75, -150)]],
  },
  t: {
    width: 0.72,
    strokes: [
      [[0.28, 1.3], [0.28, 0.28], ...bow([0.54, 0.28], [0.26, 0.28], 180, 280)],
      [
        [0.06, 1],
        [0.62, 1],
      ],
    ],
  },
  u: {
    width: 1.14,
    strokes: [[[0.18, 1], [0.18, 0.4], ...bow([0.56, 0.4], [0.38, 0.4], 180, 360), [0.94, 1]], stem(0.94, 0, 1)],
  },
};

export interface TextPlace {
  /** Middle of the text, in pixels. */
  readonly x: number;
  /** Its base line. */
  readonly y: number;
  /** Height of the small letter x, in pixels. */
  readonly size: number;
}

/**
 * Writes a line of small letters in black onto a picture, in place. Letters that are not in the table are left out.
 *
 * @param picture  RGB, (ly, lx, 3).
 */
export function strokeText(picture: NdArray<Uint8Array>, text: string, { x, y, size }: TextPlace): void {
  const letters = [...text].map((letter) => glyphs[letter]).filter((glyph) => glyph !== undefined);
  let left = x - (size * letters.reduce((sum, { width }) => sum + width, 0)) / 2;
  for (const { width, strokes } of letters) {
    for (const stroke of strokes) {
      const points = stroke.map(([px, py]): Point => [left + size * px, y - size * py]);
      for (let k = 1; k < points.length; k++) drawLine(picture, points[k - 1], points[k], size / 14);
    }
    left += size * width;
  }
}

/** With round ends and smooth edges. */
function drawLine({ data, shape }: NdArray<Uint8Array>, a: Point, b: Point, radius: number): void {
  const [ly, lx] = shape;
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const squared = dx * dx + dy * dy || 1;
  const reach = radius + 1;
  const range = (p: number, q: number, size: number) =>
    [Math.max(0, Math.floor(Math.min(p, q) - reach)), Math.min(size - 1, Math.ceil(Math.max(p, q) + reach))] as const;
  const [y0, y1] = range(a[1], b[1], ly);
  const [x0, x1] = range(a[0], b[0], lx);
  for (let y = y0; y <= y1; y++) {
    for (let x = x0; x <= x1; x++) {
      const along = Math.min(Math.max(((x - a[0]) * dx + (y - a[1]) * dy) / squared, 0), 1);
      const distance = Math.hypot(x - a[0] - along * dx, y - a[1] - along * dy);
      const ink = Math.min(Math.max(radius + 0.5 - distance, 0), 1);
      if (ink === 0) continue;
      const light = Math.round(255 * (1 - ink));
      for (let c = 0; c < 3; c++) {
        const i = 3 * (y * lx + x) + c;
        data[i] = Math.min(data[i], light);
      }
    }
  }
}
