/**
 * Metrics by mutual TLS: `/metrics` and nothing else, for those whose SPIFFE ids the document names. The server shows the proxy's own certificate
 * and takes HTTP/1.1. Who does not prove an id, or proves another one, gets 403 with the reason, and no metrics; without an identity there is no
 * handshake.
 *
 * Connections are kept, as Prometheus does. One on which the certificates of the handshake would no longer be believed is closed before it
 * answers, and idle ones are when the proxy's certificate is renewed: a client sends its request again by a new handshake.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ResolvedMetricsMutualTls } from '../../contract';
import { https } from '../runtime/on-demand';
import {
  bindPages, closePages, limitConnections, metricsPage, MetricsText, PAGE_SERVER_OPTIONS, sendAnswer,
} from '../telemetry/page-server';
import type { TlsInstruments } from '../telemetry/tls-instruments';
import { BegunHandshakes } from '../tls/begun-handshakes';
import { failureOf } from '../tls/handshakes';
import type { Identity } from '../tls/identity';
import { judgeCertificate, PeerVerdict } from '../tls/peer-identity';
import { tcpBelow, useContext } from '../tls/socket';

/** What metrics of TLS call this port: their label `listener`. */
export const METRICS_LISTENER = 'metrics';

export type MetricsServerEvent = 'scrape_refused' | 'metrics_failed';

export interface MetricsServerDependencies {
  readonly metrics: MetricsText;
  readonly instruments: TlsInstruments;
  readonly handshakeTimeoutMs: number;
  onEvent(event: MetricsServerEvent, fields: Readonly<Record<string, string>>): void;
  /** A limit was reached. */
  onLimit(limit: 'adminConnections' | 'tlsHandshakeTimeoutMs'): void;
}

/** Who is at the other end, and for how long that is believed. */
interface Judged {
  readonly verdict: PeerVerdict;
  readonly identity: Identity;
  readonly trust: number;
  /** In seconds since 1970. */
  readonly until: number;
}

export class MetricsServer {
  private readonly servers: Server[] = [];
  private readonly begun = new BegunHandshakes();
  private readonly judged = new WeakMap<TLSSocket, Judged>();
  private identity: Identity | undefined;
  private clientIds: ReadonlySet<string> = new Set();
  private stopFollowing = (): void => {};

  constructor(private readonly dependencies: MetricsServerDependencies) {}

  /** Binds all addresses. Returns what went wrong with the first that can't be bound; then none is. */
  async listen(port: number, podAddresses: readonly string[]): Promise<string | undefined> {
    for (const address of new Set(podAddresses)) {
      const server = this.make();
      const problem = await bindPages(server, { address, port, what: 'the port for metrics', setting: 'admin.metricsMutualTls.port' }, (error) => (
        this.dependencies.onEvent('metrics_failed', { error: error.message })));
      if (problem !== undefined) {
        await this.close();
        return problem;
      }
      this.servers.push(server);
    }
    return undefined;
  }

  /** What is bound; for a port of 0, the ports that were given. */
  get bound(): { readonly address: string; readonly port: number }[] {
    return this.servers.map((server) => {
      const { address, port } = server.address() as AddressInfo;
      return { address, port };
    });
  }

  /** A document is in force: who the proxy is, and who may read. Undefined for nobody. */
  follow(identity: Identity | undefined, config: Pick<ResolvedMetricsMutualTls, 'clientIds'> | undefined): void {
    this.clientIds = new Set(config?.clientIds);
    if (identity === this.identity) return;
    this.stopFollowing();
    this.identity = identity;
    this.stopFollowing = identity?.onRenewed(() => this.renew()) ?? ((): void => {});
    this.renew();
  }

  async close(): Promise<void> {
    this.stopFollowing();
    await closePages(this.servers.splice(0));
  }

  private make(): Server {
    const { instruments, onLimit, handshakeTimeoutMs } = this.dependencies;
    const server = https().createServer({
      ...PAGE_SERVER_OPTIONS, handshakeTimeout: handshakeTimeoutMs, ALPNProtocols: ['http/1.1'], requestCert: true,
      // Judged below, where there are words for it.
      rejectUnauthorized: false,
    }, (request, response) => void this.onRequest(request, response));
    limitConnections(server, () => onLimit('adminConnections'));
    // Until there is an identity it has no certificate, and no handshake comes to an end.
    this.use(server);
    server.prependListener('connection', (socket: Socket) => { if (this.identity) this.begun.begin(socket, this.identity); });
    server.prependListener('secureConnection', (socket: TLSSocket) => {
      instruments.handshakes.value += 1;
      this.judge(socket);
    });
    server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
      const kind = failureOf(error.code ?? '');
      if (kind === 'timeout') onLimit('tlsHandshakeTimeoutMs');
      instruments.failure(kind).value += 1;
      socket.destroy();
    });
    return server;
  }

  private renew(): void {
    for (const server of this.servers) {
      this.use(server);
      server.closeIdleConnections();
    }
  }

  private use(server: Server): void {
    const { context } = this.identity ?? {};
    if (context) useContext(context, server);
  }

  private judge(socket: TLSSocket): void {
    const { identity } = this;
    if (!identity) return;
    const verdict = this.begun.problemOf(tcpBelow(socket), identity) ?? judgeCertificate(socket, identity);
    if (!verdict.ok) this.dependencies.instruments.callerRefused(verdict.fault);
    const until = Math.min(verdict.ok ? verdict.expiresAt : Infinity, identity.usable?.expiresAt ?? 0);
    this.judged.set(socket, { verdict, identity, trust: identity.trust, until });
  }

  private async onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const judged = this.judged.get(request.socket as TLSSocket);
    if (!judged || !this.believes(judged)) {
      request.socket.destroy();
      return;
    }
    try {
      await this.answer(judged.verdict, request, response);
    } catch (error) {
      this.dependencies.onEvent('metrics_failed', { error: error instanceof Error ? error.stack ?? error.message : String(error) });
      request.socket.destroy();
    }
  }

  private believes({ identity, trust, until }: Judged): boolean {
    return identity === this.identity && trust === identity.trust && identity.clock.wallTime() / 1_000 < until;
  }

  private async answer(verdict: PeerVerdict, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const problem = this.problemOf(verdict);
    if (problem !== undefined) {
      this.dependencies.onEvent('scrape_refused', { from: request.socket.remoteAddress ?? '', problem });
      response.setHeader('connection', 'close');
      await sendAnswer(request, response, { status: 403, body: `no metrics: ${problem}\n` });
    } else if (request.url!.split('?', 1)[0] !== '/metrics') {
      await sendAnswer(request, response, { status: 404, body: 'not found; there is /metrics only\n' });
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      await sendAnswer(request, response, { status: 405, body: 'method not allowed: metrics can only be read\n' });
    } else {
      await sendAnswer(request, response, await metricsPage(this.dependencies.metrics, request.headers.accept));
    }
  }

  private problemOf(verdict: PeerVerdict): string | undefined {
    if (!verdict.ok) return `the client did not prove who it is: ${verdict.problem}`;
    if (this.clientIds.has(verdict.id)) return undefined;
    this.dependencies.instruments.callerRefused('other_id');
    return `${verdict.id} is none of the ids that may read them`;
  }
}
