/**
 * The embedded EndpointSlice API: the part of a Kubernetes API server that a mesh proxy talks to, on a loopback address,
 * so that the mesh runs on one machine with nothing in the proxy knowing that it is not in a cluster. It speaks the
 * list/watch protocol of `discovery.k8s.io/v1` EndpointSlices over HTTPS with a bearer token; everything else answers 404.
 * Writing is by this class's methods only: over the network the API is read-only.
 *
 * It can also misbehave on request (`stop`/`start`, `dropWatches`, `interfere`), since what a proxy does when the real
 * API misbehaves is what the embedded one is for.
 */
import { timingSafeEqual } from 'node:crypto';
import { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, Server } from 'node:https';
import { AddressInfo, isIPv6, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { Certificate, makeCertificate, makeToken, writeCredentials } from './credentials';
import { EndpointSlice, EndpointSliceInput } from './endpoint-slice';
import { SliceHistory } from './history';
import { list } from './list';
import { readQuery } from './query';
import { reconcile, ServicePod } from './service-slices';
import { failure, Status } from './status';
import { Watch } from './watch';

export interface EndpointApiOptions {
  /** Loopback address to listen on. Absent: 127.0.0.1. */
  readonly address?: string;
  /** Port to listen on. Absent or 0: the kernel's choice. */
  readonly port?: number;
  /** Folder to put `token` and `ca.crt` in, as a pod's projected volume has them. Absent: no files. */
  readonly credentialsFolder?: string;
  /** Changes remembered for watches. Absent: 1,000. */
  readonly historyLimit?: number;
  /** Time between bookmarks. Absent: a minute, as in Kubernetes. */
  readonly bookmarkIntervalMs?: number;
  /** Waits before a request that is delayed. Absent: the machine's timers. */
  readonly after?: (ms: number, task: () => void) => unknown;
}

/** A request as {@link EndpointApi.interfere} sees it. */
export interface ApiRequest {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly watch: boolean;
}

/** What to do to a request instead of answering it well: wait first, answer with a failure, or cut the connection. */
export interface Interference {
  readonly delayMs?: number;
  readonly status?: number;
  readonly cut?: boolean;
}

const RESOURCE = /^\/apis\/discovery\.k8s\.io\/v1(?:\/namespaces\/([^/]+))?\/endpointslices(?:\/([^/]+))?$/;
const DEFAULT_BOOKMARK_INTERVAL_MS = 60_000;

/** How long `close` waits for clients to hang up. */
const CLOSE_GRACE_MS = 1_000;

export class EndpointApi {
  /** Asked before every request is answered; return undefined to leave it alone. */
  interfere: ((request: ApiRequest) => Interference | undefined) | undefined;

  private readonly address: string;
  private readonly history: SliceHistory;
  private readonly watches = new Set<Watch>();
  /** Every connection, by its TLS socket once the handshake is over and by its TCP socket. */
  private readonly sessions = new Set<TLSSocket>();
  private readonly sockets = new Set<Socket>();
  private certificate: Certificate | undefined;
  private currentToken = makeToken();
  private server: Server | undefined;
  private boundPort: number;

  constructor(private readonly options: EndpointApiOptions = {}) {
    this.address = options.address ?? '127.0.0.1';
    this.boundPort = options.port ?? 0;
    this.history = new SliceHistory(options.historyLimit);
  }

  /** Base URL; known after `listen`. */
  get url(): string {
    return `https://${isIPv6(this.address) ? `[${this.address}]` : this.address}:${this.boundPort}`;
  }

  /** The token that requests must carry. */
  get token(): string { return this.currentToken; }

  /** Certificate authority, PEM; known after `listen`. */
  get ca(): string { return this.certificate?.certificate ?? ''; }

  /** Watches open now. */
  get openWatches(): number { return this.watches.size; }

  /** The newest resource version. */
  get resourceVersion(): string { return String(this.history.version); }

  /** Makes the certificate, writes the credentials and begins to answer. Rejects when the port is taken. */
  async listen(): Promise<void> {
    this.certificate ??= await makeCertificate(this.address);
    if (this.options.credentialsFolder !== undefined) await this.writeFiles();
    await this.open();
  }

  /** Ends the watches in order and stops listening for good. */
  async close(): Promise<void> {
    const server = this.server;
    this.server = undefined;
    if (!server) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const watch of this.watches) watch.end();
    for (const session of this.sessions) session.end();
    const cut = setTimeout(() => this.cutAll(), CLOSE_GRACE_MS);
    await closed;
    clearTimeout(cut);
  }

  /** Dies without a word: every connection is cut and the port refuses. Slices can still be written. */
  async stop(): Promise<void> {
    const server = this.server;
    this.server = undefined;
    if (!server) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    this.cutAll();
    await closed;
  }

  /** Comes back on the same port, with the slices but no memory of the changes before. */
  async start(): Promise<void> {
    if (this.server) throw new Error('the embedded API is running already; stop() it first');
    this.history.forget();
    await this.open();
  }

  /** Cuts all watches, in the middle of a line if so wanted. */
  dropWatches(options: { readonly midLine?: boolean } = {}): void {
    for (const watch of this.watches) watch.drop(options.midLine ?? false);
  }

  /** Forgets the changes so far: a watch from before is answered with 410 Gone. */
  forgetHistory(): void {
    this.history.forget();
  }

  /** Makes a new token, writes it to the folder, and refuses the old one from now on. */
  async rotateToken(): Promise<void> {
    this.currentToken = makeToken();
    if (this.options.credentialsFolder !== undefined) await this.writeFiles();
  }

  /** Creates or replaces a slice. Throws when a real API server would refuse it. */
  apply(slice: EndpointSliceInput): EndpointSlice {
    return this.history.apply(slice);
  }

  /** Deletes a slice; false when there was none. */
  remove(namespace: string, name: string): boolean {
    return this.history.remove(namespace, name);
  }

  /** Makes the slices of a Service hold exactly these pods. */
  setPods(namespace: string, service: string, pods: readonly ServicePod[]): void {
    reconcile(this.history, namespace, service, pods);
  }

  /** All slices as they are now. */
  slices(): EndpointSlice[] {
    return this.history.at(this.history.version);
  }

  private cutAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private writeFiles(): Promise<void> {
    return writeCredentials(this.options.credentialsFolder as string, this.currentToken, this.ca);
  }

  private async open(): Promise<void> {
    const { key, certificate } = this.certificate as Certificate;
    const server = createServer({ key, cert: certificate }, (request, response) => this.handle(request, response));
    server.on('connection', (socket: Socket) => {
      // A client that is killed resets its connection, perhaps within the handshake.
      socket.on('error', () => undefined);
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    server.on('secureConnection', (session) => {
      session.on('error', () => undefined);
      this.sessions.add(session);
      session.on('close', () => this.sessions.delete(session));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.boundPort, this.address, () => {
        server.off('error', reject);
        resolve();
      });
    });
    this.boundPort = (server.address() as AddressInfo).port;
    this.server = server;
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'https://embedded');
    const watch = ['1', 'true'].includes(url.searchParams.get('watch') ?? '');
    const seen: ApiRequest = { method: request.method ?? '', path: url.pathname, query: url.searchParams, watch };
    const interference = this.interfere?.(seen);
    if (!interference) {
      this.answer(seen, request.headers.authorization, response);
      return;
    }
    const { after = (ms, task) => setTimeout(task, ms) } = this.options;
    after(interference.delayMs ?? 0, () => {
      if (response.destroyed) return;
      if (interference.cut) response.destroy();
      else if (interference.status !== undefined) send(response, failure(interference.status, 'InternalError', 'failed on request'));
      else this.answer(seen, request.headers.authorization, response);
    });
  }

  private answer({ method, path, query: parameters }: ApiRequest, authorization: string | undefined, response: ServerResponse): void {
    if (!sameSecret(authorization ?? '', `Bearer ${this.currentToken}`)) return send(response, failure(401, 'Unauthorized', 'Unauthorized'));
    const [matched, namespace, name] = RESOURCE.exec(path) ?? [];
    if (matched === undefined || (name !== undefined && namespace === undefined)) {
      return send(response, failure(404, 'NotFound', 'the server could not find the requested resource'));
    }
    if (method !== 'GET') {
      return send(response, failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource'));
    }
    if (name !== undefined) {
      const slice = this.history.get(namespace as string, name);
      return send(response, slice ?? failure(404, 'NotFound', `endpointslices.discovery.k8s.io "${name}" not found`,
        { name, group: 'discovery.k8s.io', kind: 'endpointslices' }));
    }
    const query = readQuery(parameters, namespace);
    if ('kind' in query) return send(response, query);
    if (!query.watch) return send(response, list(this.history, query));
    this.watches.add(new Watch(this.history, query, response, this.options.bookmarkIntervalMs ?? DEFAULT_BOOKMARK_INTERVAL_MS,
      (watch) => this.watches.delete(watch)));
  }
}

function send(response: ServerResponse, body: Status | object): void {
  const status = 'kind' in body && body.kind === 'Status' ? (body as Status).code : 200;
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function sameSecret(given: string, wanted: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(wanted);
  return a.length === b.length && timingSafeEqual(a, b);
}
