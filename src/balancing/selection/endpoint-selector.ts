/**
 * Chooses the endpoint for each attempt of a request, for one cluster. The proxy's cluster and the simulator's caller both hold
 * one, so that a simulated choice is the real one.
 *
 * Endpoints that discovery calls ready are used; when there is none, those that are draining, for a pod that shuts down and
 * still serves is better than an error (kube-proxy does the same). Which of the ready ones are believed to work is said in
 * endpoint-state.ts; what follows from it (priority levels, the panic threshold) is the balancer's. Around the balancer stand
 * the limits on requests, the one request that an endpoint gets when its ejection is over, and the choice for a retry.
 *
 * `pick()` is the hot side and allocates nothing. All else is cold: it builds pickers anew when endpoints, their states or
 * the configuration change, and when weights move with time.
 */
import type { ClusterConfig } from '../../contract';
import type { PickRequest, PolicyChoice, Scheduler } from '../endpoints/picker';
import type { ClusterStats } from '../endpoints/endpoint-stats';
import type { OutlierDetector } from '../outliers';
import { Balancer, BalancerReport, BalancingConfig, LocalNode } from './balancer';
import type { ClusterEndpoint } from './cluster-endpoint';

/** How often a policy is asked for another endpoint before one is drawn at random. */
const REDRAWS = 2;

/** How endpoints are chosen, with all defaults filled in. A limit of 0 is no limit. */
export interface SelectorConfig extends BalancingConfig, Required<Pick<ClusterConfig, RequestLimit>> {}

export type RequestLimit = 'maxRequests' | 'maxRequestsPerEndpoint';

/** Why no endpoint was chosen. */
export type NoEndpointReason = 'no_endpoints' | 'request_limit' | 'endpoint_limit';

/** Is told of events. */
export interface SelectorListener {
  /** A limit kept a request from an endpoint. */
  onLimit(limit: RequestLimit): void;
  /** Pickers were built for other endpoints, or other states of theirs. */
  onChange(): void;
  /** A picker is in force that may go by another policy. */
  onRenewed(): void;
}

export class EndpointSelector<E extends ClusterEndpoint> {
  private readonly balancer: Balancer<E>;
  private endpoints: readonly E[] = [];
  /** Those that requests go to: the available ones, or those of the last resort when there is none. */
  private candidates: readonly E[] = [];
  private hasAvailable = false;
  private cancelRenewal: (() => void) | undefined;
  private cancelRebuild: (() => void) | undefined;
  private stopped = false;

  /** @param detector tells whether a request may be the one that an endpoint is probed with */
  constructor(
    private config: SelectorConfig,
    private readonly runtime: Scheduler,
    node: LocalNode,
    private readonly detector: Pick<OutlierDetector<E>, 'claim'>,
    private readonly listener: SelectorListener,
  ) {
    this.balancer = new Balancer(config, runtime, node);
  }

  /** What the endpoints share; give it to each one's `EndpointStats`. */
  get clusterStats(): ClusterStats { return this.balancer.clusterStats; }
  /** Requests under way. */
  get inFlight(): number { return this.balancer.clusterStats.inFlight; }
  /** Whether an endpoint is available: ready, and believed to work. */
  get available(): boolean { return this.hasAvailable; }
  /** Whether a request could be sent, if need be as a last resort: to endpoints that drain, or in panic to those believed not to work. */
  get usable(): boolean { return this.candidates.length > 0; }
  /** What a policy that chooses among others has chosen; undefined for one that doesn't. */
  get choice(): PolicyChoice | undefined { return this.balancer.choice; }
  /** Whether weights are anything but what was declared. */
  get weighs(): boolean { return this.balancer.weighs; }

  /** How endpoints are chosen at the moment. */
  report(): BalancerReport {
    return this.balancer.report();
  }

  /** The endpoint for one request; undefined when there is none, or none that may have another: {@link whyNone} tells. */
  pick(request: PickRequest): E | undefined {
    if (this.isFull()) {
      this.listener.onLimit('maxRequests');
      return undefined;
    }
    const endpoint = this.balancer.pick(request);
    if (endpoint === undefined) return undefined;
    if (!this.hasRoom(endpoint)) {
      this.listener.onLimit('maxRequestsPerEndpoint');
      return this.pickOther([endpoint], request);
    }
    return endpoint.outlier.status === 'probing' ? this.pickProbing(endpoint, request) : endpoint;
  }

  /** Whether the limits leave room for another request to this endpoint. */
  takes(endpoint: E): boolean {
    return !this.isFull() && this.hasRoom(endpoint);
  }

  /** Why there was no endpoint for a request, just now. */
  whyNone(): NoEndpointReason {
    if (this.isFull()) return 'request_limit';
    return this.usable && this.config.maxRequestsPerEndpoint > 0 ? 'endpoint_limit' : 'no_endpoints';
  }

  /**
   * Another endpoint than those that were tried; undefined when there is no other. The policy is asked first, a few times. One
   * that insists on an endpoint that was tried (the one that fails has the fewest requests in flight) is overruled: then an endpoint
   * is drawn at random. Requests that fail together are tried again together, before the policy knows of the failure. So an
   * endpoint that is not preferred is chosen only when there is no other.
   */
  pickOther(tried: readonly E[], request: PickRequest): E | undefined {
    if (this.isFull()) return undefined;
    for (let draw = 0; draw < REDRAWS; draw += 1) {
      const endpoint = this.balancer.pick(request);
      if (endpoint && !tried.includes(endpoint) && endpoint.preferred && this.hasRoom(endpoint)) return endpoint;
    }
    const others = this.candidates.filter((endpoint) => !tried.includes(endpoint) && this.hasRoom(endpoint));
    const preferred = others.filter((endpoint) => endpoint.preferred);
    const choice = preferred.length > 0 ? preferred : others;
    return choice[Math.floor(this.runtime.random() * choice.length)];
  }

  /** The endpoints have changed, or what discovery says of them: pickers are built at once. */
  update(endpoints: readonly E[]): void {
    this.endpoints = endpoints;
    this.rebuild();
  }

  /** What is known of endpoints has changed. Pickers are built once for all that changes at the same time. */
  rebuildSoon(): void {
    // Requests still end after the cluster has left the configuration.
    if (this.stopped) return;
    this.cancelRebuild ??= this.runtime.after(0, () => {
      this.cancelRebuild = undefined;
      this.rebuild();
    });
  }

  /** Another configuration: takes effect with the next pick. */
  reconfigure(config: SelectorConfig): void {
    const { panicPercent } = this.config.failover;
    this.config = config;
    this.balancer.reconfigure(config);
    if (config.failover.panicPercent !== panicPercent) this.rebuild();
    else this.renewInTime();
  }

  /** The proxy's locality, or what is known of it, has changed. */
  move(node: LocalNode): void {
    this.balancer.move(node);
    this.renewInTime();
  }

  stop(): void {
    this.stopped = true;
    this.cancelRenewal?.();
    this.cancelRebuild?.();
  }

  /** When its ejection is over, an endpoint gets one request. It is a first attempt, which can be tried elsewhere if it fails. */
  private pickProbing(endpoint: E, request: PickRequest): E {
    const isFirst = (request.attempt ?? 0) === 0;
    return isFirst && this.detector.claim(endpoint) ? endpoint : this.pickOther([endpoint], request) ?? endpoint;
  }

  private isFull(): boolean {
    const { maxRequests } = this.config;
    return maxRequests > 0 && this.inFlight >= maxRequests;
  }

  private hasRoom(endpoint: E): boolean {
    const { maxRequestsPerEndpoint } = this.config;
    return maxRequestsPerEndpoint === 0 || endpoint.stats.inFlight < maxRequestsPerEndpoint;
  }

  private rebuild(): void {
    const { endpoints } = this;
    const ready = endpoints.filter(({ presence }) => presence === 'ready');
    const available = ready.filter((endpoint) => endpoint.available);
    const lastResort = ready.length === 0 ? endpoints : this.config.failover.panicPercent > 0 ? ready : [];
    this.hasAvailable = available.length > 0;
    this.candidates = this.hasAvailable ? available : lastResort;
    if (ready.length > 0) this.balancer.update(ready, (endpoint) => endpoint.available);
    else this.balancer.update(endpoints);
    this.listener.onChange();
    this.renewInTime();
  }

  /** Calls the balancer when it asks for it: weights that change with time, or a table that is built in slices. */
  private renewInTime(): void {
    this.cancelRenewal?.();
    this.listener.onRenewed();
    const { renewAfterMs } = this.balancer;
    this.cancelRenewal = renewAfterMs === undefined ? undefined : this.runtime.after(renewAfterMs, () => {
      this.balancer.renew();
      this.renewInTime();
    });
  }
}
