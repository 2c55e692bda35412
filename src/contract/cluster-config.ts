/**
 * A cluster: its endpoints, how one is chosen, what stands around that choice, and what its connections may use up.
 */
import type { DnsDiscovery, EndpointSliceDiscovery, StaticDiscovery } from './discovery-config';
import type { HealthCheckConfig, OutlierDetectionConfig } from './health-config';
import type { UpstreamMutualTlsConfig } from './identity-config';
import type { LoadBalancingConfig } from './load-balancing-config';
import type { RetryBudgetConfig } from './retry-config';
import type { Integer } from './scalars';
import type { UpstreamTlsConfig } from './upstream-tls-config';

/** A set of endpoints that are equal but for their weight. */
export interface ClusterConfig {
  /**
   * Unique name; a label of its metrics.
   * @minLength 1
   */
  readonly name: string;
  /** Where its endpoints come from. */
  readonly discovery: EndpointSliceDiscovery | DnsDiscovery | StaticDiscovery;
  /** Its endpoints are sidecars and reached by mutual TLS, by requests and health checks alike. Absent: by plain TCP, unless there is `tls`. */
  readonly mutualTls?: UpstreamMutualTlsConfig;
  /**
   * What its endpoints speak: `http1` is HTTP/1.1; `http2` is HTTP/2 from the first byte on, as gRPC speaks it, with many requests at a time on
   * each connection; `tcp` is anything else, with a connection for each of the client's. With mutual TLS the handshake agrees on it.
   * @default 'http1'
   */
  readonly protocol?: 'http1' | 'http2' | 'tcp';
  /**
   * Each connection, with protocol `tcp`, begins with a header of the PROXY protocol, which has the client's address; `v2` is its binary
   * version. Connections that come from the app beside the proxy have the pod's own address there. Absent: none does.
   */
  readonly proxyProtocol?: 'v2';
  /**
   * Its endpoints are outside of the mesh and reached by TLS, by requests and health checks alike. Absent: by plain TCP, unless there is
   * `mutualTls`.
   */
  readonly tls?: UpstreamTlsConfig;
  /**
   * How an endpoint is chosen.
   * @default { type: 'roundRobin' }
   */
  readonly loadBalancing?: LoadBalancingConfig;
  /** How an endpoint that joins gets its share little by little. Absent: at once. */
  readonly slowStart?: SlowStartConfig;
  /** How weights follow what endpoints report or what is seen of them. Absent: weights stay as declared. */
  readonly dynamicWeights?: DynamicWeightsConfig;
  /** How endpoints in the proxy's own zone are preferred. Absent: zones don't matter. */
  readonly zoneAware?: ZoneAwareConfig;
  /**
   * What is read of the load reports of its endpoints, which the policies, weights and zones that go by them ask for.
   * @default {}
   */
  readonly loadReports?: LoadReportsConfig;
  /** How many endpoints one proxy uses out of a very large set. Absent: all. */
  readonly subset?: SubsetConfig;
  /** How requests move to other priority levels as endpoints become unavailable. */
  readonly failover?: FailoverConfig;
  /** How each endpoint is asked whether it works. Absent: it isn't. */
  readonly healthCheck?: HealthCheckConfig;
  /** How endpoints that fail or are slow unlike the others are found, and kept from requests for a while. */
  readonly outlierDetection?: OutlierDetectionConfig;
  /**
   * Time to establish a connection; then another endpoint is tried. It must be shorter than the timeout of the route. By default it is at
   * most a quarter of the shortest timeout of the routes that lead here, fallbacks included, but at least 25 ms.
   *
   * @minimum 1
   * @default 1000
   */
  readonly connectTimeoutMs?: Integer;
  /**
   * How long an unused connection is kept for the next request. It must be shorter than the idle timeout of the other side, or requests are
   * sent on connections that are being closed. A timeout that the other side announces with `Keep-Alive` is respected in any case. By
   * default the constructs make it at most half of `limits.idleTimeoutMs` of a service of the mesh.
   *
   * @minimum 1
   * @default 30000
   */
  readonly idleTimeoutMs?: Integer;
  /**
   * Maximum number of connections to one endpoint. It is also the maximum number of active requests there, because HTTP/1.1 has one per
   * connection. Further connections of TCP go to another endpoint, or are refused when all have reached it. Applies to each worker.
   *
   * @minimum 1
   * @default 1024
   */
  readonly maxConnectionsPerEndpoint?: Integer;
  /**
   * Maximum number of connections to all endpoints together; 0 means no limit. Further connections of TCP are refused. Applies to each worker.
   *
   * @default 0
   */
  readonly maxConnections?: Integer;
  /**
   * Maximum number of requests that wait for a connection, over all endpoints, including requests whose connection is being established (so
   * 0 is refused) and requests that wait for the first endpoints. Further requests get 503. Applies to each worker.
   *
   * @default 1024
   */
  readonly maxPendingRequests?: Integer;
  /**
   * Whether its endpoints have sidecars of the mesh. If not, requests to it get none of the fields that the route's `meshFields` adds.
   * @default true
   */
  readonly meshFields?: boolean;
  /** How much retries may add to the load. */
  readonly retryBudget?: RetryBudgetConfig;
  /**
   * How long a request may wait for a free connection, and for the first endpoints in the ten seconds after discovery began. Then it gets
   * 503. A request whose connection is being established waits for `connectTimeoutMs`. It must be shorter than the timeout of the route.
   *
   * @minimum 1
   * @default 3000
   */
  readonly pendingTimeoutMs?: Integer;
  /**
   * Maximum number of active requests to all endpoints together; 0 means no limit. Further requests get 503. Applies to each worker.
   *
   * @default 0
   */
  readonly maxRequests?: Integer;
  /**
   * Maximum number of active requests to one endpoint; 0 means no limit. At most `maxRequests`, if that has a limit. Further requests go to
   * another endpoint, or get 503 when all have reached it. Applies to each worker.
   *
   * @default 0
   */
  readonly maxRequestsPerEndpoint?: Integer;
}

/** A share that grows from a small one: the weight is multiplied by (time / window)^(1 / aggression), but not below the minimum. */
export interface SlowStartConfig {
  /**
   * Time until an endpoint has its full share.
   *
   * @minimum 1
   */
  readonly windowMs: Integer;
  /**
   * Shape of the growth: 1 is linear, above 1 grows fast at first, below 1 grows fast at the end.
   *
   * @minimum 0.1
   * @maximum 10
   * @default 1
   */
  readonly aggression?: number;
  /**
   * Share at the beginning, in percent of the full share.
   *
   * @minimum 1
   * @maximum 100
   * @default 10
   */
  readonly minimumPercent?: Integer;
}

/** Weights that follow measurements; a declared weight multiplies them. */
export interface DynamicWeightsConfig {
  /**
   * `reports`: load reports of the endpoints, as in client-side weighted round robin. `observed`: the latency and the
   * success that this proxy sees.
   */
  readonly source: 'reports' | 'observed';
  /**
   * Time constant of the weight: after this time it has moved about two thirds of the way.
   *
   * @minimum 1
   * @default 10000
   */
  readonly smoothingMs?: Integer;
  /**
   * How often weights are computed.
   * @minimum 100
   * @default 1000
   */
  readonly updateMs?: Integer;
  /**
   * Minimum weight, in percent of the declared one. So every endpoint stays in use and is measured.
   *
   * @minimum 1
   * @maximum 100
   * @default 10
   */
  readonly minimumPercent?: Integer;
  /**
   * Maximum weight, in percent of the declared one.
   *
   * @minimum 100
   * @maximum 10000
   * @default 1000
   */
  readonly maximumPercent?: Integer;
}

/** Prefers the proxy's own zone and lets load that it can't take spill over to the others. */
export interface ZoneAwareConfig {
  /**
   * Zones are ignored when there are fewer endpoints than this.
   *
   * @default 3
   */
  readonly minimumEndpoints?: Integer;
  /**
   * Percentage of requests that always goes to other zones, so that their state stays known.
   *
   * @maximum 50
   * @default 3
   */
  readonly remotePercent?: Integer;
  /**
   * How much higher the load of the own zone may be than that of the others, in percent of its capacity, before requests go to other zones.
   * It applies to endpoints that report their load. For others, the capacity of a zone is its share of the endpoints.
   *
   * @maximum 100
   * @default 10
   */
  readonly tolerancePercent?: Integer;
  /**
   * Time constant of the average load of a zone.
   *
   * @minimum 1
   * @default 5000
   */
  readonly smoothingMs?: Integer;
  /**
   * How often shares are computed.
   * @minimum 100
   * @default 1000
   */
  readonly updateMs?: Integer;
  /**
   * How long a load report counts.
   * @minimum 1
   * @default 180000
   */
  readonly expirationMs?: Integer;
}

/**
 * Load reports of endpoints (ORCA, gRFC A51), in the response fields `endpoint-load-metrics` and `endpoint-load-metrics-bin`, of heads and of
 * trailers.
 */
export interface LoadReportsConfig {
  /**
   * Metrics of which the highest is an endpoint's utilization, as in gRFC A114: `named_metrics.queue`, `mem_utilization`. Absent, or
   * when a report has none of them: `application_utilization`, else `cpu_utilization`.
   * @minItems 1
   * @maxItems 8
   */
  readonly utilizationMetrics?: MetricName[];
}

/**
 * Name of a metric in a load report; one in a map is `map.key`.
 * @minLength 1
 * @maxLength 128
 * @pattern ^[!-+\-.-9;-<>-~]+$
 */
export type MetricName = string;

/** A part of the endpoints, chosen by a hash of each proxy's own: all proxies together use all endpoints alike. */
export interface SubsetConfig {
  /**
   * How many; of each zone when zones matter.
   * @minimum 1
   */
  readonly size: Integer;
}

/** Priority levels. A level that has enough available endpoints takes everything. */
export interface FailoverConfig {
  /**
   * How much of a level's endpoints may be unavailable before load moves on: available endpoints count for this percentage.
   * @minimum 100
   * @maximum 10000
   * @default 140
   */
  readonly overprovisioningPercent?: Integer;
  /**
   * With fewer available endpoints than this, in percent of a level, availability is not believed and all of them are
   * used. 0 switches it off.
   * @maximum 100
   * @default 50
   */
  readonly panicPercent?: Integer;
}
