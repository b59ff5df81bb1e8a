// The losses of bench/learningCurves.mjs as an SVG: a panel for each seed, the losses above, how far they are apart below.

const panel = { width: 280, gap: 22, left: 84, top: 74 };
const rows = { losses: 230, space: 42, differences: 110, bottom: 46 };
const colors = {
  pytorch: '#f5a94a',
  ours: '#1d4ed8',
  again: '#8a8f98',
  ink: '#24292f',
  pale: '#59636e',
  grid: '#e3e6ea',
};
/** Steps of the running mean: tiles differ more from step to step than a loss falls in that time. */
const smoothing = 15;

/** @param numbers  what the benchmark keeps, with PyTorch's losses. */
export function learningCurvesChart({ epochs, blankLoss, runs }) {
  const sides = ['pytorch', 'ours', 'again'];
  const curves = runs.map((run) => Object.fromEntries(sides.map((side) => [side, smooth(run[side].losses)])));
  const differences = runs.map(({ ours, pytorch, again }) => ({
    ours: smooth(minus(ours.losses, pytorch.losses)),
    again: smooth(minus(again.losses, pytorch.losses)),
  }));
  const all = curves.flatMap(({ pytorch, ours }) => [...pytorch, ...ours]);
  const loss = axis(0, Math.max(...all) * 1.03, 0.5, panel.top, rows.losses);
  const most = Math.max(...differences.flatMap(({ ours, again }) => [...ours, ...again].map(Math.abs)));
  const below = panel.top + rows.losses + rows.space;
  const difference = axis(-1.15 * most, 1.15 * most, niceStep(most), below, rows.differences);
  const width = panel.left + runs.length * panel.width + (runs.length - 1) * panel.gap + 20;
  const height = below + rows.differences + rows.bottom;
  const x = (k, step) => panel.left + k * (panel.width + panel.gap) + (step / epochs) * panel.width;
  const path = (k, values, { y }, style) =>
    `<polyline fill="none" stroke-linejoin="round" ${style} points="${values.map((v, i) => `${x(k, i).toFixed(1)},${y(v).toFixed(1)}`).join(' ')}"/>`;
  const panels = runs.flatMap((run, k) => [
    ...grid(loss, x(k, 0), x(k, epochs), k === 0 && ((v) => v.toFixed(1))),
    ...grid(difference, x(k, 0), x(k, epochs), k === 0 && signed),
    `<line x1="${x(k, 0)}" x2="${x(k, epochs)}" y1="${loss.y(blankLoss)}" y2="${loss.y(blankLoss)}" stroke="${colors.pale}" stroke-dasharray="2 4"/>`,
    path(k, curves[k].pytorch, loss, `stroke="${colors.pytorch}" stroke-width="6" stroke-linecap="round"`),
    path(k, curves[k].ours, loss, `stroke="${colors.ours}" stroke-width="1.8"`),
    path(k, differences[k].again, difference, `stroke="${colors.again}" stroke-width="1.6"`),
    path(k, differences[k].ours, difference, `stroke="${colors.ours}" stroke-width="1.6"`),
    text((x(k, 0) + x(k, epochs)) / 2, panel.top - 10, `seed ${run.seed}`, 'middle', 'bold'),
    ...table(run, x(k, epochs)),
    ...stepTicks(epochs).map((step) => text(x(k, step), below + rows.differences + 18, step, 'middle')),
    text((x(k, 0) + x(k, epochs)) / 2, below + rows.differences + 36, 'training step', 'middle'),
  ]);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="12" fill="${colors.ink}">`,
    '<title>Training losses of cellpose-ts and of PyTorch over the steps, three seeds</title>',
    // A ground of its own: the figure is read on light and dark pages.
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="#fff" stroke="${colors.grid}"/>`,
    ...legend(),
    ...panels,
    upright(24, panel.top + rows.losses / 2, 'training loss'),
    upright(24, below + rows.differences / 2, 'minus PyTorch'),
    '</svg>',
    '',
  ].join('\n');
}

function legend() {
  const entries = [
    ['PyTorch (Cellpose 3.1)', colors.pytorch, 6, 0],
    ['cellpose-ts', colors.ours, 1.8, 186],
    ['PyTorch again, initial weights changed in the last bit', colors.again, 1.8, 304],
    ['the same answer for every pixel', colors.pale, 1, 664, '2 4'],
  ];
  return entries.flatMap(([name, color, thickness, left, dashes]) => [
    `<line x1="${panel.left + left}" x2="${panel.left + left + 24}" y1="26" y2="26" stroke="${color}" stroke-width="${thickness}"${dashes ? ` stroke-dasharray="${dashes}"` : ''}/>`,
    text(panel.left + left + 31, 30, name),
  ]);
}

/** Losses at the end, in the empty corner above the curves. */
function table({ ours, pytorch }, right) {
  const lines = [
    ['', 'cellpose-ts', 'PyTorch'],
    ['last tenth of steps', ours.final.toFixed(4), pytorch.final.toFixed(4)],
    ['held-out tiles', ours.heldOut.toFixed(4), pytorch.heldOut.toFixed(4)],
  ];
  return lines.flatMap(([name, ...values], row) => {
    const y = panel.top + 18 + 17 * row;
    return [text(right - 240, y, name), ...values.map((value, k) => text(right - 6 - 64 * (1 - k), y, value, 'end'))];
  });
}

function axis(low, high, step, top, height) {
  const first = Math.ceil(low / step);
  const ticks = Array.from({ length: Math.floor(high / step) - first + 1 }, (_, k) => (first + k) * step);
  return { ticks, y: (value) => top + ((high - value) / (high - low)) * height };
}

function grid({ ticks, y }, left, right, label) {
  return ticks.flatMap((tick) => [
    `<line x1="${left}" x2="${right}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}" stroke="${tick === 0 ? '#afb8c1' : colors.grid}"/>`,
    ...(label ? [text(left - 8, y(tick) + 4, label(tick), 'end')] : []),
  ]);
}

function stepTicks(steps) {
  const step = niceStep(steps / 4);
  return Array.from({ length: Math.floor(steps / step) + 1 }, (_, k) => k * step);
}

/** 1, 2 or 5 times a power of ten, at most `value`. */
function niceStep(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [5, 2, 1].find((digit) => digit * power <= value);
}

function signed(value) {
  return value === 0 ? '0' : `${value > 0 ? '+' : '−'}${Number(Math.abs(value).toPrecision(2))}`;
}

function smooth(values) {
  const half = Math.floor(smoothing / 2);
  return values.map((_, i) => {
    const part = values.slice(Math.max(0, i - half), i + half + 1);
    return part.reduce((sum, v) => sum + v, 0) / part.length;
  });
}

function minus(a, b) {
  return a.map((v, i) => v - b[i]);
}

function text(x, y, content, anchor = 'start', weight = 'normal') {
  return `<text x="${x}" y="${y.toFixed(1)}" text-anchor="${anchor}" font-weight="${weight}">${content}</text>`;
}

function upright(x, y, content) {
  return `<text transform="translate(${x} ${y}) rotate(-90)" text-anchor="middle">${content}</text>`;
}
