/** Holds the invariant of ARCHITECTURE.md: a file in src/ imports only from its own folder or from folders of lower rank. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const src = new URL('../src/', import.meta.url).pathname;

const ranks: Record<string, number> = {
  // The ground floor has an order of its own.
  'errors.ts': 0,
  array: 0.1,
  platform: 0.2,
  kernels: 1,
  graph: 1,
  transforms: 2,
  masks: 2,
  nets: 2,
  io: 3,
  dynamics: 3,
  metrics: 3,
  plot: 3,
  measure: 3,
  engine: 4,
  simulate: 4,
  models: 5,
  train: 6,
  'index.ts': 7,
};

interface Import {
  readonly from: string;
  readonly to: string;
}

function modules(): string[] {
  return readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
    (f) => /\.ts$/.test(f) && !/\.test\.ts$/.test(f),
  );
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(src, file), 'utf8');
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((m) => m[1]!);
  return specifiers.flatMap((specifier) => {
    if (specifier === '#platform') return [{ from: file, to: 'platform/types.ts' }];
    if (!specifier.startsWith('.')) return [{ from: file, to: specifier }];
    return [{ from: file, to: relative(src, join(src, dirname(file), specifier)) }];
  });
}

/** The folder below src/ (or the file, at the top) that a path belongs to. */
const room = (path: string): string => path.split('/')[0]!;

describe('layers', () => {
  const all = modules();
  const imports = all.flatMap(importsOf);

  it('looks at a plausible number of modules', () => {
    expect(all.length).toBeGreaterThan(40);
    expect(imports.length).toBeGreaterThan(100);
  });

  it('gives every folder a rank', () => {
    expect(all.map(room).filter((r) => !(r in ranks))).toEqual([]);
  });

  it('imports only from the same folder or from lower ranks', () => {
    const wrong = imports
      .filter(({ to }) => room(to) in ranks)
      .filter(({ from, to }) => room(from) !== room(to) && ranks[room(to)]! >= ranks[room(from)]!);
    expect(wrong).toEqual([]);
  });

  it('keeps Node out of everything but platform/node.ts', () => {
    const wrong = imports.filter(({ from, to }) => /^node:|^onnxruntime-node$/.test(to) && from !== 'platform/node.ts');
    expect(wrong).toEqual([]);
  });

  it('keeps src/ free of printing and of the environment', () => {
    const wrong = all.filter(
      (f) => f !== 'platform/node.ts' && /\bconsole\.|(?<![.\w])process\.\w/.test(readFileSync(join(src, f), 'utf8')),
    );
    expect(wrong).toEqual([]);
  });
});
