/** A server of files on this machine that can be as faulty as those of the world. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers a request for one file. */
export type Reply = (request: IncomingMessage, response: ServerResponse) => void;

export interface ModelServer {
  readonly url: string;
  /** Requests so far: the path, and the range where one was asked for. */
  readonly requests: readonly string[];
  /** What is served at each path; may be changed while it runs. */
  readonly files: Map<string, Reply>;
  close(): void;
}

export async function modelServer(): Promise<ModelServer> {
  const files = new Map<string, Reply>();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const { url = '', headers } = request;
    requests.push(headers.range === undefined ? url : `${url} ${headers.range}`);
    (files.get(url) ?? refuses(404))(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    files,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

export function refuses(status: number): Reply {
  return (_, response) => response.writeHead(status).end('<html>no</html>');
}

export interface SendsOptions {
  /** Headers that tell versions of the file apart. */
  readonly mark?: Readonly<Record<string, string>>;
  readonly ignoresRange?: boolean;
  /** Bytes of the answer that are sent before the connection breaks off, or before nothing more comes. */
  readonly breaksAfter?: number;
  readonly hangsAfter?: number;
  /** At most so many bytes for a range, although more are asked for. */
  readonly longestRange?: number;
}

export function sends(bytes: Uint8Array, options: SendsOptions = {}): Reply {
  const { mark = { etag: '"1"' }, ignoresRange, breaksAfter, hangsAfter, longestRange = bytes.length } = options;
  return ({ headers }, response) => {
    const [, from] = (!ignoresRange && /^bytes=(\d+)-$/.exec(headers.range ?? '')) || [];
    const first = Number(from ?? 0);
    if (first >= bytes.length) return void response.writeHead(416).end();
    const part = from === undefined ? bytes : bytes.subarray(first, first + longestRange);
    const range = `bytes ${first}-${first + part.length - 1}/${bytes.length}`;
    const length = { 'content-length': part.length };
    if (from === undefined) response.writeHead(200, { ...mark, ...length });
    else response.writeHead(206, { ...mark, ...length, 'content-range': range });
    const stop = breaksAfter ?? hangsAfter;
    if (stop === undefined) return void response.end(part);
    // Destroyed a little later, as what is under way to the other side would be lost as well.
    response.write(part.subarray(0, stop), () => breaksAfter !== undefined && setTimeout(() => response.destroy(), 50));
  };
}
