/**
 * The one document that the two halves share: the constructs write it into a ConfigMap, the proxy reads it from there.
 *
 * These types are the only source of its form. The JSON Schema in `schema/` and the validator inside the proxy are
 * generated from them, so a field that is not here does not exist, and a rule stated here (`@minimum`, `@pattern`) is
 * enforced there. What can't be said in a type (a route that names a cluster which isn't there) is in `references.ts`;
 * what an absent optional field means is in `defaults.ts`.
 *
 * Names are the field's: a *listener* accepts connections, a *route* chooses among *clusters* by weight, a *cluster* is
 * a set of *endpoints* found by one discovery source and balanced by one policy.
 *
 * All durations are whole milliseconds, all sizes bytes.
 */

/** Everything one sidecar knows. One document a workload; all its pods read the same one. */
export interface ProxyConfig {
  /** Version of this document's form. */
  readonly version: 'v1';
  /** Whose sidecar this is. */
  readonly node: NodeIdentity;
  /** Where metrics and health are served. */
  readonly admin?: AdminConfig;
  /** Where connections are accepted. */
  readonly listeners: ListenerConfig[];
  /** Where requests can go. */
  readonly clusters: ClusterConfig[];
  /** How the Kubernetes API is reached; needed when a cluster uses EndpointSlices. */
  readonly kubernetes?: KubernetesApiConfig;
  /** What one connection or request may use up at most. */
  readonly limits?: LimitsConfig;
  /** What happens on SIGTERM. */
  readonly shutdown?: ShutdownConfig;
  /** What is logged of each request. */
  readonly accessLog?: AccessLogConfig;
  /**
   * Processes that serve requests, for a pod with more than one core. They share sockets, one discovery and one metrics
   * page; limits on connections hold for each. A change needs a restart.
   * @minimum 1
   * @maximum 64
   */
  readonly workers?: Integer;
}

/** The workload that a sidecar belongs to; labels of its metrics and log lines. */
export interface NodeIdentity {
  /**
   * Name of the service.
   * @minLength 1
   */
  readonly service: string;
  /**
   * Namespace of the service.
   * @minLength 1
   */
  readonly namespace: string;
  /**
   * Version of the service that this workload runs.
   * @minLength 1
   */
  readonly version: string;
}

/** The admin listener. */
export interface AdminConfig {
  /**
   * Port, on the pod's addresses and on loopback.
   * @minimum 1
   * @maximum 65535
   */
  readonly port?: Integer;
  /**
   * Loopback address where everything is served; on the pod's addresses only `/ready`, `/live` and `/metrics` are.
   * @minLength 2
   */
  readonly loopbackAddress?: string;
}

/**
 * A whole number, 0 or more.
 * @asType integer
 * @minimum 0
 */
export type Integer = number;

/** Accepts connections and sends their requests down its route. */
export interface ListenerConfig {
  /**
   * Unique name; a label of its metrics.
   * @minLength 1
   */
  readonly name: string;
  /** `inbound`: from other pods to the app beside this proxy. `outbound`: from that app to a service it calls. */
  readonly direction: 'inbound' | 'outbound';
  /**
   * Address to bind. Absent: the pod's own addresses (environment `POD_IPS`).
   * @minLength 2
   */
  readonly address?: string;
  /**
   * Port to bind.
   * @minimum 1
   * @maximum 65535
   */
  readonly port: Integer;
  /**
   * Where its requests go. A route has no condition yet, so there is exactly one.
   * @minItems 1
   * @maxItems 1
   */
  readonly routes: RouteConfig[];
}

/** Where requests go. */
export interface RouteConfig {
  /**
   * Unique name within the listener.
   * @minLength 1
   */
  readonly name: string;
  /**
   * Clusters and their shares. A cluster without an available endpoint leaves its share to the others.
   * @minItems 1
   */
  readonly split: WeightedCluster[];
  /** Time from the request's head to the response's last byte. 0 switches it off. */
  readonly timeoutMs?: Integer;
  /**
   * What the hashing policies of its clusters balance by, in order: values found are combined. Absent or empty: nothing, so requests go
   * anywhere.
   * @maxItems 8
   */
  readonly hash?: HashKeyConfig[];
}

/** A cluster's part of a split. */
export interface WeightedCluster {
  /**
   * Name of a cluster.
   * @minLength 1
   */
  readonly cluster: string;
  /**
   * Share relative to the other weights of the split; 0 takes it out.
   * @maximum 1000000
   */
  readonly weight: Integer;
}

/** A set of endpoints that are equal but for their weight. */
export interface ClusterConfig {
  /**
   * Unique name; a label of its metrics.
   * @minLength 1
   */
  readonly name: string;
  /** Where its endpoints come from. */
  readonly discovery: EndpointSliceDiscovery | DnsDiscovery | StaticDiscovery;
  /** How an endpoint is chosen. Absent: round robin. */
  readonly loadBalancing?: LoadBalancingConfig;
  /** How an endpoint that joins gets its share little by little. Absent: at once. */
  readonly slowStart?: SlowStartConfig;
  /** How weights follow what endpoints report or what is seen of them. Absent: weights stay as declared. */
  readonly dynamicWeights?: DynamicWeightsConfig;
  /** How endpoints in the proxy's own zone are preferred. Absent: zones don't matter. */
  readonly zoneAware?: ZoneAwareConfig;
  /** How many endpoints one proxy uses out of a very large set. Absent: all. */
  readonly subset?: SubsetConfig;
  /** How requests move to other priority levels as endpoints become unavailable. */
  readonly failover?: FailoverConfig;
  /**
   * Time to establish a connection.
   * @minimum 1
   */
  readonly connectTimeoutMs?: Integer;
  /**
   * How long an unused connection stays open. Keep it below the idle time of what listens there.
   * @minimum 1
   */
  readonly idleTimeoutMs?: Integer;
  /**
   * Most connections to one endpoint at a time.
   * @minimum 1
   */
  readonly maxConnectionsPerEndpoint?: Integer;
  /** Most requests that wait for a connection, over all endpoints. One more is answered with 503. */
  readonly maxPendingRequests?: Integer;
}

/** Endpoints of a Kubernetes Service, listed and watched through its EndpointSlices. */
export interface EndpointSliceDiscovery {
  readonly type: 'endpointSlice';
  /**
   * Namespace of the Service.
   * @minLength 1
   */
  readonly namespace: string;
  /**
   * Name of the Service.
   * @minLength 1
   */
  readonly service: string;
  /** Name of the slice's port. Absent: the only port, or the unnamed one. */
  readonly portName?: string;
  /** Weights by the endpoint's zone; a zone that isn't named has weight 1. */
  readonly zoneWeights?: Record<string, Weight>;
}

/** Endpoints are the addresses that a name resolves to, asked again when their TTL ends. */
export interface DnsDiscovery {
  readonly type: 'dns';
  /**
   * `address`: A and AAAA records. `srv`: SRV records, whose port, weight and lowest priority count.
   */
  readonly record: 'address' | 'srv';
  /**
   * Fully qualified name; search domains are not applied.
   * @minLength 1
   */
  readonly hostname: string;
  /**
   * Port of the endpoints; not used with SRV records, which carry their own.
   * @minimum 1
   * @maximum 65535
   */
  readonly port?: Integer;
  /** DNS servers as `address` or `address:port`. Absent: those of the system. */
  readonly servers?: string[];
}

/** Endpoints listed here. */
export interface StaticDiscovery {
  readonly type: 'static';
  /** The endpoints. */
  readonly endpoints: StaticEndpoint[];
}

/** One endpoint of a static list. */
export interface StaticEndpoint {
  /**
   * IP address.
   * @minLength 2
   */
  readonly address: string;
  /**
   * Port.
   * @minimum 1
   * @maximum 65535
   */
  readonly port: Integer;
  /** Share of requests, relative to the others, for the policies that weigh. Absent: 1. */
  readonly weight?: Weight;
  /** Availability zone. */
  readonly zone?: string;
}

/**
 * Relative share of an endpoint, more than 0.
 * @asType integer
 * @minimum 1
 * @maximum 65535
 */
export type Weight = number;

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

/** Of a few endpoints drawn by chance, or of all, the one with the fewest requests in flight for its weight. */
export interface LeastRequestConfig {
  readonly type: 'leastRequest';
  /** `choices`: a few are drawn. `all`: every endpoint is looked at, which costs more the more there are. */
  readonly scan?: 'choices' | 'all';
  /**
   * How many different endpoints are drawn.
   * @minimum 2
   * @maximum 10
   */
  readonly choices?: Integer;
  /**
   * What requests in flight count for against weights: load is (requests in flight + 1) to this power, over the weight.
   * @minimum 0
   * @maximum 10
   */
  readonly bias?: number;
}

/** Of a few endpoints drawn by chance, the one that answers soonest: expected latency, plus the price of failures, times the queue. */
export interface LeastResponseTimeConfig {
  readonly type: 'leastResponseTime';
  /**
   * How many different endpoints are drawn.
   * @minimum 2
   * @maximum 10
   */
  readonly choices?: Integer;
  /**
   * How fast measurements are forgotten: time constant of the averages.
   * @minimum 1
   */
  readonly decayMs?: Integer;
  /** What a failed request costs, as a latency; a Retry-After that asks for more counts instead. */
  readonly failurePenaltyMs?: Integer;
}

/**
 * The requests of one hash go to one endpoint, found on a ring of many points for each endpoint: when endpoints come or
 * go, only keys next to their points move.
 */
export interface RingHashConfig {
  readonly type: 'ringHash';
  /**
   * Points of the endpoint of least weight; the others have more in proportion. More points, more even shares.
   * @minimum 1
   * @maximum 65536
   */
  readonly pointsPerEndpoint?: Integer;
  /**
   * Most points on the ring; bounds memory, about 12 bytes a point.
   * @minimum 1024
   * @maximum 8388608
   */
  readonly maximumRingSize?: Integer;
  /** Most load of one endpoint. Absent: no bound. */
  readonly boundedLoadPercent?: BoundedLoadPercent;
}

/** The requests of one hash go to one endpoint, found in a table: nearly even shares, and few keys move. */
export interface MaglevConfig {
  readonly type: 'maglev';
  /**
   * Entries of the table, a prime number about a hundred times the number of endpoints.
   * @minimum 3
   * @maximum 5000011
   */
  readonly tableSize?: Integer;
  /** Most load of one endpoint. Absent: no bound. */
  readonly boundedLoadPercent?: BoundedLoadPercent;
}

/**
 * The requests of one hash go to the endpoint that wins the draw for that hash: exact shares, and no key moves but those
 * of endpoints that come or go. Each request looks at each endpoint.
 */
export interface RendezvousConfig {
  readonly type: 'rendezvous';
  /** Most load of one endpoint. Absent: no bound. */
  readonly boundedLoadPercent?: BoundedLoadPercent;
}

/**
 * Most requests in flight to one endpoint, in percent of its share of all; a request beyond it goes to another one.
 * Sensible from 120 to 200.
 * @asType integer
 * @minimum 100
 * @maximum 10000
 */
export type BoundedLoadPercent = number;

/** Each endpoint in turn, in proportion to the work it says it could do: requests per second over utilization (gRFC A58). */
export interface ClientSideWeightedRoundRobinConfig {
  readonly type: 'clientSideWeightedRoundRobin';
  /** How long an endpoint must have reported before its reports count. */
  readonly blackoutMs?: Integer;
  /**
   * How long a report counts.
   * @minimum 1
   */
  readonly expirationMs?: Integer;
  /**
   * How often weights are computed.
   * @minimum 100
   */
  readonly updateMs?: Integer;
  /**
   * How much the part of requests that fail adds to utilization.
   * @minimum 0
   * @maximum 1000
   */
  readonly errorPenalty?: number;
}

/** Round robin, least request or least response time, whichever fits what is measured. */
export interface AdaptiveConfig {
  readonly type: 'adaptive';
  /**
   * How many different endpoints are drawn by the policies that draw.
   * @minimum 2
   * @maximum 10
   */
  readonly choices?: Integer;
  /**
   * How fast measurements are forgotten: time constant of the averages.
   * @minimum 1
   */
  readonly decayMs?: Integer;
  /** What a failed request costs, as a latency. */
  readonly failurePenaltyMs?: Integer;
  /** Shortest time between two changes of policy. */
  readonly minimumDwellMs?: Integer;
}

/** A share that grows from a small one: the weight is multiplied by (time / window)^(1 / aggression), but not below the minimum. */
export interface SlowStartConfig {
  /**
   * How long it takes.
   * @minimum 1
   */
  readonly windowMs: Integer;
  /**
   * 1: the share grows evenly. Above 1 it grows fast first, below 1 fast last.
   * @minimum 0.1
   * @maximum 10
   */
  readonly aggression?: number;
  /**
   * Share to begin with, in percent of the full one.
   * @minimum 1
   * @maximum 100
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
   * Time constant with which a weight follows.
   * @minimum 1
   */
  readonly smoothingMs?: Integer;
  /**
   * How often weights are computed.
   * @minimum 100
   */
  readonly updateMs?: Integer;
  /**
   * Least a weight can fall to, in percent of the declared one.
   * @minimum 1
   * @maximum 100
   */
  readonly minimumPercent?: Integer;
  /**
   * Most a weight can rise to, in percent of the declared one.
   * @minimum 100
   * @maximum 10000
   */
  readonly maximumPercent?: Integer;
}

/** Prefers the proxy's own zone and lets load that it can't take spill over to the others. */
export interface ZoneAwareConfig {
  /** With fewer endpoints than this, zones don't matter. */
  readonly minimumEndpoints?: Integer;
  /**
   * Part of the requests that goes to other zones in any case, so that their state stays known.
   * @maximum 50
   */
  readonly remotePercent?: Integer;
  /**
   * How much more loaded than the others the own zone may be, in percent of its capacity, before load spills over.
   * @maximum 100
   */
  readonly tolerancePercent?: Integer;
  /**
   * Time constant with which the load of a zone is averaged.
   * @minimum 1
   */
  readonly smoothingMs?: Integer;
  /**
   * How often shares are computed.
   * @minimum 100
   */
  readonly updateMs?: Integer;
  /**
   * How long a load report counts.
   * @minimum 1
   */
  readonly expirationMs?: Integer;
}

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
   */
  readonly overprovisioningPercent?: Integer;
  /**
   * With fewer available endpoints than this, in percent of a level, availability is not believed and all of them are
   * used. 0 switches it off.
   * @maximum 100
   */
  readonly panicPercent?: Integer;
}

/** A part of a request that keeps it with one endpoint. */
export type HashKeyConfig = HeaderHashKey | CookieHashKey | QueryHashKey | SourceAddressHashKey;

/** The value of a header field: the first of that name. */
export interface HeaderHashKey {
  readonly type: 'header';
  /**
   * Name of the field, in any case.
   * @pattern ^[!#$%&'*+.^_`|~0-9A-Za-z-]+$
   */
  readonly name: string;
  /** Keys behind this one are not looked at when it is found. */
  readonly terminal?: boolean;
}

/** The value of a cookie. */
export interface CookieHashKey {
  readonly type: 'cookie';
  /**
   * Name of the cookie.
   * @pattern ^[!#$%&'*+.^_`|~0-9A-Za-z-]+$
   */
  readonly name: string;
  /** Keys behind this one are not looked at when it is found. */
  readonly terminal?: boolean;
}

/** The value of a query parameter, as it stands in the target. */
export interface QueryHashKey {
  readonly type: 'query';
  /**
   * Name of the parameter, as it stands in the target.
   * @pattern ^[!$'()*+,;:@/?._~%0-9A-Za-z-]+$
   */
  readonly name: string;
  /** Keys behind this one are not looked at when it is found. */
  readonly terminal?: boolean;
}

/** The address that the client connects from. On outbound listeners that is always the app beside the proxy. */
export interface SourceAddressHashKey {
  readonly type: 'sourceAddress';
  /** Keys behind this one are not looked at. */
  readonly terminal?: boolean;
}

/** The Kubernetes API as seen from the sidecar. */
export interface KubernetesApiConfig {
  /** Base URL. Absent: `https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT`. */
  readonly server?: string;
  /**
   * File with the bearer token; read again as the kubelet renews it.
   * @minLength 1
   */
  readonly tokenFile: string;
  /**
   * File with the certificate authorities that the API server's certificate is checked against.
   * @minLength 1
   */
  readonly caFile: string;
}

/** Bounds of what a peer can make the proxy hold. Reaching one is counted in `mesh_limit_reached_total`. */
export interface LimitsConfig {
  /**
   * Most connections accepted at a time, over all listeners.
   * @minimum 1
   */
  readonly maxConnections?: Integer;
  /**
   * Longest request or status line.
   * @minimum 16
   */
  readonly maxStartLineBytes?: Integer;
  /**
   * Longest head: start line and all fields. Also bounds a chunk's extension and the trailers.
   * @minimum 64
   * @maximum 1048576
   */
  readonly maxHeadBytes?: Integer;
  /**
   * Most header fields of a message.
   * @minimum 1
   * @maximum 1000
   */
  readonly maxHeaderFields?: Integer;
  /** Longest request body; 0 is no limit. */
  readonly maxBodyBytes?: Integer;
  /** Most requests on one client connection, which is closed after the last; 0 is no limit. */
  readonly maxRequestsPerConnection?: Integer;
  /**
   * Bytes held for a peer that reads slower than the other side sends, per connection and direction.
   * @minimum 1024
   */
  readonly maxBufferedBytes?: Integer;
  /**
   * How long a client connection may be idle between requests.
   * @minimum 1
   */
  readonly idleTimeoutMs?: Integer;
  /**
   * From the first byte of a head to its last.
   * @minimum 1
   */
  readonly headTimeoutMs?: Integer;
  /**
   * How long a body may make no progress, in either direction. A peer that takes less than `maxBufferedBytes` in this
   * time counts as stalled.
   * @minimum 1
   */
  readonly bodyTimeoutMs?: Integer;
  /**
   * How long nothing may pass through a tunnel, which is what a connection becomes after a switch of protocols (WebSocket).
   * @minimum 1
   */
  readonly tunnelIdleTimeoutMs?: Integer;
}

/** Graceful stop. */
export interface ShutdownConfig {
  /** On SIGTERM: how long requests in flight may take before they are cut off. */
  readonly drainMs?: Integer;
}

/** The access log, one JSON line a request on standard output. */
export interface AccessLogConfig {
  /** `off`; `errors`: responses of status 500 and above, and broken ones; `all`. */
  readonly mode: 'off' | 'errors' | 'all';
}
