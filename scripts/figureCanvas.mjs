// Drawing with soft edges on RGB pictures, { data, shape: [height, width, 3] }. Places are [y, x], colours [r, g, b], 0-255.

/** Rows of three squares from top to bottom. */
const digits = [
  '111101101101111',
  '010110010010111',
  '111001111100111',
  '111001111001111',
  '101101111001001',
  '111100111001111',
  '111100111101111',
  '111001001010010',
  '111101111101111',
  '111101111001111',
];

export function canvas(height, width) {
  return { data: new Uint8Array(3 * height * width).fill(255), shape: [height, width, 3] };
}

export function paste(sheet, { data, shape: [height, width] }, left) {
  for (let y = 0; y < height; y++)
    sheet.data.set(data.subarray(3 * width * y, 3 * width * (y + 1)), 3 * (y * sheet.shape[1] + left));
}

export function line(sheet, [y0, x0], [y1, x1], thickness, color) {
  const [dy, dx] = [y1 - y0, x1 - x0];
  const square = dy * dy + dx * dx || 1;
  const distance = (y, x) => {
    const t = Math.min(Math.max(((y - y0) * dy + (x - x0) * dx) / square, 0), 1);
    return Math.hypot(y - y0 - t * dy, x - x0 - t * dx) - thickness / 2;
  };
  const box = [Math.min(y0, y1) - 3, Math.min(x0, x1) - 3, Math.max(y0, y1) + 3, Math.max(x0, x1) + 3];
  paint(sheet, box, distance, color);
}

export function arrow(sheet, from, to, color) {
  const [dy, dx] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(dy, dx);
  if (length < 1) return;
  const head = Math.min(9, 0.45 * length);
  line(sheet, from, to, 1.6, color);
  for (const turn of [-0.5, 0.5]) {
    const angle = Math.atan2(dy, dx) + Math.PI + turn;
    line(sheet, to, [to[0] + head * Math.sin(angle), to[1] + head * Math.cos(angle)], 1.6, color);
  }
}

export function dot(sheet, [cy, cx], r, color) {
  paint(sheet, [cy - r - 1, cx - r - 1, cy + r + 1, cx + r + 1], (y, x) => Math.hypot(y - cy, x - cx) - r, color);
}

export function ring(sheet, [cy, cx], r, color) {
  const box = [cy - r - 3, cx - r - 3, cy + r + 3, cx + r + 3];
  paint(sheet, box, (y, x) => Math.abs(Math.hypot(y - cy, x - cx) - r) - 1.4, color);
}

/** A number in digits of 3 x 5 squares, centred. */
export function number(sheet, value, [cy, cx], color) {
  const size = 2.5;
  const text = String(value);
  const width = (4 * text.length - 1) * size;
  [...text].forEach((digit, k) => {
    [...digits[digit]].forEach((bit, i) => {
      if (bit === '0') return;
      const top = cy - 2.5 * size + Math.floor(i / 3) * size;
      const left = cx - width / 2 + (4 * k + (i % 3)) * size;
      const [my, mx] = [top + size / 2, left + size / 2];
      const distance = (y, x) => Math.max(Math.abs(y - my), Math.abs(x - mx)) - size / 2;
      paint(sheet, [top - 1, left - 1, top + size + 1, left + size + 1], distance, color);
    });
  });
}

/** Paints what `distance` (in pixels, 0 and below inside) covers, with soft edges. */
function paint(sheet, [top, left, bottom, right], distance, color) {
  const [height, width] = sheet.shape;
  for (let y = Math.max(0, Math.floor(top)); y <= Math.min(height - 1, Math.ceil(bottom)); y++) {
    for (let x = Math.max(0, Math.floor(left)); x <= Math.min(width - 1, Math.ceil(right)); x++) {
      const share = Math.min(Math.max(0.5 - distance(y + 0.5, x + 0.5), 0), 1);
      const at = 3 * (y * width + x);
      for (let c = 0; c < 3; c++) sheet.data[at + c] += (color[c] - sheet.data[at + c]) * share;
    }
  }
}

/** From dark violet over red to light yellow, t from 0 to 1. */
export function glow(t) {
  return mix(
    [
      [40, 16, 80],
      [146, 36, 104],
      [222, 80, 58],
      [252, 165, 60],
      [252, 248, 190],
    ],
    t,
  );
}

/** From light to dark blue, t from 0 to 1. */
export function shade(t) {
  return mix(
    [
      [216, 230, 244],
      [120, 170, 214],
      [12, 56, 120],
    ],
    t,
  );
}

function mix(stops, t) {
  const at = Math.min(Math.max(t, 0), 1) * (stops.length - 1);
  const k = Math.min(Math.floor(at), stops.length - 2);
  return stops[k].map((from, c) => from + (stops[k + 1][c] - from) * (at - k));
}
