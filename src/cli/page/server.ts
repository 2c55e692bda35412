/**
 * Serves the live page: the page itself, a stream with a line for each look at the mesh, recent requests, and actions. It listens on
 * 127.0.0.1 alone; guard.ts says who may talk to it. The poller runs only while it is open.
 */
import { randomBytes } from 'node:crypto';
import { createServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../proxy/runtime/clock';
import { messageOf, UserError } from '../command-line/errors';
import { Poller, ProxySource, Snapshot, SnapshotSource } from '../live';
import type { PageDocument } from './document';
import { EventFeed } from './feed';
import { hasToken, refusalOfHost, refusalOfSource } from './guard';
import { Action, ACTION_LIMITS, Controls, LiveMessage } from './protocol';
import { readAction } from './read-action';
import { tap } from './tap';

/** What a page can do to a mesh. */
export interface PageActions {
  controls(): Controls;
  /** Settles with what was done, in words. */
  perform(action: Action): Promise<string>;
}

export interface PageServerOptions {
  /** What is looked at, in words. */
  readonly title: string;
  readonly source: SnapshotSource;
  /** Who has single requests. Absent: nobody. */
  readonly proxies?: ProxySource;
  readonly document: PageDocument;
  /** Absent: the page only looks. */
  readonly actions?: PageActions;
  /** Port of 127.0.0.1. Absent: a free one. */
  readonly port?: number;
  /** From the end of one look at the mesh to the beginning of the next. Absent: 1 s. */
  readonly periodMs?: number;
}

/** Pages that are open at a time; one more is refused. */
const MAX_STREAMS = 16;
/** A page that takes nothing more is behind by this many bytes at most; then lines are left out. */
const MAX_BEHIND_BYTES = 1 << 20;

/** What paths of requests are relative to. */
const BASE = 'http://page';

const JSON_TYPE = 'application/json; charset=utf-8';

interface Stream {
  readonly response: ServerResponse;
  /** Events that it has been told of. */
  told: number;
}

export class PageServer {
  private readonly token = randomBytes(24).toString('base64url');
  private readonly server: Server;
  private readonly streams = new Set<Stream>();
  private readonly feed = new EventFeed();
  private readonly poller: Poller;
  private snapshot: Snapshot | undefined;
  private problem: string | undefined;
  private port = 0;

  constructor(private readonly options: PageServerOptions) {
    this.server = createServer((request, response) => void this.onRequest(request, response));
    this.poller = new Poller({
      source: options.source, clock: systemClock,
      ...(options.periodMs !== undefined && { periodMs: options.periodMs }),
      onSnapshot: (snapshot, events) => {
        this.snapshot = snapshot;
        this.problem = undefined;
        this.feed.add(events);
        this.tellAll();
      },
      onProblem: (problem) => {
        this.problem = problem;
        this.tellAll();
      },
    });
  }

  /** Opens it; settles with the address of the page, which contains the token. */
  async open(): Promise<string> {
    const { port = 0 } = this.options;
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', (error) => reject(new UserError(`the page can't listen on 127.0.0.1:${port}: ${messageOf(error)}`)));
      this.server.listen(port, '127.0.0.1', resolve);
    });
    this.port = (this.server.address() as AddressInfo).port;
    this.poller.start();
    return `http://127.0.0.1:${this.port}/#token=${this.token}`;
  }

  async close(): Promise<void> {
    this.poller.stop();
    if (!this.server.listening) return;
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private async onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, headers, url = '/' } = request;
    if (!URL.canParse(url, BASE)) return this.answer(response, 400, { problem: 'not a path' });
    const { pathname, searchParams } = new URL(url, BASE);
    const isPage = method === 'GET' && pathname === '/';
    const refusal = refusalOfHost(headers, this.port) ?? (isPage ? undefined : refusalOfSource(headers));
    if (refusal !== undefined) return this.answer(response, 403, { problem: refusal });
    if (isPage) return this.sendPage(response);
    if (!pathname.startsWith('/api/')) return this.answer(response, 404, { problem: 'not found' });
    if (!hasToken(headers, this.token)) {
      return this.answer(response, 401, { problem: 'the token is missing or of another run; open the address that the command has printed' });
    }
    if (method === 'GET' && pathname === '/api/live') return this.openStream(response);
    if (method === 'GET' && pathname === '/api/tap') return this.sendTap(searchParams.get('service') ?? '', response);
    if (method === 'POST' && pathname === '/api/act') return this.act(request, response);
    return this.answer(response, 404, { problem: 'not found' });
  }

  private sendPage(response: ServerResponse): void {
    const { html, policy } = this.options.document;
    response.writeHead(200, { ...HEADERS, 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy });
    response.end(html);
  }

  private openStream(response: ServerResponse): void {
    if (this.streams.size >= MAX_STREAMS) return this.answer(response, 503, { problem: `${MAX_STREAMS} pages are open already; close one` });
    response.writeHead(200, { ...HEADERS, 'content-type': 'application/x-ndjson; charset=utf-8' });
    const stream = { response, told: 0 };
    this.streams.add(stream);
    response.on('close', () => this.streams.delete(stream));
    this.tell(stream);
  }

  private tellAll(): void {
    for (const stream of this.streams) this.tell(stream);
  }

  private tell(stream: Stream): void {
    if (stream.response.writableLength > MAX_BEHIND_BYTES) return;
    const { events, index } = this.feed.since(stream.told);
    stream.told = index;
    const { snapshot, problem, options: { title, actions } } = this;
    const message: LiveMessage = {
      title, events, ...(snapshot && { snapshot }), ...(actions && { controls: actions.controls() }), ...(problem !== undefined && { problem }),
    };
    stream.response.write(`${JSON.stringify(message)}\n`);
  }

  private async sendTap(service: string, response: ServerResponse): Promise<void> {
    const { proxies } = this.options;
    if (!proxies) return this.answer(response, 404, { problem: 'nobody has single requests here; the command shows them when it looks at the sidecars themselves' });
    try {
      const requests = this.snapshot ? await tap(service, this.snapshot, await proxies.proxies()) : [];
      this.answer(response, 200, { requests });
    } catch (error) {
      this.answer(response, 502, { problem: messageOf(error) });
    }
  }

  private async act(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { actions } = this.options;
    if (!actions) return this.answer(response, 403, { problem: 'this page only looks' });
    try {
      const done = await actions.perform(readAction(await bodyOf(request)));
      this.answer(response, 200, { done });
      this.tellAll();
    } catch (error) {
      this.answer(response, error instanceof UserError ? 400 : 500, { problem: messageOf(error) });
    }
  }

  private answer(response: ServerResponse, status: number, body: unknown): void {
    response.writeHead(status, { ...HEADERS, 'content-type': JSON_TYPE });
    response.end(JSON.stringify(body));
  }
}

/** Fields of every response. */
const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > ACTION_LIMITS.maxBodyBytes) throw new UserError(`an action is longer than ${ACTION_LIMITS.maxBodyBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
