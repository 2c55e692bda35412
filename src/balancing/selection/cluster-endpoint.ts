/**
 * An endpoint of a cluster as balancing sees it: what discovery, health checks and outlier detection say of it, and what was
 * learned from its requests. The proxy and the simulator extend it by what they hold of an endpoint. The object lives as long as
 * the endpoint is in the cluster, across pickers and configurations.
 */
import type { Balanced } from '../endpoints/picker';
import type { EndpointStats } from '../endpoints/endpoint-stats';
import { MonitoredEndpoint, OutlierState, OutlierStatus } from '../outliers';
import { EndpointState, Presence, StateSources, stateOf, takesRequests } from './endpoint-state';

/** What discovery says of an endpoint besides its presence. */
export type EndpointAttributes = Pick<Balanced, 'weight' | 'zone' | 'priority'>;

export abstract class ClusterEndpoint implements Balanced, MonitoredEndpoint, StateSources {
  weight: number;
  zone: string | undefined;
  priority: number | undefined;
  /** What the last failed health check found, in words; undefined while checks pass. */
  complaint: string | undefined = undefined;
  readonly outlier = new OutlierState();

  /** @param since monotonic milliseconds when it came; undefined when it was there from the beginning */
  constructor(
    readonly key: string, readonly stats: EndpointStats, { weight, zone, priority }: EndpointAttributes,
    public presence: Presence, public since: number | undefined,
  ) {
    this.weight = weight;
    this.zone = zone;
    this.priority = priority;
  }

  /** Requests in flight to it right now, and sent so far. */
  get inFlight(): number { return this.stats.inFlight; }
  get requests(): number { return this.stats.sent; }

  get unhealthy(): boolean { return this.complaint !== undefined; }
  get status(): OutlierStatus { return this.outlier.status; }
  get state(): EndpointState { return stateOf(this); }
  /** Whether it takes requests. */
  get available(): boolean { return takesRequests(stateOf(this)); }
  /** Whether a retry may go there without doubt: it takes requests, is not being probed, and its latest request did not fail. */
  get preferred(): boolean { return this.available && this.status !== 'probing' && this.outlier.gatewayErrors === 0; }
  /** It would take requests if it were not for outlier detection. */
  get eligible(): boolean { return this.presence === 'ready' && !this.unhealthy; }
  /** Why it doesn't take requests, or not as the others do, in words; undefined when its state says it all. */
  get stateReason(): string | undefined {
    const { state } = this;
    if (state === 'unhealthy') return this.complaint;
    return state === 'ejected' || state === 'probing' ? this.outlier.reason : undefined;
  }
}
