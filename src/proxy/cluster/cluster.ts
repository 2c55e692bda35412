/**
 * A cluster at run time: the endpoints that discovery found, the choice among them, and what their connections share.
 * Discovery and configuration change it between requests; a request only asks for `pick()`.
 *
 * Which endpoint is chosen is the business of src/balancing (selection/endpoint-selector.ts). A cluster whose endpoints all drain
 * or don't work is a last resort: where a route has others, requests go there (route.ts).
 */
import {
  BalancerReport, EndpointSelector, LocalNode, Locality, NoEndpointReason, OutlierWatch, PickRequest, PolicyChoice, RetryBudget, Scheduler,
} from '../../balancing';
import type { ResolvedCluster, ResolvedProxyConfig } from '../../contract';
import type { DiscoveryHealth, DiscoverySource, EndpointSnapshot } from '../discovery/source';
import type { ResponseHead } from '../http1/response-head';
import { ReportIntake, usesReports } from '../load-reports/report-intake';
import type { ClusterInstruments } from '../telemetry/instruments';
import type { TimeoutQueues } from '../runtime/timeouts';
import type { Identity } from '../tls/identity';
import type { ExternalSecurity } from '../tls/external-security';
import { SidecarSecurity } from '../tls/sidecar-security';
import type { UpstreamSecurity } from '../tls/upstream-security';
import { Endpoint, endpointKey } from './endpoint';
import { FirstEndpoints } from './first-endpoints';
import { HealthChecks } from './health/health-checks';
import { newPoolStats, PoolDependencies, PoolStats } from './pool-dependencies';
import { selectionOf, statedLimit } from './tcp/connection-limits';
import { DialListener, TcpDial } from './tcp/tcp-dial';

/** Makes the discovery source of a cluster. */
export type SourceFactory = (cluster: Discovered, document: ResolvedProxyConfig) => DiscoverySource;

/** What discovery needs of a cluster. */
export type Discovered = Pick<ResolvedCluster, 'name' | 'discovery'>;

/** How many endpoints can take requests, out of how many that could or did. */
export interface Capacity {
  readonly available: number;
  readonly all: number;
}

/** Time and chance, for the balancer and for what renews it, and who balances. */
export interface ClusterDependencies extends Scheduler {
  /** Tells this proxy from the others that balance over the same endpoints. */
  readonly identity: string;
  /** Where this proxy is, as far as it is known by now. */
  readonly locality: Locality;
  /** Another policy is in use: one that chooses among others has chosen anew. */
  onChoice(cluster: string, choice: PolicyChoice): void;
  /** Goes up whenever what is available of some cluster has changed. */
  readonly changes: { count: number };
}

export class Cluster {
  readonly stats: PoolStats = newPoolStats();
  readonly retryBudget: RetryBudget;
  private readonly members = new Map<string, Endpoint>();
  private readonly pools: PoolDependencies;
  private source: DiscoverySource;
  private config: ResolvedCluster;
  private readonly selector: EndpointSelector<Endpoint>;
  /** The code that sends requests to endpoints tells it how they went. */
  readonly watch: OutlierWatch<Endpoint>;
  private readonly healthChecks: HealthChecks;
  /** Endpoints that were ready, no longer are, and are not going away: capacity that is missing. */
  private missing: ReadonlySet<string> = new Set();
  private discovered = false;
  /** For requests that come before discovery has spoken. */
  readonly firstEndpoints: FirstEndpoints;
  private readonly intake: ReportIntake;
  private chosen: PolicyChoice['policy'] | undefined;
  /** Somebody goes by the load reports of its endpoints: they are asked for, and read. */
  usesReports: boolean;

  constructor(
    config: ResolvedCluster,
    document: ResolvedProxyConfig,
    private readonly sources: SourceFactory,
    private readonly timeouts: TimeoutQueues,
    private readonly dependencies: ClusterDependencies,
    readonly instruments: ClusterInstruments,
    identity?: Identity,
    external?: ExternalSecurity,
  ) {
    this.config = config;
    this.pools = {
      protocol: config.protocol,
      proxyProtocol: config.proxyProtocol !== undefined,
      connectTimeout: timeouts.of(config.connectTimeoutMs),
      idleTimeout: timeouts.of(config.idleTimeoutMs),
      pendingTimeout: timeouts.of(config.pendingTimeoutMs),
      maxConnectionsPerEndpoint: config.maxConnectionsPerEndpoint,
      reuses: true,
      maxConnections: config.maxConnections,
      maxPending: config.maxPendingRequests,
      headTimeout: timeouts.of(document.limits.headTimeoutMs),
      limits: document.limits,
      pending: 0,
      identity,
      security: external ?? sidecarSecurityOf(config, identity, undefined),
      timeouts,
      now: () => dependencies.now(),
      stats: this.stats,
      instruments,
      pools: new Set(),
      starving: new Set(),
    };
    this.firstEndpoints = new FirstEndpoints(this.pools, () => dependencies.now());
    this.retryBudget = new RetryBudget(config.retryBudget, () => dependencies.now());
    this.usesReports = usesReports(config);
    this.intake = new ReportIntake(config, (result) => { instruments.loadReports(result).value += 1; });
    this.watch = new OutlierWatch(config.outlierDetection, dependencies, {
      onOutlier: (_, rule, ejected) => instruments.outliers(rule, ejected),
      onStatus: (endpoint) => {
        // A connection from before says less about the endpoint than a new one.
        if (endpoint.status === 'ejected') endpoint.pool.closeIdle();
        this.selector.rebuildSoon();
      },
    });
    this.selector = new EndpointSelector(selectionOf(config), dependencies, this.node, this.watch, {
      onLimit: (limit) => instruments.limitReached(statedLimit(limit, this.config)),
      onChange: () => { dependencies.changes.count += 1; },
      onRenewed: () => this.noteChoice(),
    });
    this.healthChecks = new HealthChecks(config.healthCheck, config.protocol, dependencies, instruments, () => {
      this.watch.update(this.endpoints);
      this.selector.rebuildSoon();
    });
    this.source = sources(config, document);
    this.discover();
  }

  get name(): string { return this.config.name; }
  /** Name of the policy in force. */
  get policy(): string { return this.config.loadBalancing.type; }
  /** Whether an endpoint is available: ready, and believed to work. */
  get available(): boolean { return this.selector.available; }
  /** Whether a request could be sent, if need be as a last resort: to endpoints that drain, or in panic to those believed not to work. */
  get usable(): boolean { return this.selector.usable; }
  get capacity(): Capacity {
    const ready = this.endpoints.filter(({ presence }) => presence === 'ready');
    return { available: ready.filter(({ available }) => available).length, all: ready.length + this.missing.size };
  }
  get changes(): { readonly count: number } { return this.dependencies.changes; }
  /** Requests that wait for a connection, or for the first endpoints. */
  get pending(): number { return this.pools.pending; }
  /** The endpoints, in the order of their addresses. */
  get endpoints(): Endpoint[] { return [...this.members.values()]; }
  get discovery(): DiscoveryHealth { return this.source.health; }

  /** How endpoints are chosen at the moment. */
  get balancing(): BalancerReport { return this.selector.report(); }
  get choice(): PolicyChoice | undefined { return this.selector.choice; }
  /** Weights move. */
  get weighs(): boolean { return this.selector.weighs; }
  /** Zones are looked at. */
  get zoneAware(): boolean { return this.config.zoneAware !== undefined; }

  /** The endpoint of this key, ready or draining; undefined when it is not there. */
  endpoint(key: string): Endpoint | undefined {
    return this.members.get(key);
  }

  /** Requests under way, those that wait for a connection included. */
  get inFlight(): number { return this.selector.inFlight; }

  /** Its connections begin with a header of the PROXY protocol. */
  get sendsProxyHeader(): boolean { return this.pools.proxyProtocol; }

  /** Its endpoints have sidecars of the mesh, which are told of deadlines and attempts. */
  get meshed(): boolean { return this.config.meshFields; }

  /** The endpoint for one request; undefined when there is none, or none that may have another: {@link whyNone} tells. */
  pick(request: PickRequest): Endpoint | undefined {
    return this.selector.pick(request);
  }

  /** Another endpoint than those that were tried; undefined when there is no other. */
  pickOther(tried: readonly Endpoint[], request: PickRequest): Endpoint | undefined {
    return this.selector.pickOther(tried, request);
  }

  /** Whether the limits leave room for another request to this endpoint. */
  takes(endpoint: Endpoint): boolean {
    return this.selector.takes(endpoint);
  }

  /** Why there was no endpoint for a request, just now. */
  whyNone(): NoEndpointReason {
    return this.selector.whyNone();
  }

  /**
   * The source that a new configuration asks for, not started yet; undefined when the present one goes on.
   *
   * @throws Error in the user's words when it can't be made
   */
  stageSource(config: ResolvedCluster, document: ResolvedProxyConfig, apiChanged: boolean): DiscoverySource | undefined {
    const elsewhere = JSON.stringify(this.config.discovery) !== JSON.stringify(config.discovery)
      || (apiChanged && config.discovery.type === 'endpointSlice');
    return elsewhere ? this.sources(config, document) : undefined;
  }

  /** Takes over a new configuration. Endpoints and connections stay, unless they come from elsewhere now. */
  reconfigure(
    config: ResolvedCluster, document: ResolvedProxyConfig, source: DiscoverySource | undefined, identity?: Identity, external?: ExternalSecurity,
  ): void {
    this.config = config;
    this.secure(identity, external);
    this.pools.connectTimeout = this.timeouts.of(config.connectTimeoutMs);
    this.pools.idleTimeout = this.timeouts.of(config.idleTimeoutMs);
    this.pools.pendingTimeout = this.timeouts.of(config.pendingTimeoutMs);
    this.pools.maxConnectionsPerEndpoint = config.maxConnectionsPerEndpoint;
    this.pools.maxConnections = config.maxConnections;
    this.pools.maxPending = config.maxPendingRequests;
    this.pools.headTimeout = this.timeouts.of(document.limits.headTimeoutMs);
    this.pools.limits = document.limits;
    this.pools.proxyProtocol = config.proxyProtocol !== undefined;
    if (this.pools.protocol !== config.protocol) {
      this.pools.protocol = config.protocol;
      for (const endpoint of this.members.values()) endpoint.changeProtocol();
    }
    this.retryBudget.reconfigure(config.retryBudget);
    if (source) {
      // The old endpoints serve until the new source has spoken.
      this.source.close();
      this.source = source;
      this.discover();
    }
    this.usesReports = usesReports(config);
    this.intake.reconfigure(config);
    this.watch.reconfigure(config.outlierDetection);
    this.healthChecks.reconfigure(config.healthCheck, config.protocol);
    this.selector.reconfigure(selectionOf(config));
  }

  /** Makes a connection to one of its endpoints, for one client's connection of TCP. */
  dial(endpoint: Endpoint, listener: DialListener): TcpDial {
    return new TcpDial(endpoint, this.pools, listener);
  }

  /** Whether connections are kept for other requests; those that wait for one are closed when not. */
  reuseConnections(on: boolean): void {
    this.pools.reuses = on;
    if (!on) for (const { pool } of this.endpoints) pool.closeIdle();
  }

  /** What is known of where this proxy is has changed. */
  move(): void {
    this.selector.move(this.node);
  }

  /** The head of a response of one of its endpoints has come, in `buffer`. */
  readReport(endpoint: Endpoint, buffer: Buffer, head: ResponseHead): void {
    if (this.usesReports) this.intake.take(endpoint, buffer, head, this.dependencies.now());
  }

  /** The trailers of one have come, with a report in this line. */
  readTrailingReport(endpoint: Endpoint, trailers: Buffer, line: number): void {
    if (this.usesReports) this.intake.takeLine(endpoint, trailers, line, this.dependencies.now());
  }

  /** Leaves the configuration: requests in flight finish, then its connections close. */
  retire(): void {
    this.source.close();
    this.selector.stop();
    this.watch.stop();
    this.healthChecks.stop();
    for (const endpoint of this.members.values()) endpoint.retire();
    this.firstEndpoints.arrive();
  }

  private secure(identity: Identity | undefined, external: ExternalSecurity | undefined): void {
    this.pools.identity = identity;
    this.pools.security = external ?? sidecarSecurityOf(this.config, identity, this.pools.security);
    for (const endpoint of this.members.values()) endpoint.secure();
  }

  private get node(): LocalNode {
    return { identity: this.dependencies.identity, ...this.dependencies.locality };
  }

  private discover(): void {
    this.source.start((snapshot) => this.onSnapshot(snapshot));
  }

  private onSnapshot(snapshot: EndpointSnapshot): void {
    const gone = new Map(this.members);
    // Slow start is for endpoints that join others; those that are there when the proxy starts have nobody to lean on.
    const initial = !this.discovered;
    this.discovered = true;
    this.members.clear();
    let changed = false;
    const missing = new Set<string>();
    for (const found of snapshot) {
      const key = endpointKey(found);
      if (!found.ready && !found.draining) {
        // One that has never been ready is starting: counting it would take scaling up for a failure.
        if (gone.has(key) || this.missing.has(key)) missing.add(key);
        continue;
      }
      let endpoint = gone.get(key);
      if (endpoint) {
        gone.delete(key);
        changed = endpoint.update(found) || changed;
      } else {
        const since = initial ? undefined : this.dependencies.now();
        endpoint = new Endpoint(found.address, found.port, found, since, this.selector.clusterStats, this.pools);
        changed = true;
      }
      this.members.set(key, endpoint);
    }
    for (const endpoint of gone.values()) endpoint.retire();
    this.missing = missing;
    this.dependencies.changes.count += 1;
    if (changed || gone.size > 0) {
      const { endpoints } = this;
      this.watch.update(endpoints);
      this.healthChecks.update(endpoints);
      this.selector.update(endpoints);
    }
    if (initial) this.firstEndpoints.arrive();
  }

  private noteChoice(): void {
    const { choice } = this.selector;
    const policy = choice?.policy ?? this.config.loadBalancing.type;
    if (policy === this.chosen) return;
    if (this.chosen !== undefined) {
      this.instruments.policyChanged();
      if (choice) this.dependencies.onChoice(this.name, choice);
    }
    this.chosen = policy;
  }
}

/** @param before what there was, which stays when it asks for the same */
function sidecarSecurityOf(
  { name, mutualTls }: ResolvedCluster, identity: Identity | undefined, before: UpstreamSecurity | undefined,
): UpstreamSecurity | undefined {
  if (!mutualTls) return undefined;
  if (!identity) throw new RangeError(`cluster '${name}' has mutual TLS and the proxy no identity`);
  const { serverIds } = mutualTls;
  return before instanceof SidecarSecurity && before.sameAs(identity, serverIds) ? before : new SidecarSecurity(identity, serverIds);
}
