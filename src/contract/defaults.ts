/**
 * What an absent optional field of {@link ProxyConfig} means, as one constant that the constructs, the proxy and the
 * generated documentation read. The ConfigMap stays as short as what was said; a reader of this file knows the rest.
 */
import {
  AccessLogConfig, AdminConfig, ClusterConfig, LeastRequestConfig, LimitsConfig, LoadBalancingConfig, ProxyConfig, RouteConfig, ShutdownConfig,
} from './proxy-config';
import { ADMIN_PORT } from './ports';

/** Default of `limits`. Sizes follow the strict end of what proxies in the field do; the head's size is Node's and HAProxy's 16 KiB. */
export const DEFAULT_LIMITS: Required<LimitsConfig> = {
  maxConnections: 10_000,
  maxStartLineBytes: 8_192,
  maxHeadBytes: 16_384,
  maxHeaderFields: 100,
  maxBodyBytes: 0,
  maxRequestsPerConnection: 0,
  maxBufferedBytes: 262_144,
  idleTimeoutMs: 60_000,
  headTimeoutMs: 10_000,
  bodyTimeoutMs: 60_000,
  tunnelIdleTimeoutMs: 300_000,
};

/** Default of a cluster's own fields. The idle time is below the 60 s at which the inbound side of a callee closes. */
export const DEFAULT_CLUSTER: Required<Omit<ClusterConfig, 'name' | 'discovery'>> = {
  loadBalancing: { type: 'roundRobin' },
  connectTimeoutMs: 1_000,
  idleTimeoutMs: 30_000,
  maxConnectionsPerEndpoint: 1_024,
  maxPendingRequests: 1_024,
};

/** Default of a route's own fields: 15 s, as Envoy's. */
export const DEFAULT_ROUTE: Required<Pick<RouteConfig, 'timeoutMs'>> = { timeoutMs: 15_000 };

/** Default of `admin`. */
export const DEFAULT_ADMIN: Required<AdminConfig> = { port: ADMIN_PORT, loopbackAddress: '127.0.0.1' };

/** Default of `shutdown`. */
export const DEFAULT_SHUTDOWN: Required<ShutdownConfig> = { drainMs: 15_000 };

/** Default of `accessLog`. */
export const DEFAULT_ACCESS_LOG: AccessLogConfig = { mode: 'off' };

/** Default of `workers`: everything in one process, which is the smallest. */
export const DEFAULT_WORKERS = 1;

/** Default of {@link LeastRequestConfig}: two choices and a bias of 1, as in Envoy and gRPC. */
export const DEFAULT_LEAST_REQUEST: Required<Omit<LeastRequestConfig, 'type'>> = { scan: 'choices', choices: 2, bias: 1 };

/** A route with nothing left open. */
export type ResolvedRoute = Required<RouteConfig>;
/** A cluster with nothing left open. */
export type ResolvedCluster = Required<ClusterConfig>;
/** A listener with nothing left open but its address. */
export type ResolvedListener = Omit<ProxyConfig['listeners'][number], 'routes'> & { readonly routes: ResolvedRoute[] };

/** A {@link ProxyConfig} with every default filled in. */
export interface ResolvedProxyConfig extends Omit<ProxyConfig, 'admin' | 'listeners' | 'clusters' | 'limits' | 'shutdown' | 'accessLog' | 'workers'> {
  readonly admin: Required<AdminConfig>;
  readonly listeners: ResolvedListener[];
  readonly clusters: ResolvedCluster[];
  readonly limits: Required<LimitsConfig>;
  readonly shutdown: Required<ShutdownConfig>;
  readonly accessLog: AccessLogConfig;
  readonly workers: number;
}

/** Fills in every default. The argument must have passed validation; it is not changed. */
export function withDefaults(config: ProxyConfig): ResolvedProxyConfig {
  return {
    ...config,
    admin: { ...DEFAULT_ADMIN, ...config.admin },
    listeners: config.listeners.map((listener) => ({
      ...listener,
      routes: listener.routes.map((route) => ({ ...DEFAULT_ROUTE, ...route })),
    })),
    clusters: config.clusters.map((cluster) => ({
      ...DEFAULT_CLUSTER,
      ...cluster,
      loadBalancing: withPolicyDefaults(cluster.loadBalancing ?? DEFAULT_CLUSTER.loadBalancing),
    })),
    limits: { ...DEFAULT_LIMITS, ...config.limits },
    shutdown: { ...DEFAULT_SHUTDOWN, ...config.shutdown },
    accessLog: config.accessLog ?? DEFAULT_ACCESS_LOG,
    workers: config.workers ?? DEFAULT_WORKERS,
  };
}

/** Fills in what a policy leaves open. */
export function withPolicyDefaults(policy: LoadBalancingConfig): LoadBalancingConfig {
  return policy.type === 'leastRequest' ? { ...DEFAULT_LEAST_REQUEST, ...policy } : policy;
}
