/**
 * The listeners of the configuration in force, by the socket that they bind. New sockets are bound before anything
 * changes, so that a port that is taken refuses the whole document; a listener whose socket stays only changes its routes.
 */
import type { ResolvedListener, ResolvedProxyConfig, ResolvedRoute } from '../../../contract';
import { askedClaims } from '../../../routing';
import type { ClusterLookup } from '../../cluster/cluster-set';
import type { SocketHandover } from '../../net/handover';
import type { JwksSource } from '../../jwt/jwks-files';
import { RequestTokens } from '../../jwt/request-tokens';
import type { KeyRings } from '../../session/key-files';
import { SessionPersistence } from '../../session/session-persistence';
import type { TimeoutQueues } from '../../runtime/timeouts';
import type { CertificateListener } from '../../tls/certificate';
import type { TlsSettings } from '../../tls/handshakes';
import type { Identity } from '../../tls/identity';
import type { MutualTlsSettings } from '../../tls/mutual-tls-server';
import { TlsSet } from '../../tls/tls-set';
import { Admission } from '../admission/admission';
import { Authorizer } from '../authorization/authorizer';
import { ExternalAuthorizer } from '../authorization/external-authorizer';
import { boundAddresses, boundPort, isDispensable } from './bound-addresses';
import type { ServeContext } from '../context';
import { Edge, edgeOf } from '../edge/edge';
import { Listener } from './listener';
import { Route } from '../route/route';
import { Routes } from '../route/routes';

/** Listeners of a document that is not in force yet. */
export type StagedListeners =
  | { readonly ok: true; commit(): void; rollback(): void }
  | { readonly ok: false; readonly failures: string[] };

/** What a socket is to be. */
interface Wanted {
  readonly config: ResolvedListener;
  readonly routes: Routes;
  readonly tls: TlsSettings | undefined;
  readonly mutualTls: MutualTlsSettings | undefined;
  readonly admission: Admission | undefined;
  readonly edge: Edge | undefined;
  readonly authorizer: Authorizer | undefined;
  readonly externalAuthorizer: ExternalAuthorizer | undefined;
}

export class ListenerSet {
  private readonly bySocket = new Map<string, Listener>();
  private readonly tls: TlsSet;

  /**
   * @param podAddresses what a listener without an address binds
   * @param redirectedPorts ports that the pod redirects to others, which outbound listeners bind
   * @param handover sockets that a process before had, and where those of this one are told; undefined: nobody keeps them
   */
  constructor(
    private readonly podAddresses: readonly string[],
    private readonly redirectedPorts: ReadonlyMap<number, number>,
    private readonly context: ServeContext,
    private readonly timeouts: TimeoutQueues,
    private readonly random: () => number,
    onCertificate: CertificateListener,
    private readonly handover?: SocketHandover,
  ) {
    this.tls = new TlsSet(context.clock, context.instruments, onCertificate);
  }

  all(): Listener[] {
    return [...this.bySocket.values()];
  }

  /** Binds what `document` adds; takes nothing away yet. */
  async stage(
    document: ResolvedProxyConfig, clusters: ClusterLookup, keys: KeyRings, jwks: JwksSource, identity?: Identity,
  ): Promise<StagedListeners> {
    const tls = await this.tls.stage(document);
    if (!tls.ok) return tls;
    const wanted = new Map<string, Wanted>();
    const added = new Map<string, Listener>();
    // Inbound listeners lead to one app, so what is let in is counted once.
    const admissions = new Map<string, Admission>();
    const onLimit = (limit: string): void => this.context.instruments.limitReached(limit);
    for (const config of document.listeners) {
      const routes = this.routesOf(config, clusters, keys);
      const rules = JSON.stringify(config.admission);
      const admission = admissions.get(rules) ?? this.admissionOf(config);
      if (admission) admissions.set(rules, admission);
      const edge = edgeOf(config, tls.of(config.name), this.all().find(({ name }) => name === config.name)?.edge, onLimit);
      const authorizer = this.authorizerOf(config, jwks);
      const externalAuthorizer = this.externalAuthorizerOf(config, clusters);
      const mutualTls = this.mutualTlsOf(config, document, identity);
      for (const address of boundAddresses(config, this.podAddresses)) {
        const socket = `${address}|${config.port}`;
        const settings = tls.of(config.name);
        wanted.set(socket, { config, routes, tls: settings, mutualTls, admission, edge, authorizer, externalAuthorizer });
        if (this.bySocket.has(socket)) continue;
        const bound = { address, port: boundPort(config, this.redirectedPorts) };
        const listener = new Listener(config, bound, routes, settings, mutualTls, this.context, this.random);
        // Connections may come before the commit.
        listener.edge = edge;
        listener.authorizer = authorizer;
        listener.externalAuthorizer = externalAuthorizer;
        added.set(socket, listener);
      }
    }
    // In the order of the document, whichever socket is bound first.
    const problems = await Promise.all([...added].map(([socket, listener]) => listener.listen(this.handover?.take(listener.socketAddress)).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => {
        if (!isDispensable(wanted.get(socket)!.config, listener.address, error)) return inWords(listener, error);
        added.delete(socket);
        return undefined;
      })));
    const failures = problems.filter((problem) => problem !== undefined);
    const rollback = (): void => {
      added.forEach((listener) => listener.destroy());
      tls.rollback();
    };
    if (failures.length > 0) {
      rollback();
      return { ok: false, failures };
    }
    return {
      ok: true,
      rollback,
      commit: () => {
        this.commit(wanted, added);
        tls.commit();
        this.handover?.tell(this.all().map(({ socketAddress }) => socketAddress));
      },
    };
  }

  stopAccepting(): void {
    for (const listener of this.bySocket.values()) listener.stopAccepting();
  }

  closeIdle(): void {
    for (const listener of this.bySocket.values()) listener.closeIdle();
  }

  stop(): void {
    for (const listener of this.bySocket.values()) listener.stop();
  }

  destroy(): void {
    for (const listener of this.bySocket.values()) listener.destroy();
    this.tls.close();
  }

  private routesOf(config: ResolvedListener, clusters: ClusterLookup, keys: KeyRings): Routes {
    const dependencies = { random: this.random, now: () => this.context.clock.now() };
    const routes = config.routes.map((route) => (
      new Route(route, clusters, this.timeouts, dependencies, this.persistence(config, route, clusters, keys), config.path)));
    return new Routes(routes, config.routes, config.path);
  }

  private persistence(
    { name, direction }: ResolvedListener, { session, split }: ResolvedRoute, clusters: ClusterLookup, keys: KeyRings,
  ): SessionPersistence | undefined {
    if (!session) return undefined;
    const named = new Map(split.map(({ cluster }) => [cluster, clusters.get(cluster)]));
    const { clock, instruments } = this.context;
    return new SessionPersistence(session, keys.ring(session.keyFile), named, clock, instruments.listener(name, direction).sessions);
  }

  /** Those that the listener has, unless the configuration says something else now. */
  private mutualTlsOf(
    { name, mutualTls, protocol }: ResolvedListener, { limits }: ResolvedProxyConfig, identity: Identity | undefined,
  ): MutualTlsSettings | undefined {
    if (!mutualTls) return undefined;
    if (!identity) throw new RangeError(`listener '${name}' has mutual TLS and the proxy no identity`);
    const version = protocol === 'http2' || protocol === 'tcp' ? protocol : 'http1';
    const key = JSON.stringify([mutualTls, limits.tlsHandshakeTimeoutMs, version]);
    const present = this.all().find((listener) => listener.name === name)?.mutualTls;
    if (present?.key === key && present.identity === identity) return present;
    const { tlsHandshakeTimeoutMs: handshakeTimeoutMs } = limits;
    return { ...mutualTls, key, identity, version, handshakeTimeoutMs, instruments: this.context.instruments.tls(name) };
  }

  /** The one that the listener has, with what it has learned, unless the configuration says something else now. */
  private admissionOf(config: ResolvedListener): Admission | undefined {
    if (!config.admission) return undefined;
    const present = this.all().find(({ name }) => name === config.name);
    const same = present && JSON.stringify(present.admissionConfig) === JSON.stringify([config.admission, config.path]);
    return same ? present.admission : new Admission(config.admission, config.path, this.context.clock.now());
  }

  /** The one that the listener has, with the tokens that it has verified, unless the configuration says something else now. */
  private authorizerOf({ name, direction, authorization, jwt, path, routes }: ResolvedListener, jwks: JwksSource): Authorizer | undefined {
    if (!authorization) return undefined;
    const { context } = this;
    const matches = [...authorization.rules, ...routes].flatMap(({ matches: its = [] }) => its);
    const wanted = askedClaims(matches);
    const key = JSON.stringify([direction, authorization, jwt, path, [...wanted.keys()].sort()]);
    const present = this.all().find((listener) => listener.name === name)?.authorizer;
    if (present?.key === key) return present;
    const onLimit = (limit: string): void => context.instruments.limitReached(limit);
    const tokens = jwt && new RequestTokens(jwt, (file) => jwks.keysOf(file), wanted, onLimit);
    return new Authorizer(key, name, authorization, path, tokens, {
      instruments: context.instruments.listener(name, direction), clock: context.clock, onAudit: () => context.onAudit, onLimit,
    });
  }

  /** A new one, for clusters may be others; the number of those that wait stays. */
  private externalAuthorizerOf(
    { name, direction, externalAuthorization, path }: ResolvedListener, clusters: ClusterLookup,
  ): ExternalAuthorizer | undefined {
    if (!externalAuthorization) return undefined;
    const { context, random, timeouts } = this;
    const waiting = this.all().find((listener) => listener.name === name)?.externalAuthorizer?.waiting ?? { count: 0 };
    return new ExternalAuthorizer(externalAuthorization, path, {
      context, instruments: context.instruments.listener(name, direction).externalAuthorization,
      routeOf: (route) => new Route(route, clusters, timeouts, { random, now: () => context.clock.now() }, undefined),
    }, waiting);
  }

  private commit(wanted: ReadonlyMap<string, Wanted>, added: ReadonlyMap<string, Listener>): void {
    const rechecked: Listener[] = [];
    for (const [socket, listener] of this.bySocket) {
      const next = wanted.get(socket);
      if (next) {
        if (listener.authorizer !== next.authorizer || listener.mutualTls !== next.mutualTls) rechecked.push(listener);
        listener.reconfigure(next.config, next.routes, next.tls, next.mutualTls);
      } else {
        this.bySocket.delete(socket);
        listener.stopAccepting();
        listener.closeIdle();
      }
    }
    for (const [socket, listener] of added) this.bySocket.set(socket, listener);
    for (const [socket, listener] of this.bySocket) {
      listener.admission = wanted.get(socket)!.admission;
      listener.edge = wanted.get(socket)!.edge;
      listener.authorizer = wanted.get(socket)!.authorizer;
      listener.externalAuthorizer = wanted.get(socket)!.externalAuthorizer;
    }
    for (const listener of rechecked) listener.recheck();
    // What the app can take is the same for all inbound listeners, however many they are.
    this.context.inboundLoad.reporter.concurrency = this.all().find(({ load, admission }) => load && admission?.concurrency)?.admission?.concurrency;
  }
}

function inWords(listener: Listener, error: NodeJS.ErrnoException): string {
  const { address, port } = listener.socketAddress;
  const where = `listener '${listener.name}' can't bind ${address.includes(':') ? `[${address}]` : address}:${port}`;
  switch (error.code) {
    case 'EADDRINUSE': return `${where}: the port is taken; stop what listens there or choose another port`;
    case 'EACCES': return `${where}: ports below net.ipv4.ip_unprivileged_port_start need a privilege; set that sysctl for the pod or choose a higher port`;
    case 'EADDRNOTAVAIL': return `${where}: this host has no such address`;
    default: return `${where}: ${error.message}`;
  }
}
