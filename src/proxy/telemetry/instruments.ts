/**
 * The instruments of the data path, bound in advance to what they belong to: a listener, a cluster. Code that serves
 * requests keeps one of these objects and adds to plain numbers.
 *
 * What is recorded of each request is in request-instruments.ts.
 */
import { AuthorizationInstruments } from './authorization-instruments';
import { FAMILIES } from './catalog';
import { UpstreamTlsInstruments } from './credential-instruments';
import { ExternalAuthorizationInstruments } from './external-authorization-instruments';
import { JwtInstruments } from './jwt-instruments';
import { LazyCounters } from './lazy-counters';
import type { Counter, Gauge } from './metrics';
import type { ReasonCode } from './reasons';
import { MetricRegistry } from './registry';
import { ListenerRequests, UNREPORTED } from './request-instruments';
import { SessionInstruments } from './session-instruments';
import { ListenerTcp } from './tcp-instruments';
import { TlsInstruments } from './tls-instruments';

/** What a listener records. */
export class ListenerInstruments {
  readonly connections: Counter;
  readonly connectionsOpen: Gauge;
  readonly requestsInFlight: Gauge;
  readonly tunnels: Counter;
  readonly tunnelsOpen: Gauge;
  readonly receivedBytes: Counter;
  readonly sentBytes: Counter;
  readonly sessions: SessionInstruments;
  /** Requests that are over. */
  readonly requests: ListenerRequests;
  /** Connections of TCP. */
  readonly tcp: ListenerTcp;
  readonly authorization: AuthorizationInstruments;
  readonly externalAuthorization: ExternalAuthorizationInstruments;
  readonly jwt: JwtInstruments;

  constructor(
    private readonly registry: MetricRegistry, private readonly listener: string, direction: 'inbound' | 'outbound',
    onLimit: (limit: string) => void, wallSeconds?: () => number,
  ) {
    this.requests = new ListenerRequests(registry, listener, direction, onLimit, wallSeconds);
    this.tcp = new ListenerTcp(registry, listener, direction, onLimit);
    this.connections = registry.counter(FAMILIES.downstreamConnections, { listener });
    this.connectionsOpen = registry.gauge(FAMILIES.downstreamConnectionsOpen, { listener });
    this.requestsInFlight = registry.gauge(FAMILIES.requestsInFlight, { listener });
    this.tunnels = registry.counter(FAMILIES.tunnels, { listener });
    this.tunnelsOpen = registry.gauge(FAMILIES.tunnelsOpen, { listener });
    this.receivedBytes = registry.counter(FAMILIES.receivedBytes, { listener });
    this.sentBytes = registry.counter(FAMILIES.sentBytes, { listener });
    this.sessions = new SessionInstruments(registry, listener);
    this.authorization = new AuthorizationInstruments(registry, listener);
    this.externalAuthorization = new ExternalAuthorizationInstruments(registry, listener);
    this.jwt = new JwtInstruments(registry, listener);
  }

  /** Counts a fault that was injected. */
  faultInjected(kind: 'delay' | 'abort'): void {
    this.registry.counter(FAMILIES.faultsInjected, { listener: this.listener, kind }).value += 1;
  }

  /** Counts a connection that is refused for its client. */
  connectionRefused(reason: ReasonCode): void {
    this.registry.counter(FAMILIES.connectionsRefused, { listener: this.listener, reason }).value += 1;
  }

  /** Counts a header of the PROXY protocol by how it came out. */
  /** Counts a connection of HTTP/2 that was closed because of what the client did. */
  http2Fault(code: string): void {
    this.registry.counter(FAMILIES.http2Faults, { listener: this.listener, code }).value += 1;
  }

  proxyHeader(result: string): void {
    this.registry.counter(FAMILIES.proxyHeaders, { listener: this.listener, result }).value += 1;
  }

  /** Counts a request that has passed its pod's sidecar by. */
  bypassed(): void {
    this.registry.counter(FAMILIES.bypassingRequests, { listener: this.listener }).value += 1;
  }
}

/** Limits of a cluster: those of the configuration by their names there, and one that is fixed. */
export type ClusterLimit =
  | 'maxRequests' | 'maxRequestsPerEndpoint' | 'maxPendingRequests' | 'pendingTimeoutMs' | 'maxConnections' | 'maxConnectionsPerEndpoint'
  | 'concurrentHealthChecks' | 'pingTimeoutMs';

/** What became of a copy of a request. */
export type MirrorResult = 'answered' | 'failed' | 'incomplete' | 'body_too_large' | 'upgrade' | 'memory' | 'limit';

/** What a cluster records. */
export class ClusterInstruments {
  readonly attempts: Counter;
  readonly hedges: Counter;
  private readonly byReport = new LazyCounters((result) => this.registry.counter(FAMILIES.loadReports, { cluster: this.cluster, result }));
  private readonly byRetry = new LazyCounters((reason) => this.registry.counter(FAMILIES.retries, { cluster: this.cluster, reason }));
  private readonly byDenial = new LazyCounters((cause) => this.registry.counter(FAMILIES.retriesDenied, { cluster: this.cluster, cause }));
  private readonly byLimit = new LazyCounters((limit) => this.registry.counter(FAMILIES.upstreamLimitReached, { cluster: this.cluster, limit }));
  private readonly byMirror = new LazyCounters((result) => this.registry.counter(FAMILIES.mirroredRequests, { cluster: this.cluster, result }));

  constructor(private registry: MetricRegistry, private readonly cluster: string) {
    this.attempts = registry.counter(FAMILIES.attempts, { cluster });
    this.hedges = registry.counter(FAMILIES.hedges, { cluster });
  }

  /** Another policy chooses its endpoints. */
  policyChanged(): void {
    this.registry.counter(FAMILIES.balancingPolicyChanges, { cluster: this.cluster }).value += 1;
  }

  /** Load reports of its endpoints, by what became of them. */
  loadReports(result: string): Counter {
    return this.byReport.get(result);
  }

  /** Retries after a failure of this kind: a reason code, `http_` and a status, or `unsent`. */
  retries(reason: string): Counter {
    return this.byRetry.get(reason);
  }

  /** Retries and hedges that did not take place. */
  retriesDenied(cause: 'budget' | 'in_flight'): Counter {
    return this.byDenial.get(cause);
  }

  /** Copies of requests for it, by what became of them. */
  mirrored(result: MirrorResult): Counter {
    return this.byMirror.get(result);
  }

  /** Counts an endpoint that is an outlier by a rule. */
  outliers(rule: string, ejected: boolean): void {
    this.registry.counter(FAMILIES.outliersDetected, { cluster: this.cluster, rule }).value += 1;
    if (ejected) this.registry.counter(FAMILIES.outliersEjected, { cluster: this.cluster, rule }).value += 1;
  }

  /** Counts a health check of an endpoint. */
  healthChecks(result: 'passed' | 'failed' | 'busy'): void {
    this.registry.counter(FAMILIES.healthChecks, { cluster: this.cluster, result }).value += 1;
  }

  /** Counts that a limit was reached. */
  limitReached(limit: ClusterLimit): void {
    this.byLimit.get(limit).value += 1;
  }

  /** @internal The cluster is gone: what its last requests still record is not reported. */
  retire(): void {
    this.registry = UNREPORTED;
  }
}

/** All instruments of the data path; one object per proxy. */
export class Instruments {
  private readonly listeners = new Map<string, ListenerInstruments>();
  private readonly clusters = new Map<string, ClusterInstruments>();
  private readonly limits = new LazyCounters((limit) => this.registry.counter(FAMILIES.limitReached, { limit }));

  /** @param wallSeconds the time, for exemplars */
  constructor(private readonly registry: MetricRegistry, private readonly wallSeconds?: () => number) {
    registry.observe(FAMILIES.limitReached, { limit: 'metricSeries' }, () => registry.overflows);
  }

  /** Those of a listener; the same object whenever asked. */
  listener(name: string, direction: 'inbound' | 'outbound'): ListenerInstruments {
    let listener = this.listeners.get(name);
    if (!listener) {
      listener = new ListenerInstruments(this.registry, name, direction, (limit) => this.limitReached(limit), this.wallSeconds);
      this.listeners.set(name, listener);
    }
    return listener;
  }

  /** Those of a listener's TLS. */
  tls(listener: string): TlsInstruments {
    return new TlsInstruments(this.registry, listener);
  }

  /** Those of the files of a cluster's TLS to the outside. */
  upstreamTls(cluster: string): UpstreamTlsInstruments {
    return new UpstreamTlsInstruments(this.registry, cluster);
  }

  /** Those of a cluster; the same object whenever asked. */
  cluster(name: string): ClusterInstruments {
    let cluster = this.clusters.get(name);
    if (!cluster) {
      cluster = new ClusterInstruments(this.registry, name);
      this.clusters.set(name, cluster);
      for (const { requests, tcp } of this.listeners.values()) {
        requests.revive(name);
        tcp.revive(name);
      }
    }
    return cluster;
  }

  /** Counts that a limit was reached. */
  limitReached(limit: string): void {
    this.limits.get(limit).value += 1;
  }

  /** Counts what was done because memory was short. */
  memoryAction(action: string, count: number): void {
    if (count > 0) this.registry.counter(FAMILIES.memoryActions, { action }).value += count;
  }

  /** Counts that a file with keys of session cookies was read again. */
  sessionKeyReload(result: 'applied' | 'rejected'): void {
    this.registry.counter(FAMILIES.sessionKeyReloads, { result }).value += 1;
  }

  /** Counts that a file with the keys of an issuer was read again. */
  jwksReload(result: 'applied' | 'rejected'): void {
    this.registry.counter(FAMILIES.jwksReloads, { result }).value += 1;
  }

  /** The listener is no longer in the configuration: its series go. */
  removeListener(name: string): void {
    this.listeners.get(name)?.tcp.retireAll();
    this.listeners.delete(name);
    this.registry.remove({ listener: name });
  }

  /** The cluster is no longer in the configuration: its series go, though requests to it may still be under way. */
  removeCluster(name: string): void {
    this.clusters.get(name)?.retire();
    this.clusters.delete(name);
    for (const { requests, tcp } of this.listeners.values()) {
      requests.retire(name);
      tcp.retire(name);
    }
    this.registry.remove({ cluster: name });
  }
}
