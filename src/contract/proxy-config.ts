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
  | LeastRequestConfig;

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
