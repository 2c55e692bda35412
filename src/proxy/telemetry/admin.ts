/**
 * The admin pages: `/ready`, `/live` and `/metrics` for kubelet and Prometheus on the pod's addresses; on loopback, which only the
 * pod's own containers and `kubectl port-forward` reach, also `/config`, `/endpoints` and `/requests`. They can only be read, but for
 * `/terminating` and `/terminating/wait`, by which the kubelet says that the pod is being terminated; it asks by GET, as its hooks do.
 *
 * Which of the two a connection belongs to is told by the address it came in on, not by who bound it, so a wildcard
 * address opens nothing more. The loopback address is a parameter, for when several proxies run on one machine; when it
 * can't be bound, that is an event: kubelet and Prometheus don't need it.
 *
 * `node:http` is good enough here: nothing is forwarded, and connections, heads and times are limited.
 */
import { createServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import { AddressInfo, isIPv6, Socket } from 'node:net';
import { TERMINATING_PATH, TERMINATING_WAIT_PATH } from '../../contract';
import { afterOneRound } from '../runtime/clock';
import type { RecentRequest } from './recent-requests';
import { CONTENT_TYPES, Format, formatFor } from './exposition';

/** Limits of the admin pages, per address. */
export const ADMIN_LIMITS = {
  maxConnections: 64,
  maxHeadBytes: 8_192,
  /** For a request to arrive. */
  requestTimeoutMs: 5_000,
  /** For a connection on which nothing moves, a response under way included. */
  idleTimeoutMs: 10_000,
} as const;

const JSON_TYPE = 'application/json; charset=utf-8';
const TEXT_TYPE = 'text/plain; charset=utf-8';

/** Where the pages' contents come from; asked on every request. What comes from other processes takes its time. */
export interface AdminSources {
  ready(): MaybePromise<{ readonly ready: boolean; readonly why: string }>;
  /** Takes the notice that the pod is being terminated; returns words for its sender. */
  terminating(from: string): string;
  /** Settles when others have had the time to learn of the termination. */
  propagated(): Promise<void>;
  /** Text in that format, in pieces. */
  metrics(format: Format): MaybePromise<Iterable<string>>;
  /** The configuration in force, its hash, and the last one refused, if any; becomes JSON. */
  config(): unknown;
  /** The clusters and their endpoints; becomes JSON. */
  endpoints(): MaybePromise<unknown>;
  /** The last requests that are over, each as a line of JSON; from now on they are kept for some seconds. */
  requests(): MaybePromise<readonly RecentRequest[]>;
}

type MaybePromise<T> = T | Promise<T>;

export interface AdminAddresses {
  readonly port: number;
  readonly podAddresses: readonly string[];
  readonly loopbackAddress: string;
}

export type AdminEvent = 'admin_loopback_unavailable' | 'admin_failed';
export type OnAdminEvent = (event: AdminEvent, fields: Readonly<Record<string, string | number>>) => void;

export type Listening = { readonly ok: true } | { readonly ok: false; readonly problem: string };

interface Page {
  readonly type: string;
  readonly onLoopbackOnly: boolean;
  /** Its answer takes longer than an idle connection is kept. Absent: it doesn't. */
  readonly waits?: boolean;
  answer(sources: AdminSources, asked: Asked): MaybePromise<Answer>;
}

/** Who asks, and for what form. */
interface Asked {
  /** Address. */
  readonly from: string;
  readonly accept: string | undefined;
}

interface Answer {
  readonly status: number;
  /** In place of the page's own. */
  readonly type?: string;
  /** Whole, or in pieces that are made in turns of their own. */
  readonly body: string | Iterable<string>;
}

const PAGES: Readonly<Record<string, Page>> = {
  '/ready': {
    type: TEXT_TYPE, onLoopbackOnly: false,
    answer: async (sources) => {
      const { ready, why } = await sources.ready();
      return { status: ready ? 200 : 503, body: `${ready ? 'ready' : 'not ready'}: ${why}\n` };
    },
  },
  '/live': { type: TEXT_TYPE, onLoopbackOnly: false, answer: () => ({ status: 200, body: 'live\n' }) },
  [TERMINATING_PATH]: { type: TEXT_TYPE, onLoopbackOnly: false, answer: (sources, { from }) => ({ status: 200, body: sources.terminating(from) }) },
  [TERMINATING_WAIT_PATH]: {
    type: TEXT_TYPE, onLoopbackOnly: false, waits: true,
    answer: async (sources, { from }) => {
      const body = sources.terminating(from);
      await sources.propagated();
      return { status: 200, body };
    },
  },
  '/metrics': {
    type: CONTENT_TYPES.prometheus, onLoopbackOnly: false,
    answer: async (sources, { accept }) => {
      const format = formatFor(accept);
      return { status: 200, type: CONTENT_TYPES[format], body: await sources.metrics(format) };
    },
  },
  '/config': { type: JSON_TYPE, onLoopbackOnly: true, answer: (sources) => ({ status: 200, body: json(sources.config()) }) },
  '/requests': {
    type: JSON_TYPE, onLoopbackOnly: true,
    answer: async (sources) => ({ status: 200, body: recentJson(await sources.requests()) }),
  },
  '/endpoints': { type: JSON_TYPE, onLoopbackOnly: true, answer: async (sources) => ({ status: 200, body: json(await sources.endpoints()) }) },
};

export class AdminServer {
  private readonly servers: Server[] = [];
  private loopbackAddress = '';

  /** @param onLimit a connection was closed for another one */
  constructor(private readonly sources: AdminSources, private readonly onEvent: OnAdminEvent, private readonly onLimit: () => void = () => {}) {}

  /** Binds all addresses; when one of the pod's can't be bound, none is. */
  async listen({ port, podAddresses, loopbackAddress }: AdminAddresses): Promise<Listening> {
    this.loopbackAddress = loopbackAddress;
    for (const address of new Set(podAddresses)) {
      const problem = await this.bind(address, port);
      if (problem !== undefined) {
        await this.close();
        return { ok: false, problem };
      }
    }
    if (!podAddresses.some((address) => address === loopbackAddress || isWildcard(address))) {
      const problem = await this.bind(loopbackAddress, port);
      if (problem !== undefined) this.onEvent('admin_loopback_unavailable', { problem });
    }
    return { ok: true };
  }

  /** What is bound; for a port of 0, the ports that were given. */
  get bound(): { readonly address: string; readonly port: number }[] {
    return this.servers.map((server) => {
      const { address, port } = server.address() as AddressInfo;
      return { address, port };
    });
  }

  /** Stops and closes all connections. */
  async close(): Promise<void> {
    await Promise.all(this.servers.splice(0).map((server) => new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    })));
  }

  /** Undefined when it went well, else what went wrong. */
  private bind(address: string, port: number): Promise<string | undefined> {
    const { maxHeadBytes, requestTimeoutMs, idleTimeoutMs } = ADMIN_LIMITS;
    const server = createServer({
      maxHeaderSize: maxHeadBytes,
      headersTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: requestTimeoutMs,
      connectionsCheckingInterval: 1_000,
    }, (request, response) => this.onRequest(request, response));
    const connections = new Set<Socket>();
    server.on('connection', (socket) => this.admit(socket, connections));
    server.setTimeout(idleTimeoutMs);
    return new Promise((resolve) => {
      const shown = `${isIPv6(address) ? `[${address}]` : address}:${port}`;
      server.once('error', (error: NodeJS.ErrnoException) => {
        resolve(`the admin port can't be bound on ${shown}: ${inWords(error)}`);
      });
      server.listen({ host: address, port, ipv6Only: false }, () => {
        server.removeAllListeners('error');
        server.on('error', (error) => this.onEvent('admin_failed', { error: error.message }));
        this.servers.push(server);
        resolve(undefined);
      });
    });
  }

  /**
   * The kubelet is always let in, however many others keep connections: the one that was opened first makes room. It asks one thing by a
   * new connection, and has its answer before sixty-three others come.
   */
  private admit(socket: Socket, connections: Set<Socket>): void {
    if (connections.size >= ADMIN_LIMITS.maxConnections) {
      const [first] = connections;
      connections.delete(first!);
      first!.destroy();
      this.onLimit();
    }
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
  }

  private onRequest(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url!.split('?', 1)[0]!;
    const page = Object.hasOwn(PAGES, path) ? PAGES[path]! : undefined;
    if (!page || (page.onLoopbackOnly && !this.cameOnLoopback(request))) {
      const hint = page ? `; ${path} answers on loopback only, which kubectl port-forward reaches` : '';
      send(request, response, 404, TEXT_TYPE, `not found${hint}\n`);
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      send(request, response, 405, TEXT_TYPE, 'method not allowed: these pages can only be read\n');
    } else {
      void this.answer(page, request, response);
    }
  }

  /** A page that can't be made must not take the data path down with it. */
  private async answer(page: Page, request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (page.waits) request.socket.setTimeout(0);
      const asked = { from: request.socket.remoteAddress ?? '', accept: request.headers.accept };
      const { status, type, body } = await page.answer(this.sources, asked);
      send(request, response, status, type ?? page.type, typeof body === 'string' ? body : await gather(body));
    } catch (error) {
      this.onEvent('admin_failed', { error: error instanceof Error ? error.stack ?? error.message : String(error) });
      send(request, response, 500, TEXT_TYPE, 'the page could not be made; the log says why\n');
    }
  }

  private cameOnLoopback(request: IncomingMessage): boolean {
    return request.socket.localAddress?.replace(/^::ffff:/, '') === this.loopbackAddress;
  }
}

function send(request: IncomingMessage, response: ServerResponse, status: number, type: string, body: string | readonly Buffer[]): void {
  const parts = typeof body === 'string' ? [Buffer.from(body)] : body;
  response.writeHead(status, {
    'content-type': type,
    'content-length': parts.reduce((sum, part) => sum + part.length, 0),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  if (request.method !== 'HEAD') for (const part of parts) response.write(part);
  response.end();
}

/** Makes the pieces, each in a turn of the event loop, so that no request waits for all of them. */
async function gather(pieces: Iterable<string>): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  for (const piece of pieces) {
    parts.push(Buffer.from(piece));
    await new Promise<void>((resolve) => { afterOneRound(resolve); });
  }
  return parts;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** The lines as they are, each with its id. */
function recentJson(requests: readonly RecentRequest[]): string {
  return `{"requests":[${requests.map(({ id, line }) => `\n{"id":${JSON.stringify(id)},${line.slice(1)}`).join(',')}\n]}\n`;
}

function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

function inWords(error: NodeJS.ErrnoException): string {
  if (error.code === 'EADDRINUSE') return 'something else listens there; choose another port with admin.port';
  if (error.code === 'EADDRNOTAVAIL') return 'this machine does not have that address';
  return error.message;
}
