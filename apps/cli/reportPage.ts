/** The report of a training, as one page that needs nothing else. */
import { type Curves, lossChart } from './lossChart.ts';

export interface PrecisionRow {
  readonly label: string;
  /** At 0.5, 0.75 and 0.9; NaN where there is none. */
  readonly mean: ArrayLike<number>;
  readonly pooled: ArrayLike<number>;
}

export interface Sample {
  readonly name: string;
  readonly pictures: readonly { readonly caption: string; readonly png: Uint8Array }[];
}

export interface Report {
  readonly model: string;
  /** What there is to know, as name and value. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly curves: Curves;
  /** On which images the precision was measured, in a sentence. */
  readonly measuredOn: string;
  readonly precision: readonly PrecisionRow[];
  readonly samples: readonly Sample[];
}

const style = `
body { font: 15px/1.5 system-ui, sans-serif; max-width: 960px; margin: 2rem auto; padding: 0 1rem; color: #222; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; } td, th { padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top; } th { white-space: nowrap; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
svg { width: 100%; } svg text { font: 11px system-ui, sans-serif; fill: #555; }
.pictures { display: flex; flex-wrap: wrap; gap: 12px; } figure { margin: 0; flex: 1 1 220px; max-width: 310px; }
figure img { width: 100%; image-rendering: pixelated; border-radius: 4px; } figcaption { color: #555; font-size: 13px; }`;

export function reportPage({ model, facts, curves, measuredOn, precision, samples }: Report): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Training of ${escaped(model)}</title>
<style>${style}
</style>
<h1>Training of ${escaped(model)}</h1>
<table>
${facts.map(([name, value]) => `<tr><th>${escaped(name)}</th><td>${escaped(value)}</td></tr>`).join('\n')}
</table>
<h2>Losses</h2>
${lossChart(curves)}
<h2>Average precision</h2>
<p>${escaped(measuredOn)}</p>
<table>
<tr><th></th><th class="number">IoU 0.5</th><th class="number">0.75</th><th class="number">0.9</th></tr>
${precision.map(precisionRows).join('\n')}
</table>
<p>In the mean each image counts the same, pooled each cell does: do not compare one with the other.</p>
<h2>Samples</h2>
${samples.map(sampleFigures).join('\n')}
</html>
`;
}

function precisionRows({ label, mean, pooled }: PrecisionRow): string {
  const row = (what: string, values: ArrayLike<number>) =>
    `<tr><td>${escaped(`${label}, ${what}`)}</td>${Array.from(
      values,
      (v) => `<td class="number">${Number.isNaN(v) ? '–' : v.toFixed(3)}</td>`,
    ).join('')}</tr>`;
  return `${row('mean of images', mean)}\n${row('all cells pooled', pooled)}`;
}

function sampleFigures({ name, pictures }: Sample): string {
  const figures = pictures.map(({ caption, png }) => {
    const source = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
    return `<figure><img src="${source}" alt="${escaped(caption)}"><figcaption>${escaped(caption)}</figcaption></figure>`;
  });
  return `<p>${escaped(name)}</p>\n<div class="pictures">\n${figures.join('\n')}\n</div>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
