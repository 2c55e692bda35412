/**
 * A cluster at run time: the endpoints that discovery found, the picker over those that are available, and what their
 * connections share. Discovery and configuration change it between requests; a request only asks for `pick()`.
 *
 * Used are the endpoints that discovery calls ready; when there is none, those that are draining, for a pod that shuts down
 * and still serves is better than an error (kube-proxy does the same). Which of them are believed to work is said in
 * availability.ts; what follows from it (priority levels, the panic threshold) is the balancer's. A cluster whose endpoints
 * all drain or don't work is a last resort: where a route has others, requests go there (route.ts).
 */
import { Balancer, BalancerReport, PickRequest, Place, PolicyChoice, RetryBudget, Surroundings } from '../../balancing';
import type { ResolvedCluster, ResolvedProxyConfig } from '../../contract';
import type { Cancel, Clock } from '../clock';
import type { DiscoveryHealth, DiscoverySource, EndpointSnapshot } from '../discovery/source';
import type { ResponseHead } from '../http1/response-head';
import { ReportIntake, usesReports } from '../load-reports/report-intake';
import type { ClusterInstruments } from '../telemetry/instruments';
import type { TimeoutQueues } from '../timeouts';
import { Endpoint, endpointKey } from './endpoint';
import { FirstEndpoints } from './first-endpoints';
import { Watch } from './health/watch';
import type { PoolStats, PoolSurroundings } from './pool';

/** How often a policy is asked for another endpoint. */
const REDRAWS = 2;

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
export interface ClusterSurroundings extends Surroundings, Pick<Clock, 'after'> {
  /** Tells this proxy from the others that balance over the same endpoints. */
  readonly identity: string;
  /** Where this proxy is, as far as it is known by now. */
  readonly place: Place;
  /** Another policy is in use: one that chooses among others has chosen anew. */
  onChoice(cluster: string, choice: PolicyChoice): void;
  /** Goes up whenever what is available of some cluster has changed. */
  readonly changes: { count: number };
}

export class Cluster {
  readonly stats: PoolStats = { opened: 0, open: 0, reused: 0, connectFailed: 0, connectTimedOut: 0, brokenInUse: 0 };
  readonly retryBudget: RetryBudget;
  private readonly members = new Map<string, Endpoint>();
  private readonly pools: PoolSurroundings;
  private source: DiscoverySource;
  private config: ResolvedCluster;
  private readonly balancer: Balancer<Endpoint>;
  /** Whoever sends requests to endpoints tells it how they went. */
  readonly watch: Watch;
  /** Those that requests go to: the available ones, or those of the last resort when there is none. */
  private candidates: readonly Endpoint[] = [];
  /** Endpoints that were ready, no longer are, and are not going away: capacity that is missing. */
  private missing: ReadonlySet<string> = new Set();
  private hasAvailable = false;
  private discovered = false;
  /** For requests that come before discovery has spoken. */
  readonly firstEndpoints: FirstEndpoints;
  private renewal: Cancel | undefined;
  private readonly intake: ReportIntake;
  private chosen: PolicyChoice['policy'] | undefined;
  /** Somebody goes by the load reports of its endpoints: they are asked for, and read. */
  usesReports: boolean;

  constructor(
    config: ResolvedCluster,
    document: ResolvedProxyConfig,
    private readonly sources: SourceFactory,
    private readonly timeouts: TimeoutQueues,
    private readonly surroundings: ClusterSurroundings,
    readonly instruments: ClusterInstruments,
  ) {
    this.config = config;
    this.pools = {
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
      timeouts,
      now: () => surroundings.now(),
      stats: this.stats,
      instruments,
      pools: new Set(),
      starving: new Set(),
    };
    this.firstEndpoints = new FirstEndpoints(this.pools, () => surroundings.now());
    this.retryBudget = new RetryBudget(config.retryBudget, () => surroundings.now());
    this.balancer = new Balancer(config, surroundings, { identity: surroundings.identity, ...surroundings.place });
    this.usesReports = usesReports(config);
    this.intake = new ReportIntake(config, (result) => { instruments.loadReports(result).value += 1; });
    this.watch = new Watch(config, surroundings, instruments, () => this.rebuild());
    this.source = sources(config, document);
    this.discover();
  }

  get name(): string { return this.config.name; }
  /** Name of the policy in force. */
  get policy(): string { return this.config.loadBalancing.type; }
  /** Whether an endpoint is available: ready, and believed to work. */
  get available(): boolean { return this.hasAvailable; }
  /** Whether a request could be sent, if need be as a last resort: to endpoints that drain, or in panic to those believed not to work. */
  get usable(): boolean { return this.candidates.length > 0; }
  get capacity(): Capacity {
    const ready = this.endpoints.filter(({ presence }) => presence === 'ready');
    return { available: ready.filter(({ available }) => available).length, all: ready.length + this.missing.size };
  }
  get changes(): { readonly count: number } { return this.surroundings.changes; }
  /** Requests that wait for a connection, or for the first endpoints. */
  get pending(): number { return this.pools.pending; }
  /** The endpoints, in the order of their addresses. */
  get endpoints(): Endpoint[] { return [...this.members.values()]; }
  get discovery(): DiscoveryHealth { return this.source.health; }

  /** How endpoints are chosen at the moment. */
  get balancing(): BalancerReport { return this.balancer.report(); }
  get choice(): PolicyChoice | undefined { return this.balancer.choice; }
  /** Weights move. */
  get weighs(): boolean { return this.balancer.weighs; }
  /** Zones are looked at. */
  get zoneAware(): boolean { return this.config.zoneAware !== undefined; }

  /** The endpoint of this key, ready or draining; undefined when it is not there. */
  endpoint(key: string): Endpoint | undefined {
    return this.members.get(key);
  }

  /** Requests under way, those that wait for a connection included. */
  get inFlight(): number { return this.balancer.learning.inFlight; }

  /** Its endpoints have sidecars of the mesh, which are told of deadlines and attempts. */
  get meshed(): boolean { return this.config.meshFields; }

  /** The endpoint for one request; undefined when there is none, or none that may have another: {@link whyNone} tells. */
  pick(request: PickRequest): Endpoint | undefined {
    if (this.isFull()) {
      this.instruments.limitReached('maxRequests');
      return undefined;
    }
    const endpoint = this.balancer.pick(request);
    if (!endpoint) return undefined;
    if (!this.hasRoom(endpoint)) {
      this.instruments.limitReached('maxRequestsPerEndpoint');
      return this.pickOther([endpoint], request);
    }
    return endpoint.conduct.standing === 'probing' ? this.pickProbing(endpoint, request) : endpoint;
  }

  /** Whether the limits leave room for another request to this endpoint. */
  takes(endpoint: Endpoint): boolean {
    return !this.isFull() && this.hasRoom(endpoint);
  }

  /** Why there was no endpoint for a request, just now. */
  whyNone(): 'no_endpoints' | 'request_limit' | 'endpoint_limit' {
    if (this.isFull()) return 'request_limit';
    return this.usable && this.config.maxRequestsPerEndpoint > 0 ? 'endpoint_limit' : 'no_endpoints';
  }

  /**
   * Another endpoint than those that were tried; undefined when there is no other. The policy is asked first, a few times;
   * one that insists (the endpoint that fails has the fewest requests in flight) is overruled by chance. What fails together is
   * tried again together, before the policy knows: an endpoint that something speaks against is chosen only for want of others.
   */
  pickOther(tried: readonly Endpoint[], request: PickRequest): Endpoint | undefined {
    if (this.isFull()) return undefined;
    for (let draw = 0; draw < REDRAWS; draw += 1) {
      const endpoint = this.balancer.pick(request);
      if (endpoint && !tried.includes(endpoint) && endpoint.sound && this.hasRoom(endpoint)) return endpoint;
    }
    const others = this.candidates.filter((endpoint) => !tried.includes(endpoint) && this.hasRoom(endpoint));
    const sound = others.filter((endpoint) => endpoint.sound);
    const choice = sound.length > 0 ? sound : others;
    return choice[Math.floor(this.surroundings.random() * choice.length)];
  }

  /** An endpoint that was ejected gets one request to prove itself by: the first try of one, so that it can be tried elsewhere. */
  private pickProbing(endpoint: Endpoint, request: PickRequest): Endpoint {
    const isFirst = (request.attempt ?? 0) === 0;
    return isFirst && this.watch.claim(endpoint) ? endpoint : this.pickOther([endpoint], request) ?? endpoint;
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
  reconfigure(config: ResolvedCluster, document: ResolvedProxyConfig, source: DiscoverySource | undefined): void {
    const { panicPercent } = this.config.failover;
    this.config = config;
    this.pools.connectTimeout = this.timeouts.of(config.connectTimeoutMs);
    this.pools.idleTimeout = this.timeouts.of(config.idleTimeoutMs);
    this.pools.pendingTimeout = this.timeouts.of(config.pendingTimeoutMs);
    this.pools.maxConnectionsPerEndpoint = config.maxConnectionsPerEndpoint;
    this.pools.maxConnections = config.maxConnections;
    this.pools.maxPending = config.maxPendingRequests;
    this.pools.headTimeout = this.timeouts.of(document.limits.headTimeoutMs);
    this.pools.limits = document.limits;
    this.retryBudget.reconfigure(config.retryBudget);
    if (source) {
      // The old endpoints serve until the new source has spoken.
      this.source.close();
      this.source = source;
      this.discover();
    }
    this.usesReports = usesReports(config);
    this.intake.reconfigure(config);
    this.watch.reconfigure(config);
    this.balancer.reconfigure(config);
    if (config.failover.panicPercent !== panicPercent) this.rebuild();
    else this.renewInTime();
  }

  /** Whether connections are kept for other requests; those that wait for one are closed when not. */
  reuseConnections(on: boolean): void {
    this.pools.reuses = on;
    if (!on) for (const { pool } of this.endpoints) pool.closeIdle();
  }

  /** What is known of where this proxy is has changed. */
  move(): void {
    this.balancer.move({ identity: this.surroundings.identity, ...this.surroundings.place });
    this.renewInTime();
  }

  /** The head of a response of one of its endpoints has come, in `buffer`. */
  readReport(endpoint: Endpoint, buffer: Buffer, head: ResponseHead): void {
    if (this.usesReports) this.intake.take(endpoint, buffer, head, this.surroundings.now());
  }

  /** Leaves the configuration: requests in flight finish, then its connections close. */
  retire(): void {
    this.source.close();
    this.watch.stop();
    this.renewal?.();
    for (const endpoint of this.members.values()) endpoint.retire();
    this.firstEndpoints.arrive();
  }

  /** As many requests are under way as may. */
  private isFull(): boolean {
    const { maxRequests } = this.config;
    return maxRequests > 0 && this.inFlight >= maxRequests;
  }

  private hasRoom(endpoint: Endpoint): boolean {
    const { maxRequestsPerEndpoint } = this.config;
    return maxRequestsPerEndpoint === 0 || endpoint.inFlight < maxRequestsPerEndpoint;
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
        endpoint = new Endpoint(found.address, found.port, found, initial ? undefined : this.surroundings.now(), this.balancer.learning, this.pools);
        changed = true;
      }
      this.members.set(key, endpoint);
    }
    for (const endpoint of gone.values()) endpoint.retire();
    this.missing = missing;
    this.surroundings.changes.count += 1;
    if (changed || gone.size > 0) {
      this.watch.update(this.endpoints);
      this.rebuild();
    }
    if (initial) this.firstEndpoints.arrive();
  }

  /** The endpoints have changed, or what is known of them. */
  private rebuild(): void {
    const all = this.endpoints;
    const ready = all.filter(({ presence }) => presence === 'ready');
    const available = ready.filter((endpoint) => endpoint.available);
    const lastResort = ready.length === 0 ? all : this.config.failover.panicPercent > 0 ? ready : [];
    this.hasAvailable = available.length > 0;
    this.candidates = this.hasAvailable ? available : lastResort;
    if (ready.length > 0) this.balancer.update(ready, (endpoint) => endpoint.available);
    else this.balancer.update(all);
    this.surroundings.changes.count += 1;
    this.renewInTime();
  }

  /** Calls the balancer when it asks for it: weights that change with time, or a table that is built in slices. */
  private renewInTime(): void {
    this.renewal?.();
    this.noteChoice();
    const { renewAfterMs } = this.balancer;
    this.renewal = renewAfterMs === undefined ? undefined : this.surroundings.after(renewAfterMs, () => {
      this.balancer.renew();
      this.renewInTime();
    });
  }

  private noteChoice(): void {
    const { choice } = this.balancer;
    const policy = choice?.policy ?? this.config.loadBalancing.type;
    if (policy === this.chosen) return;
    if (this.chosen !== undefined) {
      this.instruments.policyChanged();
      if (choice) this.surroundings.onChoice(this.name, choice);
    }
    this.chosen = policy;
  }
}
