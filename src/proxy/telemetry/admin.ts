/**
 * The admin pages: `/ready`, `/live` and `/metrics` for kubelet and Prometheus on the pod's addresses; on loopback, which only the
 * pod's own containers and `kubectl port-forward` reach, also `/config`, `/endpoints` and `/requests`. They can only be read, but for
 * `/terminating` and `/terminating/wait`, by which the kubelet says that the pod is being terminated; it asks by GET, as its hooks do.
 *
 * Which of the two a connection belongs to is told by the address it came in on, not by who bound it, so a wildcard
 * address opens nothing more. The loopback address is a parameter, for when several proxies run on one machine; when it
 * can't be bound, that is an event: kubelet and Prometheus don't need it. Where metrics are to be had by mutual TLS, they are on loopback alone
 * here, and metrics-server.ts has them.
 */
import { createServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TERMINATING_PATH, TERMINATING_WAIT_PATH } from '../../contract';
import { CONTENT_TYPES } from './exposition';
import { Answer, bindPages, closePages, limitConnections, MaybePromise, metricsPage, MetricsText, PAGE_SERVER_OPTIONS, sendAnswer, TEXT_TYPE } from './page-server';
import type { RecentRequest } from './recent-requests';

const JSON_TYPE = 'application/json; charset=utf-8';

/** Where the pages' contents come from; asked on every request. What comes from other processes takes its time. */
export interface AdminSources {
  ready(): MaybePromise<{ readonly ready: boolean; readonly why: string }>;
  /** Takes the notice that the pod is being terminated; returns words for its sender. */
  terminating(from: string): string;
  /** Settles when others have had the time to learn of the termination. */
  propagated(): Promise<void>;
  metrics: MetricsText;
  /** Port at which metrics are to be had by mutual TLS, and so on loopback alone here; undefined where they are not. */
  metricsTlsPort(): number | undefined;
  /** The configuration in force, its hash, and the last one refused, if any; becomes JSON. */
  config(): unknown;
  /** The clusters and their endpoints; becomes JSON. */
  endpoints(): MaybePromise<unknown>;
  /** The last requests that are over, each as a line of JSON; from now on they are kept for some seconds. */
  requests(): MaybePromise<readonly RecentRequest[]>;
}

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
  /** Why it answers on loopback alone; undefined where it doesn't. */
  loopbackOnly(sources: AdminSources): string | undefined;
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

const everywhere = (): undefined => undefined;
const onLoopbackOnly = (): string => 'answers on loopback only, which kubectl port-forward reaches';

const PAGES: Readonly<Record<string, Page>> = {
  '/ready': {
    type: TEXT_TYPE, loopbackOnly: everywhere,
    answer: async (sources) => {
      const { ready, why } = await sources.ready();
      return { status: ready ? 200 : 503, body: `${ready ? 'ready' : 'not ready'}: ${why}\n` };
    },
  },
  '/live': { type: TEXT_TYPE, loopbackOnly: everywhere, answer: () => ({ status: 200, body: 'live\n' }) },
  [TERMINATING_PATH]: {
    type: TEXT_TYPE, loopbackOnly: everywhere,
    answer: (sources, { from }) => ({ status: 200, body: sources.terminating(from) }),
  },
  [TERMINATING_WAIT_PATH]: {
    type: TEXT_TYPE, loopbackOnly: everywhere, waits: true,
    answer: async (sources, { from }) => {
      const body = sources.terminating(from);
      await sources.propagated();
      return { status: 200, body };
    },
  },
  '/metrics': {
    type: CONTENT_TYPES.prometheus,
    loopbackOnly: (sources) => {
      const port = sources.metricsTlsPort();
      return port === undefined ? undefined : `is to be had by mutual TLS only, at port ${port}`;
    },
    answer: ({ metrics }, { accept }) => metricsPage(metrics, accept),
  },
  '/config': { type: JSON_TYPE, loopbackOnly: onLoopbackOnly, answer: (sources) => ({ status: 200, body: json(sources.config()) }) },
  '/requests': {
    type: JSON_TYPE, loopbackOnly: onLoopbackOnly,
    answer: async (sources) => ({ status: 200, body: recentJson(await sources.requests()) }),
  },
  '/endpoints': { type: JSON_TYPE, loopbackOnly: onLoopbackOnly, answer: async (sources) => ({ status: 200, body: json(await sources.endpoints()) }) },
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
    await closePages(this.servers.splice(0));
  }

  /** Undefined when it went well, else what went wrong. */
  private async bind(address: string, port: number): Promise<string | undefined> {
    const server = createServer(PAGE_SERVER_OPTIONS, (request, response) => this.onRequest(request, response));
    limitConnections(server, this.onLimit);
    const problem = await bindPages(server, { address, port, what: 'the admin port', setting: 'admin.port' }, (error) => (
      this.onEvent('admin_failed', { error: error.message })));
    if (problem === undefined) this.servers.push(server);
    return problem;
  }

  private onRequest(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url!.split('?', 1)[0]!;
    const page = Object.hasOwn(PAGES, path) ? PAGES[path]! : undefined;
    const shut = page && !this.cameOnLoopback(request) ? page.loopbackOnly(this.sources) : undefined;
    if (!page || shut !== undefined) {
      void sendAnswer(request, response, { status: 404, body: `not found${page ? `; ${path} ${shut}` : ''}\n` });
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      void sendAnswer(request, response, { status: 405, body: 'method not allowed: these pages can only be read\n' });
    } else {
      void this.answer(page, request, response);
    }
  }

  /** A page that can't be made must not take the data path down with it. */
  private async answer(page: Page, request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (page.waits) request.socket.setTimeout(0);
      const asked = { from: request.socket.remoteAddress ?? '', accept: request.headers.accept };
      await sendAnswer(request, response, { type: page.type, ...await page.answer(this.sources, asked) });
    } catch (error) {
      this.onEvent('admin_failed', { error: error instanceof Error ? error.stack ?? error.message : String(error) });
      void sendAnswer(request, response, { status: 500, body: 'the page could not be made; the log says why\n' });
    }
  }

  private cameOnLoopback(request: IncomingMessage): boolean {
    return request.socket.localAddress?.replace(/^::ffff:/, '') === this.loopbackAddress;
  }
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
