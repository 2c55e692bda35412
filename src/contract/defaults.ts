/**
 * What an absent optional field of {@link ProxyConfig} means, as one constant that the constructs, the proxy and the
 * generated documentation read. The ConfigMap stays as short as what was said; a reader of this file knows the rest. The values come from
 * `@default` of each field; here stand the reasons.
 */
import type { AccessLogConfig } from './access-log-config';
import { withAdmissionDefaults } from './admission-defaults';
import { withAuthorizationDefaults } from './authorization-config';
import { connectTimeoutFor, shortestTimeouts } from './connect-timeout';
import type { ClusterConfig, DynamicWeightsConfig, FailoverConfig, SlowStartConfig, ZoneAwareConfig } from './cluster-config';
import { withCorsDefaults } from './cors-config';
import type { DnsFallback } from './discovery-config';
import { withEdgeDefaults } from './edge-config';
import { withFallbackDefaults } from './fallback-defaults';
import { DEFAULT_OUTLIER_DETECTION, withHealthCheckDefaults } from './health-defaults';
import { withMetricsDefaults, withMutualTlsDefaults } from './identity-config';
import { DEFAULT_JWT } from './jwt-config';
import type { ListenerConfig, RouteConfig } from './listener-config';
import type { LoadBalancingConfig } from './load-balancing-config';
import { ADMIN_PORT } from './ports';
import { DEFAULT_EXTERNAL_AUTHORIZATION } from './external-authorization-config';
import { withMirrorDefaults } from './route-defaults';
import type { HedgeConfig, RetryBudgetConfig, RetryConfig } from './retry-config';
import type { AdminConfig, LimitsConfig, ProxyConfig, ShutdownConfig } from './proxy-config';
import type { SessionConfig } from './session-config';
import { DEFAULT_TCP } from './tcp-config';
import { withTlsDefaults } from './tls-config';
import { DEFAULT_TRACING } from './tracing-config';
import { withUpstreamTlsDefaults } from './upstream-tls-config';
import type { BalancingStages, ClusterHealth, ClusterStage, ResolvedAdmin, ResolvedProxyConfig, ResolvedRoute } from './resolved-config';

/** Default of `limits`. Sizes follow the strict end of what proxies in the field do; the head's size is Node's and HAProxy's 16 KiB. */
export const DEFAULT_LIMITS: Required<LimitsConfig> = {
  // #region generated defaults of LimitsConfig
  maxConnections: 10_000,
  maxStartLineBytes: 8_192,
  maxHeadBytes: 16_384,
  maxHeaderFields: 100,
  maxBodyBytes: 0,
  maxRequestsPerConnection: 0,
  maxConcurrentStreams: 100,
  maxStreamResets: 1_000,
  maxIdleFrames: 1_000,
  maxMirroredRequests: 256,
  maxClientHelloBytes: 16_384,
  maxBufferedBytes: 262_144,
  idleTimeoutMs: 60_000,
  headTimeoutMs: 10_000,
  bodyTimeoutMs: 60_000,
  tunnelIdleTimeoutMs: 300_000,
  pingIntervalMs: 330_000,
  pingTimeoutMs: 20_000,
  tlsHandshakeTimeoutMs: 10_000,
  // #endregion
};

/**
 * Default of `retry` on outbound listeners. Two retries, as in Istio, and the waits of Envoy, but never of a request that may
 * be executed twice by that: what Istio retries has paid people twice (istio#50506). Linkerd's longest body.
 */
export const DEFAULT_RETRY: Required<RetryConfig> = {
  // #region generated defaults of RetryConfig
  maxRetries: 2,
  methods: 'idempotent',
  on: ['closed', 'tryTimeout', 'gatewayError'],
  tryTimeoutMs: 0,
  silenceMs: 1_000,
  backoffMs: 25,
  maxBackoffMs: 250,
  maxRetryAfterMs: 1_000,
  maxReplayBytes: 65_536,
  // #endregion
};

/** Default of `retry` on inbound listeners: the caller decides about the rest, and has other endpoints for it. */
export const DEFAULT_INBOUND_RETRY: Required<RetryConfig> = { ...DEFAULT_RETRY, on: [], silenceMs: 0 };

/** What differs for a route of TCP, which knows of no requests: connections last as long as they are used. */
const TCP_ROUTE = { timeoutMs: 0, meshFields: false } as const;
/** The same for outlier detection: the time that connecting takes is the network's, and says little of an endpoint. */
const TCP_OUTLIERS = { latencyFactor: 0 } as const;

/** Default of `hedge`. */
export const DEFAULT_HEDGE: Required<HedgeConfig> = {
  // #region generated defaults of HedgeConfig
  percentile: 95,
  minimumDelayMs: 5,
  // #endregion
};

/** Default of `retryBudget`: 20 % as in Envoy, Linkerd and the Gateway API, with a small minimum. */
export const DEFAULT_RETRY_BUDGET: Required<RetryBudgetConfig> = {
  // #region generated defaults of RetryBudgetConfig
  percent: 20,
  minimumPerSecond: 3,
  maxInFlight: 256,
  // #endregion
};

/**
 * Default of a cluster's own fields. The idle time is below the 60 s at which the inbound side of a callee closes. A request
 * waits for a connection as long as Linkerd's proxy lets one wait for an endpoint before it fails fast.
 */
export const DEFAULT_CLUSTER: Required<Omit<ClusterConfig, 'name' | 'discovery' | 'retryBudget' | ClusterStage | ClusterHealth>> = {
  // #region generated defaults of ClusterConfig
  protocol: 'http1',
  loadBalancing: { type: 'roundRobin' },
  loadReports: {},
  connectTimeoutMs: 1_000,
  idleTimeoutMs: 30_000,
  maxConnectionsPerEndpoint: 1_024,
  maxConnections: 0,
  maxPendingRequests: 1_024,
  meshFields: true,
  pendingTimeoutMs: 3_000,
  maxRequests: 0,
  maxRequestsPerEndpoint: 0,
  // #endregion
};

/** Default of a route's own fields: 15 s, as Envoy's. */
export const DEFAULT_ROUTE: Required<Pick<RouteConfig, 'timeoutMs' | 'hash' | 'fallback' | 'faults' | 'meshFields' | 'mirror' | 'externalAuthorization'>> = {
  // #region generated defaults of RouteConfig
  fallback: [],
  faults: [],
  timeoutMs: 15_000,
  hash: [],
  meshFields: true,
  mirror: [],
  externalAuthorization: true,
  // #endregion
};

/** Default of a route's `session`: what browsers take for granted, said so that all do. */
export const DEFAULT_SESSION: Required<Pick<SessionConfig, 'path' | 'sameSite' | 'secure'>> = {
  // #region generated defaults of SessionConfig
  path: '/',
  sameSite: 'lax',
  secure: false,
  // #endregion
};

/** Default of `admin`. */
export const DEFAULT_ADMIN: Required<Omit<AdminConfig, 'metricsMutualTls'>> = {
  port: ADMIN_PORT,
  // #region generated defaults of AdminConfig
  loopbackAddress: '127.0.0.1',
  // #endregion
};

/** Default of `shutdown`. The first two are what the constructs give a pod. */
export const DEFAULT_SHUTDOWN: Required<ShutdownConfig> = {
  // #region generated defaults of ShutdownConfig
  endpointPropagationMs: 5_000,
  appDrainMs: 20_000,
  drainMs: 15_000,
  // #endregion
};

/** Defaults of the document's own fields. */
const DEFAULT_PROXY: Required<Pick<ProxyConfig, 'accessLog' | 'via' | 'workers'>> = {
  // #region generated defaults of ProxyConfig
  via: false,
  accessLog: { mode: 'off' },
  workers: 1,
  // #endregion
};

/** Default of `accessLog`. */
export const DEFAULT_ACCESS_LOG: AccessLogConfig = DEFAULT_PROXY.accessLog;

/** Default of `via`, as of nginx, HAProxy, Envoy and Linkerd: some servers don't compress for who says that it is a proxy. */
export const DEFAULT_VIA: boolean = DEFAULT_PROXY.via;

/** Default of `workers`: everything in one process, which is the smallest. */
export const DEFAULT_WORKERS: number = DEFAULT_PROXY.workers;

/** Defaults of the load-balancing policies that have any. */
export const DEFAULT_POLICIES = {
  // #region generated defaults of each LoadBalancingConfig
  leastRequest: {
    scan: 'choices',
    choices: 2,
    bias: 1,
  },
  leastResponseTime: {
    choices: 2,
    decayMs: 10_000,
    failurePenaltyMs: 5_000,
  },
  ringHash: {
    pointsPerEndpoint: 160,
    maximumRingSize: 131_072,
  },
  maglev: {
    tableSize: 65_537,
  },
  clientSideWeightedRoundRobin: {
    blackoutMs: 10_000,
    expirationMs: 180_000,
    updateMs: 1_000,
    errorPenalty: 1,
  },
  adaptive: {
    choices: 2,
    decayMs: 10_000,
    failurePenaltyMs: 5_000,
    minimumDwellMs: 10_000,
  },
  // #endregion
} satisfies { readonly [T in LoadBalancingConfig['type']]?: Partial<Extract<LoadBalancingConfig, { readonly type: T }>> };

/** Default of `slowStart`: Envoy's aggression and least share. */
export const DEFAULT_SLOW_START: Required<Omit<SlowStartConfig, 'windowMs'>> = {
  // #region generated defaults of SlowStartConfig
  aggression: 1,
  minimumPercent: 10,
  // #endregion
};

/** Default of `dynamicWeights`. The floor keeps every endpoint measured. */
export const DEFAULT_DYNAMIC_WEIGHTS: Required<Omit<DynamicWeightsConfig, 'source'>> = {
  // #region generated defaults of DynamicWeightsConfig
  smoothingMs: 10_000,
  updateMs: 1_000,
  minimumPercent: 10,
  maximumPercent: 1_000,
  // #endregion
};

/** Default of `zoneAware`: the numbers of Envoy's load-aware locality policy; three pods in three zones are enough. */
export const DEFAULT_ZONE_AWARE: Required<ZoneAwareConfig> = {
  // #region generated defaults of ZoneAwareConfig
  minimumEndpoints: 3,
  remotePercent: 3,
  tolerancePercent: 10,
  smoothingMs: 5_000,
  updateMs: 1_000,
  expirationMs: 180_000,
  // #endregion
};

/**
 * Default of the `fallback` of EndpointSlices, for an API that says nothing: longer than one that is busy takes, and shorter than a
 * request waits for the first endpoints.
 */
export const DEFAULT_DNS_FALLBACK: Required<Pick<DnsFallback, 'afterMs'>> = {
  // #region generated defaults of DnsFallback
  afterMs: 1_000,
  // #endregion
};

/** Default of `failover`: Envoy's. */
export const DEFAULT_FAILOVER: Required<FailoverConfig> = {
  // #region generated defaults of FailoverConfig
  overprovisioningPercent: 140,
  panicPercent: 50,
  // #endregion
};

function withAdminDefaults({ metricsMutualTls, ...admin }: AdminConfig = {}): ResolvedAdmin {
  return { ...DEFAULT_ADMIN, ...admin, ...(metricsMutualTls && { metricsMutualTls: withMetricsDefaults(metricsMutualTls) }) };
}

/** Fills in every default. The argument must have passed validation; it is not changed. */
export function withDefaults(config: ProxyConfig): ResolvedProxyConfig {
  const shortest = shortestTimeouts(config, DEFAULT_ROUTE.timeoutMs);
  const { tracing, ...rest } = config;
  return {
    ...rest,
    ...(tracing && { tracing: { ...DEFAULT_TRACING, ...tracing } }),
    admin: withAdminDefaults(config.admin),
    listeners: config.listeners.map(({ tcp, tls, mutualTls, admission, authorization, jwt, externalAuthorization, ...listener }) => ({
      ...withEdgeDefaults(listener),
      ...(listener.protocol === 'tcp' && { tcp: { ...DEFAULT_TCP, ...tcp } }),
      ...(tls && { tls: withTlsDefaults(tls) }),
      ...(mutualTls && { mutualTls: withMutualTlsDefaults(mutualTls) }),
      ...(admission && { admission: withAdmissionDefaults(admission) }),
      ...(authorization && { authorization: withAuthorizationDefaults(authorization) }),
      ...(jwt && { jwt: jwt.map((issuer) => ({ ...DEFAULT_JWT, ...issuer })) }),
      ...(externalAuthorization && { externalAuthorization: { ...DEFAULT_EXTERNAL_AUTHORIZATION, ...externalAuthorization } }),
      routes: listener.routes.map((route) => withRouteDefaults(route, listener)),
    })),
    clusters: config.clusters.map((cluster) => {
      const { loadBalancing, slowStart, dynamicWeights, zoneAware, subset, failover, healthCheck, outlierDetection, tls, ...own } = cluster;
      return {
        ...DEFAULT_CLUSTER,
        connectTimeoutMs: connectTimeoutFor(shortest.get(cluster.name), DEFAULT_CLUSTER.connectTimeoutMs),
        ...own,
        ...(tls && { tls: withUpstreamTlsDefaults(tls) }),
        ...withBalancingDefaults(cluster),
        ...(healthCheck && { healthCheck: withHealthCheckDefaults(healthCheck) }),
        retryBudget: { ...DEFAULT_RETRY_BUDGET, ...cluster.retryBudget },
        outlierDetection: { ...DEFAULT_OUTLIER_DETECTION, ...(cluster.protocol === 'tcp' && TCP_OUTLIERS), ...outlierDetection },
      };
    }),
    limits: { ...DEFAULT_LIMITS, ...config.limits },
    shutdown: { ...DEFAULT_SHUTDOWN, ...config.shutdown },
    accessLog: config.accessLog ?? DEFAULT_ACCESS_LOG,
    workers: config.workers ?? DEFAULT_WORKERS,
    via: config.via ?? DEFAULT_VIA,
  };
}

function withRouteDefaults(
  { session, fallback, retry, hedge, mirror, cors, ...route }: RouteConfig, { direction, protocol }: Pick<ListenerConfig, 'direction' | 'protocol'>,
): ResolvedRoute {
  const repeats = direction === 'inbound' || protocol === 'tcp' ? DEFAULT_INBOUND_RETRY : DEFAULT_RETRY;
  return {
    ...DEFAULT_ROUTE,
    ...(protocol === 'tcp' && TCP_ROUTE),
    ...route,
    split: route.split ?? [],
    fallback: withFallbackDefaults(fallback),
    mirror: withMirrorDefaults(mirror),
    ...(session && { session: { ...DEFAULT_SESSION, ...session } }),
    retry: { ...repeats, ...retry },
    ...(hedge && { hedge: { ...DEFAULT_HEDGE, ...hedge } }),
    ...(cors && { cors: withCorsDefaults(cors) }),
  };
}

/** Fills in what a cluster leaves open of how it is balanced. */
export function withBalancingDefaults(
  { loadBalancing, slowStart, dynamicWeights, zoneAware, subset, failover }: Pick<ClusterConfig, ClusterStage | 'loadBalancing'>,
): BalancingStages & { readonly loadBalancing: LoadBalancingConfig } {
  return {
    loadBalancing: withPolicyDefaults(loadBalancing ?? DEFAULT_CLUSTER.loadBalancing),
    ...(slowStart && { slowStart: { ...DEFAULT_SLOW_START, ...slowStart } }),
    ...(dynamicWeights && { dynamicWeights: { ...DEFAULT_DYNAMIC_WEIGHTS, ...dynamicWeights } }),
    ...(zoneAware && { zoneAware: { ...DEFAULT_ZONE_AWARE, ...zoneAware } }),
    ...(subset && { subset }),
    failover: { ...DEFAULT_FAILOVER, ...failover },
  };
}

/** Fills in what a policy leaves open. */
export function withPolicyDefaults(policy: LoadBalancingConfig): LoadBalancingConfig {
  const defaults: { readonly [type: string]: object } = DEFAULT_POLICIES;
  return { ...defaults[policy.type], ...policy };
}
