/**
 * Where a cluster's endpoints come from.
 */
import type { UpstreamMutualTlsConfig } from './identity-config';
import type { Integer, Weight } from './scalars';

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
  /** What stands in for the API while it can't be asked at the start. Absent: nothing. */
  readonly fallback?: DnsFallback;
}

/**
 * DNS in place of the Kubernetes API, for a proxy that starts while that is out of reach. It ends with the first list of
 * EndpointSlices.
 */
export interface DnsFallback {
  /**
   * Fully qualified name whose A and AAAA records are the endpoints, such as that of the headless Service.
   * @minLength 1
   */
  readonly hostname: string;
  /**
   * Port of the endpoints.
   * @minimum 1
   * @maximum 65535
   */
  readonly port: Integer;
  /**
   * How long the API may say nothing before DNS is asked. When it refuses, or can't be reached, DNS is asked at once.
   * @default 1000
   */
  readonly afterMs?: Integer;
  /** DNS servers as `address` or `address:port`. Absent: those of the system. */
  readonly servers?: string[];
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

/**
 * An IP address, or `pod`.
 * @pattern ^(pod|[0-9.]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$
 * @maxLength 45
 */
export type ListeningAddress = string;

/** One endpoint of a static list. */
export interface StaticEndpoint {
  /**
   * IP address; the endpoint's name in metrics and logs.
   * @minLength 2
   */
  readonly address: string;
  /**
   * Where it may listen instead, for an app beside the proxy that chooses its own address: IP addresses, and `pod` for those of the
   * proxy's own pod. They are tried in this order, and the next one only where nothing listens; the one that accepts is remembered.
   * `address` is tried only when it is named here, too. Absent: `address` alone.
   * @minItems 1
   * @maxItems 8
   */
  readonly listensAt?: ListeningAddress[];
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
  /**
   * Level, 0 first: those of a higher number get requests only as far as too few of the lower ones are available.
   * @maximum 7
   */
  readonly priority?: Integer;
  /** Who must be there, in place of what the cluster says. Absent: as for the cluster. */
  readonly mutualTls?: UpstreamMutualTlsConfig;
}

/** The pods of this workload, this one among them. */
export interface LocalClusterConfig {
  /** Where they are found. */
  readonly discovery: EndpointSliceDiscovery | StaticDiscovery;
}
