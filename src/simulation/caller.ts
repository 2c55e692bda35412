/**
 * A calling proxy: the endpoints that it knows, what it has learned of each, and the connections that it holds. Which endpoint it
 * chooses, and which it ejects, is decided by the code of the proxy (src/balancing); what is here stands in for the proxy's
 * cluster (src/proxy/cluster/cluster.ts).
 */
import {
  BalancerReport, EndpointSelector, Ending, EndpointStats, Locality, OutlierWatch, PickRequest, Presence, RequestLimit, Scheduler, SelectorConfig,
} from '../balancing';
import { DEFAULT_OUTLIER_DETECTION } from '../contract';
import { KnownEndpoint } from './known-endpoint';
import type { Plan } from './plan';

/** Nothing is limited. */
const NO_LIMITS: Record<RequestLimit, number> = { maxRequests: 0, maxRequestsPerEndpoint: 0 };

export class Caller {
  readonly known: readonly KnownEndpoint[];
  private readonly selector: EndpointSelector<KnownEndpoint>;
  private readonly watch: OutlierWatch<KnownEndpoint>;

  /**
   * @param identity  tells it from the other callers
   * @param locality  where it is, as far as it knows
   * @param onEjected an endpoint is ejected
   */
  constructor(
    private readonly identity: string,
    private readonly locality: Locality,
    { endpoints, outlierDetection = { ...DEFAULT_OUTLIER_DETECTION, mode: 'off' } }: Pick<Plan, 'endpoints' | 'outlierDetection'>,
    balancing: Omit<SelectorConfig, RequestLimit>,
    private readonly scheduler: Scheduler,
    onEjected: () => void,
  ) {
    this.watch = new OutlierWatch(outlierDetection, scheduler, {
      onOutlier: (_endpoint, _rule, ejected) => { if (ejected) onEjected(); },
      onStatus: (endpoint) => {
        if (endpoint.status === 'ejected') endpoint.idle = 0;
        this.selector.rebuildSoon();
      },
    });
    this.selector = new EndpointSelector({ ...NO_LIMITS, ...balancing }, scheduler, { identity, ...locality }, this.watch, {
      onLimit: () => undefined,
      onChange: () => undefined,
      onRenewed: () => undefined,
    });
    this.known = endpoints.map((endpoint, index) => new KnownEndpoint(index, endpoint, new EndpointStats(this.selector.clusterStats)));
    this.update();
  }

  /** What it does at the moment. */
  get report(): BalancerReport {
    return this.selector.report();
  }

  pick(request: PickRequest): KnownEndpoint | undefined {
    return this.selector.pick(request);
  }

  /** Another endpoint than those that were tried; undefined when there is no other. */
  pickOther(tried: readonly KnownEndpoint[], request: PickRequest): KnownEndpoint | undefined {
    return this.selector.pickOther(tried, request);
  }

  /** A number from 0 to 1. */
  chance(): number {
    return this.scheduler.random();
  }

  /** An endpoint has begun to answer. */
  answered(endpoint: KnownEndpoint): void {
    endpoint.outlier.answers++;
  }

  /** A request that was sent at `startedAt` ended. */
  ended(endpoint: KnownEndpoint, ending: Ending, startedAt: number): void {
    const now = this.scheduler.now();
    endpoint.stats.finished(now - startedAt, ending === Ending.ANSWERED ? 'success' : 'failure', now);
    this.watch.ended(endpoint, ending, startedAt);
  }

  /** The same of one that says nothing of the endpoint. */
  abandoned(endpoint: KnownEndpoint, startedAt: number): void {
    endpoint.stats.abandoned();
    this.watch.abandoned(endpoint, startedAt);
  }

  /** The same of one that was given up because another attempt was faster: it took at least so long. */
  outrun(endpoint: KnownEndpoint, startedAt: number): void {
    const now = this.scheduler.now();
    endpoint.stats.finished(now - startedAt, 'success', now);
    this.watch.abandoned(endpoint, startedAt);
  }

  /** The proxy starts now: to it, no endpoint is new. */
  start(): void {
    for (const endpoint of this.known) endpoint.since = undefined;
    this.update();
  }

  /** Discovery has news of an endpoint. */
  discover(index: number, presence: Presence): void {
    const endpoint = this.known[index]!;
    if (endpoint.presence === 'gone') endpoint.since = this.scheduler.now();
    if (presence !== 'ready') endpoint.idle = 0;
    endpoint.presence = presence;
    this.update();
  }

  /** Health checks say of an endpoint whether it works. */
  judge(index: number, healthy: boolean): void {
    this.known[index]!.complaint = healthy ? undefined : 'health checks fail';
    this.watch.update(this.present);
    this.selector.rebuildSoon();
  }

  /** Discovery has news of how many callers are in each zone. */
  count(callers: ReadonlyMap<string, number>): void {
    if (this.locality.zone !== undefined) this.selector.move({ identity: this.identity, ...this.locality, callers });
  }

  private get present(): readonly KnownEndpoint[] {
    return this.known.filter(({ presence }) => presence !== 'gone');
  }

  private update(): void {
    this.watch.update(this.present);
    this.selector.update(this.present);
  }
}
