/**
 * The load-balancing policies and their parameters.
 */
import type { Integer } from './scalars';

/** The load-balancing policies. `type` names the algorithm in `src/balancing`. */
export type LoadBalancingConfig =
  | RoundRobinConfig
  | RandomConfig
  | WeightedRoundRobinConfig
  | LeastRequestConfig
  | LeastResponseTimeConfig
  | RingHashConfig
  | MaglevConfig
  | RendezvousConfig
  | ClientSideWeightedRoundRobinConfig
  | AdaptiveConfig;

/** Each endpoint in turn; weights are not looked at. */
export interface RoundRobinConfig {
  readonly type: 'roundRobin';
}

/** Any endpoint, by chance, in proportion to weights. */
export interface RandomConfig {
  readonly type: 'random';
}

/** Each endpoint in turn, in proportion to weights, the heavy ones spread evenly between the others. */
export interface WeightedRoundRobinConfig {
  readonly type: 'weightedRoundRobin';
}

/**
 * Of a few endpoints drawn by chance, or of all, the one with the fewest requests in flight for its weight. The defaults are those of
 * Envoy and gRPC.
 */
export interface LeastRequestConfig {
  readonly type: 'leastRequest';
  /**
   * `choices`: a few are drawn. `all`: every endpoint is looked at, which costs more the more there are.
   * @default choices
   */
  readonly scan?: 'choices' | 'all';
  /**
   * How many different endpoints are drawn for each request.
   *
   * @minimum 2
   * @maximum 10
   * @default 2
   */
  readonly choices?: Integer;
  /**
   * How much active requests count relative to weights: the load of an endpoint is (active requests + 1) to this power, divided by its
   * weight.
   *
   * @minimum 0
   * @maximum 10
   * @default 1
   */
  readonly bias?: number;
}

/**
 * Of a few endpoints drawn by chance, the one that answers soonest: expected latency, plus the price of failures, times the queue. The
 * defaults of decay and penalty are those of Linkerd.
 */
export interface LeastResponseTimeConfig {
  readonly type: 'leastResponseTime';
  /**
   * How many different endpoints are drawn for each request.
   * @minimum 2
   * @maximum 10
   * @default 2
   */
  readonly choices?: Integer;
  /**
   * Time constant of the averages. An endpoint that was slow is tried again after some multiples of it.
   *
   * @minimum 1
   * @default 10000
   */
  readonly decayMs?: Integer;
  /**
   * Latency that a failed request counts as, so that an endpoint that fails fast does not look fast. A larger `Retry-After` counts instead.
   *
   * @default 5000
   */
  readonly failurePenaltyMs?: Integer;
}

/**
 * The requests of one hash go to one endpoint, found on a ring of many points for each endpoint: when endpoints come or go, only keys
 * next to their points move. The default has the points of ketama and nginx, and takes at most 1.5 MiB, for 819 endpoints.
 */
export interface RingHashConfig {
  readonly type: 'ringHash';
  /**
   * Points on the ring of the endpoint with the lowest weight; the others have more in proportion. More points give more even shares and
   * need more memory.
   *
   * @minimum 1
   * @maximum 65536
   * @default 160
   */
  readonly pointsPerEndpoint?: Integer;
  /**
   * Maximum number of points on the ring, which bounds its memory: about 12 bytes per point.
   *
   * @minimum 1024
   * @maximum 8388608
   * @default 131072
   */
  readonly maximumRingSize?: Integer;
  /**
   * Most requests in flight to one endpoint, in percent of its share of all; sensible from 120 to 200. A request above it goes to another
   * endpoint, the same one each time. Absent: no bound.
   */
  readonly boundedLoadPercent?: BoundedLoadPercent;
}

/**
 * The requests of one hash go to one endpoint, found in a table: nearly even shares, and few keys move. The default is the table of
 * Envoy.
 */
export interface MaglevConfig {
  readonly type: 'maglev';
  /**
   * Number of entries of the table, a prime number of about a hundred times the number of endpoints. Each entry takes 4 bytes.
   *
   * @minimum 3
   * @maximum 5000011
   * @default 65537
   */
  readonly tableSize?: Integer;
  /**
   * Most requests in flight to one endpoint, in percent of its share of all; sensible from 120 to 200. A request above it goes to another
   * endpoint, the same one each time. Absent: no bound.
   */
  readonly boundedLoadPercent?: BoundedLoadPercent;
}

/**
 * The requests of one hash go to the endpoint that wins the draw for that hash: exact shares, and no key moves but those
 * of endpoints that come or go. Each request looks at each endpoint.
 */
export interface RendezvousConfig {
  readonly type: 'rendezvous';
  /**
   * Most requests in flight to one endpoint, in percent of its share of all; sensible from 120 to 200. A request above it goes to another
   * endpoint, the same one each time. Absent: no bound.
   */
  readonly boundedLoadPercent?: BoundedLoadPercent;
}

/**
 * Most requests in flight to one endpoint, in percent of its share of all; a request beyond it goes to another one.
 * Sensible from 120 to 200. Every policy that goes by a hash has this field: by it, the code tells them from the others.
 * @asType integer
 * @minimum 100
 * @maximum 10000
 */
export type BoundedLoadPercent = number;

/**
 * Each endpoint in turn, in proportion to the work it says it could do: requests per second over utilization (gRFC A58). The defaults are
 * those of gRFC A58.
 */
export interface ClientSideWeightedRoundRobinConfig {
  readonly type: 'clientSideWeightedRoundRobin';
  /**
   * How long an endpoint must have sent reports before they count. Until then it has the mean weight.
   *
   * @default 10000
   */
  readonly blackoutMs?: Integer;
  /**
   * How long a report counts.
   *
   * @minimum 1
   * @default 180000
   */
  readonly expirationMs?: Integer;
  /**
   * How often weights are computed.
   * @minimum 100
   * @default 1000
   */
  readonly updateMs?: Integer;
  /**
   * How much the failure rate of an endpoint adds to its utilization.
   *
   * @minimum 0
   * @maximum 1000
   * @default 1
   */
  readonly errorPenalty?: number;
}

/** Round robin, least request or least response time, whichever fits what is measured. */
export interface AdaptiveConfig {
  readonly type: 'adaptive';
  /**
   * How many different endpoints are drawn for each request, by the policies that draw.
   * @minimum 2
   * @maximum 10
   * @default 2
   */
  readonly choices?: Integer;
  /**
   * How slowly measurements are forgotten: time constant of the averages. An endpoint that was slow is tried again after some multiples
   * of it.
   * @minimum 1
   * @default 10000
   */
  readonly decayMs?: Integer;
  /**
   * What a failed request counts for as a latency, so that an endpoint that fails at once does not look fast.
   * @default 5000
   */
  readonly failurePenaltyMs?: Integer;
  /**
   * Minimum time between two changes of policy. The change to least response time when an endpoint turns slow is immediate.
   *
   * @default 10000
   */
  readonly minimumDwellMs?: Integer;
}
