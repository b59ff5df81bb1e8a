/**
 * Where the package's files are in a browser. Unbundled, as here, by the place of this module in dist/src/platform/.
 * scripts/buildWeb.mjs puts a table in this module's stead: one `new URL('…', import.meta.url)` for each file, which
 * Vite and webpack see, so that they ship the file and put in its new address.
 *
 * @param path  from the package root, such as 'weights/index.json'.
 */
export function fileUrl(path: string): string {
  return new URL(`../../../${path}`, import.meta.url).href;
}
