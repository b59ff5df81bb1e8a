/** Versions of the program and of what it runs on. Read from package files, so that nothing heavy is loaded for it. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of this package: the nearest one above this file that has a package.json. */
export const packageRoot: string = findRoot(dirname(fileURLToPath(import.meta.url)));

export interface Versions {
  readonly cellposeTs: string;
  readonly node: string;
  readonly onnxruntime: string;
}

export function versions(): Versions {
  return {
    cellposeTs: packageVersion(join(packageRoot, 'package.json')),
    node: process.versions.node,
    onnxruntime: runtimeVersion(),
  };
}

/**
 * The text of `--version` in the form of Cellpose 3.1, an empty line and four labelled ones, since workflows search for the
 * labels. The values say what stands in for Python and PyTorch.
 */
export function versionText(platform: string): string {
  const { cellposeTs, node, onnxruntime } = versions();
  return [
    '',
    `cellpose version: \t${cellposeTs} (cellpose-ts) `,
    `platform:       \t${platform} `,
    `python version: \tnode-${node} `,
    `torch version:  \tonnxruntime-${onnxruntime}`,
  ].join('\n');
}

function runtimeVersion(): string {
  try {
    return packageVersion(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  } catch {
    return 'missing';
  }
}

function packageVersion(file: string): string {
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const above = dirname(folder);
  if (above === folder) throw new Error('internal: no package.json above the program');
  return findRoot(above);
}
