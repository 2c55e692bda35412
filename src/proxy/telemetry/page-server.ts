/**
 * What the servers of pages have in common: limits of connections, heads and times, how they bind an address, and how an answer is sent. `node:http`
 * is good enough here, since nothing is forwarded.
 */
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import { isIPv6, Socket } from 'node:net';
import { afterOneRound } from '../runtime/clock';
import { CONTENT_TYPES, Format, formatFor } from './exposition';

/** Limits of the pages, per address. */
export const ADMIN_LIMITS = {
  maxConnections: 64,
  maxHeadBytes: 8_192,
  /** For a request to arrive. */
  requestTimeoutMs: 5_000,
  /** For a connection on which nothing moves, a response under way included. */
  idleTimeoutMs: 10_000,
} as const;

/** How a server of pages is made. */
export const PAGE_SERVER_OPTIONS: ServerOptions = {
  maxHeaderSize: ADMIN_LIMITS.maxHeadBytes,
  headersTimeout: ADMIN_LIMITS.requestTimeoutMs,
  requestTimeout: ADMIN_LIMITS.requestTimeoutMs,
  keepAliveTimeout: ADMIN_LIMITS.requestTimeoutMs,
  connectionsCheckingInterval: 1_000,
};

export const TEXT_TYPE = 'text/plain; charset=utf-8';

export type MaybePromise<T> = T | Promise<T>;

/** What a page says. */
export interface Answer {
  readonly status: number;
  /** In place of the page's own. */
  readonly type?: string;
  /** Whole, or in pieces that are made in turns of their own. */
  readonly body: string | Iterable<string>;
}

/** Text in that format, in pieces. */
export type MetricsText = (format: Format) => MaybePromise<Iterable<string>>;

/** The page with the metrics. */
export async function metricsPage(metrics: MetricsText, accept: string | undefined): Promise<Answer> {
  const format = formatFor(accept);
  return { status: 200, type: CONTENT_TYPES[format], body: await metrics(format) };
}

/**
 * Keeps to the limits. A new connection is always let in, however many others keep theirs: the one that was opened first makes room. The
 * kubelet and Prometheus have their answer before sixty-three others come.
 *
 * @param onLimit a connection was closed for another one
 */
export function limitConnections(server: Server, onLimit: () => void): void {
  const connections = new Set<Socket>();
  server.setTimeout(ADMIN_LIMITS.idleTimeoutMs);
  server.on('connection', (socket: Socket) => {
    if (connections.size >= ADMIN_LIMITS.maxConnections) {
      const [first] = connections;
      connections.delete(first!);
      first!.destroy();
      onLimit();
    }
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
  });
}

/**
 * Binds an address.
 *
 * @param what    is bound, in words
 * @param setting by which another port is chosen
 * @returns undefined when it went well, else what went wrong
 */
export function bindPages(
  server: Server, { address, port, what, setting }: { readonly [Name in 'address' | 'what' | 'setting']: string } & { readonly port: number },
  onError: (error: Error) => void,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const shown = `${isIPv6(address) ? `[${address}]` : address}:${port}`;
    const fail = (error: NodeJS.ErrnoException): void => resolve(`${what} can't be bound on ${shown}: ${inWords(error, setting)}`);
    server.once('error', fail);
    server.listen({ host: address, port, ipv6Only: false }, () => {
      server.off('error', fail);
      server.on('error', onError);
      resolve(undefined);
    });
  });
}

/** Stops servers and closes all of their connections. */
export async function closePages(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map((server) => new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  })));
}

/** Sends an answer. Pieces are made each in a turn of the event loop, so that no request waits for all of them. */
export async function sendAnswer(request: IncomingMessage, response: ServerResponse, { status, type = TEXT_TYPE, body }: Answer): Promise<void> {
  const parts = typeof body === 'string' ? [Buffer.from(body)] : await gather(body);
  response.writeHead(status, {
    'content-type': type,
    'content-length': parts.reduce((sum, part) => sum + part.length, 0),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  if (request.method !== 'HEAD') for (const part of parts) response.write(part);
  response.end();
}

async function gather(pieces: Iterable<string>): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  for (const piece of pieces) {
    parts.push(Buffer.from(piece));
    await new Promise<void>((resolve) => { afterOneRound(resolve); });
  }
  return parts;
}

function inWords(error: NodeJS.ErrnoException, setting: string): string {
  if (error.code === 'EADDRINUSE') return `something else listens there; choose another port with ${setting}`;
  if (error.code === 'EADDRNOTAVAIL') return 'this machine does not have that address';
  return error.message;
}
