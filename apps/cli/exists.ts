import { access, stat } from 'node:fs/promises';

/** Whether there is a file or folder of this name that can be reached. */
export function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Those of the paths where there is nothing. */
export async function missing(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(paths.map(exists));
  return paths.filter((_, i) => !found[i]);
}

/** Whether there is a file of this name, and no folder or device. */
export async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}
