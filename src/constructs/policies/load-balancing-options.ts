/**
 * What the factories of `LoadBalancing` take. What several policies share is stated once, in structs that theirs extend.
 */
import { Duration } from 'cdk8s';
import { HashKey } from './hash-key';

/**
 * How the share of a new pod grows.
 */
export interface SlowStartOptions {
  // #region generated props of SlowStartConfig
  /**
   * Time until an endpoint has its full share.
   */
  readonly window: Duration;

  /**
   * Shape of the growth: 1 is linear, above 1 grows fast at first, below 1 grows fast at the end. From 0.1 to 10.
   *
   * @default 1
   */
  readonly aggression?: number;

  /**
   * Share at the beginning, in percent of the full share. From 1 to 100.
   *
   * @default 10
   */
  readonly minimumPercent?: number;
  // #endregion
}

/**
 * What dynamic weights are computed from.
 */
export enum WeightSource {
  /**
   * Latency and failures that each caller measures.
   */
  OBSERVED = 'observed',
  /**
   * Load reports of the pods, as in `LoadBalancing.clientSideWeightedRoundRobin`.
   */
  REPORTS = 'reports',
}

/**
 * How weights follow measurements.
 */
export interface DynamicWeightsOptions {
  /**
   * What weights are computed from.
   *
   * @default WeightSource.OBSERVED
   */
  readonly source?: WeightSource;

  // #region generated props of DynamicWeightsConfig but updateMs
  /**
   * Time constant of the weight: after this time it has moved about two thirds of the way.
   *
   * @default Duration.seconds(10)
   */
  readonly smoothing?: Duration;

  /**
   * Minimum weight, in percent of the declared one. So every endpoint stays in use and is measured. From 1 to 100.
   *
   * @default 10
   */
  readonly minimumPercent?: number;

  /**
   * Maximum weight, in percent of the declared one. From 100 to 10000.
   *
   * @default 1000
   */
  readonly maximumPercent?: number;
  // #endregion
}

/**
 * How a caller prefers pods in its own zone.
 */
export interface ZoneAwareOptions {
  // #region generated props of ZoneAwareConfig but updateMs, expirationMs
  /**
   * Zones are ignored when there are fewer endpoints than this.
   *
   * @default 3
   */
  readonly minimumEndpoints?: number;

  /**
   * Percentage of requests that always goes to other zones, so that their state stays known. From 0 to 50.
   *
   * @default 3
   */
  readonly remotePercent?: number;

  /**
   * How much higher the load of the own zone may be than that of the others, in percent of its capacity, before requests go to other zones.
   * It applies to endpoints that report their load. For others, the capacity of a zone is its share of the endpoints. From 0 to 100.
   *
   * @default 10
   */
  readonly tolerancePercent?: number;

  /**
   * Time constant of the average load of a zone.
   *
   * @default Duration.seconds(5)
   */
  readonly smoothing?: Duration;
  // #endregion
}

/**
 * What happens when endpoints of a service are unavailable, according to readiness, health checks or outlier detection.
 */
export interface FailoverOptions {
  /**
   * Panic threshold, as in Envoy: when fewer endpoints than this are available, in percent of all, all of them are used. Then it is more
   * likely that the judgement is wrong, or that the few available ones would be overloaded. With 0, unavailable endpoints never get
   * requests, and requests get 503 when none is available. At most `belowPercent`. From 0 to 100.
   *
   * @default 50, and 0 for a call that has a fallback
   */
  readonly panicPercent?: number;

  /**
   * When fewer endpoints than this are available, in percent, addresses of the next priority (`ExternalAddress.priority`) take over the
   * missing part. From 1 to 100. Pods have no priorities; for a fallback to another service, use `Fallback`, which has a percentage of its
   * own.
   *
   * @default - 71.4, as in Envoy: 1 / 1.4
   */
  readonly belowPercent?: number;
}

/**
 * Options of every policy.
 */
export interface BalancingOptions {
  /**
   * What happens when endpoints are unavailable.
   *
   * @default - all endpoints are used when fewer than half of them are available
   */
  readonly failover?: FailoverOptions;

  /**
   * Number of pods that each caller uses, for services with very many pods. Callers use different subsets, so that all pods are used
   * equally.
   *
   * @default - all pods
   */
  readonly subset?: number;
}

/**
 * Options of every policy that spreads requests over all pods.
 */
export interface SpreadBalancingOptions extends BalancingOptions {
  /**
   * Increases the share of a new pod gradually, so that it can warm up. It has no effect when all pods are new.
   *
   * @default - a new pod gets its full share at once
   */
  readonly slowStart?: SlowStartOptions;

  /**
   * Prefers pods in the caller's own zone, as far as they have capacity; `{}` for the defaults. A caller finds its zone in the
   * EndpointSlices of its own Service, so its sidecar needs permission to read them. Zones are ignored for a caller without a Service,
   * before its pod is ready, and with DNS discovery.
   *
   * @default - zones are ignored
   */
  readonly zoneAware?: ZoneAwareOptions;
}

/**
 * Options of every policy that is free to choose any pod.
 */
export interface FreeBalancingOptions extends SpreadBalancingOptions {
  /**
   * Lowers the weight of a pod that is slower or fails more than the others, and raises it when it is faster. The result is multiplied by
   * the declared weight.
   *
   * @default - weights stay as declared
   */
  readonly dynamicWeights?: DynamicWeightsOptions;
}

/**
 * Options of every policy that uses declared weights.
 */
export interface WeightedBalancingOptions extends FreeBalancingOptions {
  /**
   * Weights by availability zone, 1 to 65535, for example `{ 'eu-west-1a': 3, 'eu-west-1b': 1 }`. Zones that are not listed have weight 1.
   * An address with a weight of its own keeps it.
   *
   * @default - every endpoint has weight 1, or the weight from its discovery source
   */
  readonly zoneWeights?: { readonly [zone: string]: number };
}

/**
 * Options of `LoadBalancing.leastRequest`.
 */
export interface LeastRequestOptions extends WeightedBalancingOptions {
  // #region generated props of LeastRequestConfig
  /**
   * How many different endpoints are drawn for each request. From 2 to 10.
   *
   * @default 2
   */
  readonly choices?: number;

  /**
   * How much active requests count relative to weights: the load of an endpoint is (active requests + 1) to this power, divided by its
   * weight. From 0 to 10.
   *
   * @default 1
   */
  readonly bias?: number;
  // #endregion

  /**
   * Whether all endpoints are compared instead of a few random ones. The cost grows with the number of endpoints. Use it for few endpoints
   * with long requests.
   *
   * @default false
   */
  readonly scanAll?: boolean;
}

/**
 * Options of `LoadBalancing.leastResponseTime`.
 */
export interface LeastResponseTimeOptions extends WeightedBalancingOptions {
  // #region generated props of LeastResponseTimeConfig
  /**
   * How many different endpoints are drawn for each request. From 2 to 10.
   *
   * @default 2
   */
  readonly choices?: number;

  /**
   * Time constant of the averages. An endpoint that was slow is tried again after some multiples of it.
   *
   * @default Duration.seconds(10)
   */
  readonly decay?: Duration;

  /**
   * Latency that a failed request counts as, so that an endpoint that fails fast does not look fast. A larger `Retry-After` counts instead.
   *
   * @default Duration.seconds(5)
   */
  readonly failurePenalty?: Duration;
  // #endregion
}

/**
 * Options of `LoadBalancing.adaptive`.
 */
export interface AdaptiveOptions extends LeastResponseTimeOptions {
  // #region generated props of AdaptiveConfig but choices, decayMs, failurePenaltyMs
  /**
   * Minimum time between two changes of policy. The change to least response time when an endpoint turns slow is immediate.
   *
   * @default Duration.seconds(10)
   */
  readonly minimumDwell?: Duration;
  // #endregion
}

/**
 * Options of `LoadBalancing.clientSideWeightedRoundRobin`.
 */
export interface ClientSideWeightedRoundRobinOptions extends SpreadBalancingOptions {
  // #region generated props of ClientSideWeightedRoundRobinConfig
  /**
   * How long an endpoint must have sent reports before they count. Until then it has the mean weight.
   *
   * @default Duration.seconds(10)
   */
  readonly blackout?: Duration;

  /**
   * How long a report counts.
   *
   * @default Duration.minutes(3)
   */
  readonly expiration?: Duration;

  /**
   * How often weights are computed. At least 100 ms.
   *
   * @default Duration.seconds(1)
   */
  readonly update?: Duration;

  /**
   * How much the failure rate of an endpoint adds to its utilization. From 0 to 1000.
   *
   * @default 1
   */
  readonly errorPenalty?: number;
  // #endregion

  /**
   * Metrics in the app's own reports whose maximum is its utilization, for example `named_metrics.queue`. At most 8.
   *
   * @default - application_utilization, else cpu_utilization, else the active requests that the proxy counts
   */
  readonly utilizationMetrics?: string[];

  /**
   * Weights by availability zone, 1 to 65535. Reported weights are multiplied by them. Zones that are not listed have weight 1.
   *
   * @default - every endpoint has weight 1, or the weight from its discovery source
   */
  readonly zoneWeights?: { readonly [zone: string]: number };
}

/**
 * Options of every policy that sends equal keys to the same pod.
 */
export interface HashBalancingOptions extends BalancingOptions {
  /**
   * More keys. The keys that a request has are combined, so requests reach the same pod only if all of these keys are equal.
   *
   * @default - only the one key
   */
  readonly otherKeys?: HashKey[];

  // #region generated props of RendezvousConfig
  /**
   * Most requests in flight to one endpoint, in percent of its share of all; sensible from 120 to 200. A request above it goes to another
   * endpoint, the same one each time. From 100 to 10000.
   *
   * @default - no bound
   */
  readonly boundedLoadPercent?: number;
  // #endregion

  /**
   * Weights by availability zone, 1 to 65535. Zones that are not listed have weight 1.
   *
   * @default - every endpoint has weight 1, or the weight from its discovery source
   */
  readonly zoneWeights?: { readonly [zone: string]: number };
}

/**
 * Options of `LoadBalancing.ringHash`.
 */
export interface RingHashOptions extends HashBalancingOptions {
  // #region generated props of RingHashConfig but boundedLoadPercent
  /**
   * Points on the ring of the endpoint with the lowest weight; the others have more in proportion. More points give more even shares and
   * need more memory. From 1 to 65536.
   *
   * @default 160
   */
  readonly pointsPerEndpoint?: number;

  /**
   * Maximum number of points on the ring, which bounds its memory: about 12 bytes per point. From 1024 to 8388608.
   *
   * @default 131072
   */
  readonly maximumRingSize?: number;
  // #endregion
}

/**
 * Options of `LoadBalancing.maglev`.
 */
export interface MaglevOptions extends HashBalancingOptions {
  // #region generated props of MaglevConfig but boundedLoadPercent
  /**
   * Number of entries of the table, a prime number of about a hundred times the number of endpoints. Each entry takes 4 bytes. From 3 to
   * 5000011.
   *
   * @default 65537
   */
  readonly tableSize?: number;
  // #endregion
}
