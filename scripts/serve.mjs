// A small static server for the example page and the browser tests. It sends the two headers that make a page cross-origin isolated,
// which browsers ask for before they give it threads.
//   node scripts/serve.mjs [port]      serves the package's folder; the page is samples/web/
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const types = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript',
  mjs: 'text/javascript',
  json: 'application/json',
  wasm: 'application/wasm',
  css: 'text/css',
  png: 'image/png',
};
const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

/**
 * Serves folders on this machine only.
 *
 * @param folders   prefix of the address → folder; the longest that fits wins, for example { '/': root }.
 * @param isolated  whether to send the headers of cross-origin isolation.
 * @param port      0: any free one.
 */
export async function serve(folders, { isolated = true, port = 0 } = {}) {
  const prefixes = Object.keys(folders).sort((a, b) => b.length - a.length);
  const server = createServer(async ({ url }, response) => {
    const headers = { 'Cache-Control': 'no-cache', ...(isolated ? isolation : {}) };
    const path = pathOf(url);
    const prefix = prefixes.find((p) => path?.startsWith(p));
    const file = prefix && (await fileAt(join(folders[prefix], path.slice(prefix.length))));
    if (!file) return response.writeHead(404, headers).end('not found');
    const type = types[/\.(\w+)$/.exec(file.path)?.[1]] ?? 'application/octet-stream';
    response.writeHead(200, { ...headers, 'Content-Type': type, 'Content-Length': file.size });
    createReadStream(file.path).pipe(response);
  });
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return {
    origin: `http://localhost:${server.address().port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The path without detours; undefined where the address is none. */
function pathOf(url) {
  try {
    return normalize(decodeURIComponent(new URL(url, 'http://localhost').pathname));
  } catch {
    return undefined;
  }
}

/** A folder stands for its index.html. */
async function fileAt(path) {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return fileAt(join(path, 'index.html'));
  return found?.isFile() && { path, size: found.size };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const { origin } = await serve({ '/': root }, { port: Number(process.argv[2] ?? 8080) });
  console.log(`Open ${origin}/samples/web/   (Ctrl+C ends the server)`);
}
