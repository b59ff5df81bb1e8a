/** Curves of the losses of a training, as SVG. */

export interface Curves {
  /** One number an epoch. */
  readonly train: readonly number[];
  /** null for epochs in which none was measured. */
  readonly test: readonly (number | null)[];
}

const width = 720;
const height = 300;
const edge = { left: 56, right: 12, top: 12, bottom: 40 };
const colors = { train: '#2563eb', test: '#dc2626' };

/** Losses over epochs, on a logarithmic scale: what the end gains is as visible as the beginning. */
export function lossChart({ train, test }: Curves): string {
  const points = {
    train: train.map((loss, epoch) => [epoch, loss] as const),
    test: test.flatMap((loss, epoch) => (loss === null ? [] : [[epoch, loss] as const])),
  };
  const values = [...points.train, ...points.test].map(([, loss]) => loss).filter((loss) => loss > 0);
  const [low, high] = [Math.min(...values) / 1.1, Math.max(...values) * 1.1];
  const last = Math.max(1, train.length - 1);
  const x = (epoch: number) => edge.left + (epoch / last) * (width - edge.left - edge.right);
  const y = (loss: number) =>
    edge.top + (Math.log(high / Math.max(loss, low)) / Math.log(high / low)) * (height - edge.top - edge.bottom);
  const path = (list: readonly (readonly [number, number])[]) =>
    list.map(([epoch, loss]) => `${x(epoch).toFixed(1)},${y(loss).toFixed(1)}`).join(' ');
  const line = (kind: 'train' | 'test') =>
    `<polyline points="${path(points[kind])}" fill="none" stroke="${colors[kind]}" stroke-width="1.5"/>`;
  return [
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Losses over epochs">`,
    ...ticks(low, high).map(
      (loss) =>
        `<line x1="${edge.left}" x2="${width - edge.right}" y1="${y(loss)}" y2="${y(loss)}" stroke="#ddd"/>` +
        `<text x="${edge.left - 6}" y="${y(loss) + 4}" text-anchor="end">${loss}</text>`,
    ),
    ...epochTicks(last).map((epoch) => `<text x="${x(epoch)}" y="${height - 20}" text-anchor="middle">${epoch}</text>`),
    `<text x="${(edge.left + width - edge.right) / 2}" y="${height - 4}" text-anchor="middle">epoch</text>`,
    line('train'),
    ...(points.test.length > 0 ? [line('test')] : []),
    '</svg>',
    `<p><span style="color:${colors.train}">—</span> training loss${
      points.test.length > 0 ? ` &nbsp; <span style="color:${colors.test}">—</span> test loss` : ''
    }</p>`,
  ].join('\n');
}

/** 1, 2 and 5 times powers of ten between two numbers. */
function ticks(low: number, high: number): number[] {
  const found: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
    for (const step of [1, 2, 5]) {
      const value = Number((step * 10 ** power).toPrecision(1));
      if (value >= low && value <= high) found.push(value);
    }
  return found;
}

function epochTicks(last: number): number[] {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000].find((s) => last / s <= 8) ?? 10000;
  return Array.from({ length: Math.floor(last / step) + 1 }, (_, k) => k * step);
}
