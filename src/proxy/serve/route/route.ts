/**
 * A route at run time: chooses the cluster of a request, by the declared weights, among those of its split; or of a fallback,
 * when the split's clusters can't take everything. A hash that the request is balanced by chooses its cluster, too.
 *
 * What is available is counted anew when a cluster says that something has changed, which costs a request one comparison.
 */
import { mixHash, RetryPolicy } from '../../../balancing';
import { type AccessLogMode, commonPrefix, DEFAULT_ROUTE, ResolvedRoute } from '../../../contract';
import { normalizePath, PathOptions } from '../../../routing';
import type { Cluster } from '../../cluster/cluster';
import type { ClusterLookup } from '../../cluster/cluster-set';
import type { Clock } from '../../runtime/clock';
import { HashKeys } from '../../http1/hash-keys';
import type { SessionPersistence } from '../../session/session-persistence';
import { HeaderChanges } from '../../http1/header-changes';
import { deadlineField } from '../../http1/mesh-fields';
import type { TimeoutQueue, TimeoutQueues } from '../../runtime/timeouts';
import { Cors } from './cors';
import { ClusterSplit } from './cluster-split';
import { Failover } from './failover';
import { FaultInjector } from './faults';
import { Hedging } from './hedging';
import { Rewrite } from './rewrite';
import { redirectTo, respondWith, RouteAnswer } from './route-answer';

const EMPTY = Buffer.alloc(0);

/** Keeps the choice of a route's level apart from the choices within it. */
const LEVEL_SALT = 0xfa11;

/** Where copies of a route's requests go besides. */
export interface Mirror {
  readonly cluster: Cluster;
  /** The way there. */
  readonly route: Route;
  readonly percent: number;
  readonly maxBodyBytes: number;
}

/** Time and chance. */
export interface RouteDependencies extends Pick<Clock, 'now'> {
  random(): number;
}

export class Route {
  readonly name: string;
  /** Which of its requests are logged; undefined: as the document says. */
  readonly accessLog: AccessLogMode | undefined;
  readonly timeout: TimeoutQueue;
  /** What requests are hashed by; undefined when they are not. */
  readonly hashKeys: HashKeys | undefined;
  readonly retry: RetryPolicy;
  /** How much is kept of a request so that it can be sent again. */
  readonly maxReplayBytes: number;
  /** From the end of the request to the head of its response, of one attempt; undefined when it has no time of its own. */
  readonly tryTimeout: TimeoutQueue | undefined;
  /** Undefined when requests are not hedged. */
  readonly hedging: Hedging | undefined;
  /** How long a request waits before it is looked whether its endpoint has fallen silent; undefined when it never is. */
  readonly silence: TimeoutQueue | undefined;
  /** Fields for the callee's sidecar are added. */
  readonly meshFields: boolean;
  /** Says that all of the route's time is left; empty when it has none or adds no fields. */
  readonly wholeDeadline: Buffer;
  /** Undefined when none are injected. */
  readonly faults: FaultInjector | undefined;
  /** Undefined when none are changed. */
  readonly requestHeaders: HeaderChanges | undefined;
  readonly responseHeaders: HeaderChanges | undefined;
  readonly rewrite: Rewrite | undefined;
  /** Answers its requests; undefined when they are sent on. */
  readonly answer: RouteAnswer | undefined;
  /** The service that its listener asks about requests is asked about its own. */
  readonly asksAuthority: boolean;
  /** What browsers are told of its responses, in place of what its listener says; undefined: as that says. */
  readonly cors: Cors | undefined;
  /** Undefined when no copies are sent. */
  readonly mirrors: readonly Mirror[] | undefined;
  /** The split, and each fallback. */
  private readonly levels: readonly ClusterSplit[];
  private readonly clusters: readonly Cluster[];
  /** Undefined when there is no fallback. */
  private readonly failover: Failover | undefined;
  /** The state of clusters that `failover` goes by. */
  private seen = -1;
  private hash: number | undefined = undefined;
  private readonly draw = (): number => (
    this.hash === undefined ? this.dependencies.random() * 100 : (mixHash(this.hash, LEVEL_SALT) >>> 0) % 100
  );

  /**
   * @param session keeps its sessions with their endpoints; undefined when nothing does
   * @param options how paths are normalised
   */
  constructor(
    config: ResolvedRoute, clusters: ClusterLookup, timeouts: TimeoutQueues, private readonly dependencies: RouteDependencies,
    readonly session: SessionPersistence | undefined, options: PathOptions = {},
  ) {
    this.name = config.name;
    this.accessLog = config.accessLog;
    this.timeout = timeouts.of(config.timeoutMs);
    const { random, now } = dependencies;
    this.hashKeys = config.hash.length > 0 ? new HashKeys(config.hash, random) : undefined;
    this.faults = config.faults.length > 0 ? new FaultInjector(config.faults, timeouts, random) : undefined;
    this.levels = [config, ...config.fallback].map(({ split }) => new ClusterSplit(split, clusters, random));
    this.clusters = this.levels.flatMap((level) => level.clusters);
    this.failover = config.fallback.length > 0 ? new Failover(config.fallback) : undefined;
    this.retry = new RetryPolicy(config.retry, dependencies);
    this.maxReplayBytes = config.retry.maxReplayBytes;
    this.tryTimeout = config.retry.tryTimeoutMs > 0 ? timeouts.of(config.retry.tryTimeoutMs) : undefined;
    this.hedging = config.hedge && new Hedging(config.hedge, timeouts, { now });
    this.silence = silenceOf(config, timeouts);
    this.meshFields = config.meshFields;
    this.requestHeaders = config.requestHeaders && new HeaderChanges(config.requestHeaders);
    this.responseHeaders = config.responseHeaders && new HeaderChanges(config.responseHeaders);
    const prefix = prefixOf(config, options);
    this.rewrite = config.rewrite && new Rewrite(config.rewrite, prefix);
    this.mirrors = mirrorsOf(config, clusters, (mirror) => new Route(mirror, clusters, timeouts, dependencies, undefined));
    this.asksAuthority = config.externalAuthorization;
    this.cors = config.cors && new Cors(config.cors);
    this.answer = answerOf(config, prefix, this.responseHeaders);
    this.wholeDeadline = config.meshFields && config.timeoutMs > 0 ? Buffer.from(deadlineField(config.timeoutMs), 'latin1') : EMPTY;
  }

  /** Somebody goes by the load reports of endpoints that a request may go to. */
  get usesReports(): boolean {
    for (let i = 0; i < this.clusters.length; i += 1) if (this.clusters[i]!.usesReports) return true;
    return false;
  }

  /**
   * The cluster for one request; undefined when no cluster can take it. As long as some cluster of the split or of
   * a fallback has an available endpoint, it is one that has; only then those that are left with endpoints that drain, or that
   * panic, are a last resort.
   *
   * @param hash what the request is to stay with its endpoint by; it then stays with its level and its version, too
   */
  choose(hash: number | undefined): Cluster | undefined {
    if (!this.failover) return this.levels[0]!.choose(hash) ?? this.levels[0]!.chooseLastResort(hash);
    this.count(this.failover);
    this.hash = hash;
    const level = this.levels[this.failover.choose(this.dependencies.now(), this.draw)]!;
    return level.choose(hash) ?? this.chooseFrom(0, hash) ?? level.chooseLastResort(hash) ?? this.chooseLastResort(hash);
  }

  /** No request can go anywhere, whatever becomes of its clusters: all have the weight 0. */
  get leadsNowhere(): boolean { return this.clusters.length === 0; }

  /** A cluster of which discovery may tell endpoints at any moment, and has told none before; undefined when all are known. */
  expected(): Cluster | undefined {
    return this.clusters.find(({ firstEndpoints }) => firstEndpoints.expected);
  }

  /** The cluster for a request that has tried all available endpoints of `failed`: another one of its level, by their weights. */
  chooseBeside(failed: Cluster, hash: number | undefined): Cluster | undefined {
    return this.levels[Math.max(0, this.levelOf(failed))]!.chooseBeside(failed, hash);
  }

  /** The cluster for a request that could not be sent to any endpoint of `failed`: one of a later level. */
  chooseBehind(failed: Cluster, hash: number | undefined): Cluster | undefined {
    return this.chooseFrom(this.levelOf(failed) + 1, hash);
  }

  /** What each fallback gets of the requests now, in percent, and how often it has begun to; undefined without one. */
  get failoverReport(): { readonly shares: readonly number[]; readonly count: number } | undefined {
    if (!this.failover) return undefined;
    this.count(this.failover);
    return { shares: this.failover.shares(this.dependencies.now()).slice(1), count: this.failover.count };
  }

  /** Goes on where the route was whose place it takes: with the latencies, and if it has the same clusters, with load on its way back. */
  resume(before: Route): void {
    if (before.hedging) this.hedging?.resume(before.hedging);
    if (this.failover && before.failover && this.clusterNames === before.clusterNames) this.failover.resume(before.failover);
  }

  /** Of the levels from here on, the first that has an available endpoint. */
  private chooseFrom(first: number, hash: number | undefined): Cluster | undefined {
    for (let level = first; level < this.levels.length; level++) {
      const cluster = this.levels[level]!.choose(hash);
      if (cluster) return cluster;
    }
    return undefined;
  }

  private chooseLastResort(hash: number | undefined): Cluster | undefined {
    for (const level of this.levels) {
      const cluster = level.chooseLastResort(hash);
      if (cluster) return cluster;
    }
    return undefined;
  }

  /** -1 for one at weight 0, where only sessions go. */
  private levelOf(cluster: Cluster): number {
    return this.levels.findIndex(({ clusters }) => clusters.includes(cluster));
  }

  private get clusterNames(): string {
    return JSON.stringify(this.levels.map(({ clusters }) => clusters.map(({ name }) => name)));
  }

  private count(failover: Failover): void {
    const { count } = this.levels[0]!.clusters[0]!.changes;
    if (count === this.seen) return;
    this.seen = count;
    failover.update(this.levels.map(({ capacity }) => capacity), this.dependencies.now());
  }
}

/** What all its requests' paths begin with, in the form that they have, of a route that replaces that. */
function prefixOf(config: ResolvedRoute, options: PathOptions): string {
  if (config.rewrite?.path?.type !== 'prefix' && config.redirect?.path?.type !== 'prefix') return '';
  const normal = normalizePath(commonPrefix(config) ?? '/', options);
  return typeof normal === 'string' ? normal : '/';
}

function mirrorsOf(
  { name, mirror, meshFields, retry, timeoutMs }: ResolvedRoute, clusters: ClusterLookup, routeOf: (config: ResolvedRoute) => Route,
): readonly Mirror[] | undefined {
  if (mirror.length === 0) return undefined;
  return mirror.map(({ cluster, percent, maxBodyBytes }) => ({
    cluster: clusters.get(cluster),
    percent,
    maxBodyBytes,
    // Nobody waits for it, but it must end.
    route: routeOf({
      ...DEFAULT_ROUTE, name, split: [{ cluster, weight: 1 }], fallback: [], mirror: [], meshFields,
      retry: { ...retry, maxRetries: 0 }, timeoutMs: timeoutMs === 0 ? DEFAULT_ROUTE.timeoutMs : timeoutMs,
    }),
  }));
}

function answerOf({ respond, redirect }: ResolvedRoute, prefix: string, headers: HeaderChanges | undefined): RouteAnswer | undefined {
  if (redirect) return redirectTo(redirect, prefix, headers);
  return respond && respondWith(respond, headers);
}

/** A second request, too, must have time to be answered. */
function silenceOf({ timeoutMs, retry: { maxRetries, silenceMs } }: ResolvedRoute, timeouts: TimeoutQueues): TimeoutQueue | undefined {
  if (maxRetries === 0 || silenceMs === 0) return undefined;
  return timeouts.of(timeoutMs === 0 ? silenceMs : Math.min(silenceMs, Math.ceil(timeoutMs / 2)));
}
