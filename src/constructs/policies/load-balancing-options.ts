/**
 * What the factories of `LoadBalancing` take. What several policies share is stated once, in structs that theirs extend.
 */
import { Duration } from 'cdk8s';
import { HashKey } from './hash-key';

/**
 * How a new pod gets its share little by little.
 */
export interface SlowStartOptions {
  // #region generated props of SlowStartConfig
  /**
   * How long it takes until an endpoint has its whole share.
   */
  readonly window: Duration;

  /**
   * How the share grows: 1 evenly, above 1 fast first, below 1 fast last. From 0.1 to 10.
   *
   * @default 1
   */
  readonly aggression?: number;

  /**
   * Share to begin with, in percent of the full one. From 1 to 100.
   *
   * @default 10
   */
  readonly minimumPercent?: number;
  // #endregion
}

/**
 * What dynamic weights follow.
 */
export enum WeightSource {
  /** The latency and the failures that each caller sees. */
  OBSERVED = 'observed',
  /** What pods report of their load, as in `LoadBalancing.clientSideWeightedRoundRobin`. */
  REPORTS = 'reports',
}

/**
 * How weights follow what is measured.
 */
export interface DynamicWeightsOptions {
  /**
   * What they follow.
   *
   * @default WeightSource.OBSERVED
   */
  readonly source?: WeightSource;

  // #region generated props of DynamicWeightsConfig but updateMs
  /**
   * How slowly a weight follows: the time after which it has gone about two thirds of the way.
   *
   * @default Duration.seconds(10)
   */
  readonly smoothing?: Duration;

  /**
   * Least a weight can fall to, in percent of the declared one. Every endpoint stays in use, and so measured. From 1 to 100.
   *
   * @default 10
   */
  readonly minimumPercent?: number;

  /**
   * Most a weight can rise to, in percent of the declared one. From 100 to 10000.
   *
   * @default 1000
   */
  readonly maximumPercent?: number;
  // #endregion
}

/**
 * How pods in the caller's own zone are preferred.
 */
export interface ZoneAwareOptions {
  // #region generated props of ZoneAwareConfig but updateMs, expirationMs
  /**
   * With fewer endpoints than this, zones don't matter.
   *
   * @default 3
   */
  readonly minimumEndpoints?: number;

  /**
   * Part of the requests that goes to other zones in any case, in percent, so that their state stays known. From 0 to 50.
   *
   * @default 3
   */
  readonly remotePercent?: number;

  /**
   * How much more loaded than the others the own zone may be, in percent of its capacity, before requests go elsewhere. Counts where
   * endpoints report how full they are; elsewhere a zone takes what its part of the endpoints can take. From 0 to 100.
   *
   * @default 10
   */
  readonly tolerancePercent?: number;

  /**
   * How slowly the load of a zone is followed: time constant of its average.
   *
   * @default Duration.seconds(5)
   */
  readonly smoothing?: Duration;
  // #endregion
}

/**
 * What becomes of requests as endpoints of a service are found not to work, by their readiness, health checks or outlier detection.
 */
export interface FailoverOptions {
  /**
   * With fewer available endpoints than this, in percent of all, 0 to 100, it is not believed that the others don't work and all of them are
   * used: more likely the judgement is wrong, or the few that are left would be crushed. Zero: those that don't work get nothing, and requests
   * get 503 when no other is left. At most `belowPercent`: above that, nothing is missing yet. Envoy's panic threshold.
   *
   * @default 50, and 0 for a call that has a fallback
   */
  readonly panicPercent?: number;

  /**
   * Addresses of the next priority (`ExternalAddress.priority`) take over what is missing once fewer than this percentage of those before are
   * available, 1 to 100. Pods have no priorities; of another service that takes over, `Fallback` has a percentage of its own.
   *
   * @default - 71.4, as in Envoy: 1 / 1.4
   */
  readonly belowPercent?: number;
}

/**
 * What goes with every policy.
 */
export interface BalancingOptions {
  /**
   * What becomes of requests as endpoints are found not to work.
   *
   * @default - with fewer than half of the endpoints available, all are used
   */
  readonly failover?: FailoverOptions;

  /**
   * How many pods one caller uses, of a very large number. Each caller uses others, and all together use all alike.
   *
   * @default - all
   */
  readonly subset?: number;
}

/**
 * What goes with every policy that spreads requests over all pods.
 */
export interface SpreadBalancingOptions extends BalancingOptions {
  /**
   * Gives a new pod its share little by little, so that it can warm up. It does nothing when all pods are new.
   *
   * @default - a new pod gets its share at once
   */
  readonly slowStart?: SlowStartOptions;

  /**
   * Prefers pods in the caller's own zone, as far as they can take it; `{}` for the defaults. A caller finds its zone among the pods
   * of its own Service, which takes the permission to read EndpointSlices in its namespace. One that has no Service, as it takes no
   * requests, doesn't know its zone, and zones don't matter to it; nor do they before its pod is ready. DNS does not tell zones.
   *
   * @default - zones don't matter
   */
  readonly zoneAware?: ZoneAwareOptions;
}

/**
 * What goes with every policy that is free to choose the pod.
 */
export interface FreeBalancingOptions extends SpreadBalancingOptions {
  /**
   * Gives a pod less as it gets slower or fails than the others, and more as it gets faster. A declared weight multiplies it.
   *
   * @default - weights stay as they are declared
   */
  readonly dynamicWeights?: DynamicWeightsOptions;
}

/**
 * What goes with every policy that looks at declared weights.
 */
export interface WeightedBalancingOptions extends FreeBalancingOptions {
  /**
   * Weights by availability zone, 1 to 65535, for example `{ 'eu-west-1a': 3, 'eu-west-1b': 1 }`. A zone that isn't
   * named has weight 1. An address with a weight of its own keeps that.
   *
   * @default - every endpoint has weight 1, or the weight that its source gives it
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
   * What requests in flight count for against weights: load is (requests in flight + 1) to this power, over the weight. From 0 to 10.
   *
   * @default 1
   */
  readonly bias?: number;
  // #endregion

  /**
   * Whether all endpoints are looked at instead of a few. It takes longer the more there are, and fits a few endpoints with
   * long requests.
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
   * How slowly measurements are forgotten: time constant of the averages. An endpoint that was slow is tried again after some multiples of
   * it.
   *
   * @default Duration.seconds(10)
   */
  readonly decay?: Duration;

  /**
   * What a failed request counts for as a latency, so that an endpoint that fails at once does not look fast. A Retry-After that asks for
   * more counts instead.
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
  // #region generated props of AdaptiveConfig: minimumDwellMs
  /**
   * Shortest time between two changes of policy, but for one: least response time comes at once when an endpoint turns slow.
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
   * How long an endpoint must have reported before its reports count; until then it has the mean weight.
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
   * How much the part of an endpoint's requests that fail adds to its utilization. From 0 to 1000.
   *
   * @default 1
   */
  readonly errorPenalty?: number;
  // #endregion

  /**
   * Metrics of the app's own reports of which the highest is its utilization: `named_metrics.queue`, for example. Up to 8.
   *
   * @default - application_utilization, else cpu_utilization, else the requests in flight that the proxy sees
   */
  readonly utilizationMetrics?: string[];

  /**
   * Weights by availability zone, 1 to 65535, by which the reported ones are multiplied. A zone that isn't named has weight 1.
   *
   * @default - every endpoint has weight 1, or the weight that its source gives it
   */
  readonly zoneWeights?: { readonly [zone: string]: number };
}

/**
 * What goes with every policy that sends equal keys to the same pod.
 */
export interface HashBalancingOptions extends BalancingOptions {
  /**
   * Further keys. Those that a request has are combined, so that it takes all of them to be equal.
   *
   * @default - the one key
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
   * Weights by availability zone, 1 to 65535. A zone that isn't named has weight 1.
   *
   * @default - every endpoint has weight 1, or the weight that its source gives it
   */
  readonly zoneWeights?: { readonly [zone: string]: number };
}

/**
 * Options of `LoadBalancing.ringHash`.
 */
export interface RingHashOptions extends HashBalancingOptions {
  // #region generated props of RingHashConfig but boundedLoadPercent
  /**
   * Points on the ring of the endpoint of least weight; the others have more in proportion. More points, more even shares, more memory.
   * From 1 to 65536.
   *
   * @default 160
   */
  readonly pointsPerEndpoint?: number;

  /**
   * Most points on the ring; bounds memory, about 12 bytes a point. From 1024 to 8388608.
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
   * Entries of the table, a prime number about a hundred times the number of endpoints. Each takes 4 bytes. From 3 to 5000011.
   *
   * @default 65537
   */
  readonly tableSize?: number;
  // #endregion
}
