/** A {@link ProxyConfig} with nothing left open: what `withDefaults` makes of one. */
import type { AccessLogConfig } from './access-log-config';
import type { ResolvedAdmission } from './admission-defaults';
import type { ResolvedAuthorization } from './authorization-config';
import type { ClusterConfig, DynamicWeightsConfig, FailoverConfig, SlowStartConfig, SubsetConfig, ZoneAwareConfig } from './cluster-config';
import type { CorsConfig } from './cors-config';
import type { EdgeConfig, ResolvedEdge } from './edge-config';
import type { ResolvedExternalAuthorization } from './external-authorization-config';
import type { FallbackConfig } from './fallback-config';
import type { OutlierDetectionConfig } from './health-config';
import type { ResolvedHealthCheck } from './health-defaults';
import type { ResolvedListenerMutualTls, ResolvedMetricsMutualTls } from './identity-config';
import type { ResolvedJwt } from './jwt-config';
import type { RouteConfig } from './listener-config';
import type { AdminConfig, LimitsConfig, ProxyConfig, ShutdownConfig } from './proxy-config';
import type { HedgeConfig, RetryBudgetConfig, RetryConfig } from './retry-config';
import type { MirrorConfig } from './route-action-config';
import type { SessionConfig } from './session-config';
import type { TcpConfig } from './tcp-config';
import type { ResolvedTls } from './tls-config';
import type { ResolvedTracing } from './tracing-config';
import type { ResolvedUpstreamTls } from './upstream-tls-config';

/** Fields of a cluster whose absence switches something off. */
export type ClusterStage = 'mutualTls' | 'tls' | 'proxyProtocol' | 'slowStart' | 'dynamicWeights' | 'zoneAware' | 'subset' | 'failover';

/** Fields of a cluster with defaults of their own. */
export type ClusterHealth = 'healthCheck' | 'outlierDetection';

/** How sessions persist, with nothing left open but an end that is not meant to come. */
export type ResolvedSession = Required<Omit<SessionConfig, 'ttlMs'>> & Pick<SessionConfig, 'ttlMs'>;

/** What a route does only when it is said to. */
type RouteOption = 'accessLog' | 'matches' | 'requestHeaders' | 'responseHeaders' | 'rewrite' | 'redirect' | 'respond';

/** A route with nothing left open. Its split is empty when it answers by itself. */
export type ResolvedRoute = Required<Omit<RouteConfig, RouteOption | 'session' | 'fallback' | 'retry' | 'hedge' | 'mirror' | 'cors'>> & Pick<RouteConfig, RouteOption> & {
  readonly mirror: Required<MirrorConfig>[];
  readonly session?: ResolvedSession;
  readonly retry: Required<RetryConfig>;
  readonly hedge?: Required<HedgeConfig>;
  readonly cors?: Required<CorsConfig>;
  readonly fallback: Required<FallbackConfig>[];
};

/** A cluster with nothing left open. */
export type ResolvedCluster = Required<Omit<ClusterConfig, ClusterStage | ClusterHealth | 'retryBudget'>> & Pick<ClusterConfig, 'mutualTls' | 'proxyProtocol'> & BalancingStages & ResolvedHealth & {
  readonly tls?: ResolvedUpstreamTls;
  readonly retryBudget: Required<RetryBudgetConfig>;
};

/** How a proxy finds out which endpoints work, with nothing left open. */
export interface ResolvedHealth {
  readonly healthCheck?: ResolvedHealthCheck;
  readonly outlierDetection: Required<OutlierDetectionConfig>;
}

/** What stands around a policy, with nothing left open. */
export interface BalancingStages {
  readonly slowStart?: Required<SlowStartConfig>;
  readonly dynamicWeights?: Required<DynamicWeightsConfig>;
  readonly zoneAware?: Required<ZoneAwareConfig>;
  readonly subset?: Required<SubsetConfig>;
  readonly failover: Required<FailoverConfig>;
}

/** A listener with nothing left open but its address. */
export type ResolvedListener = Omit<ProxyConfig['listeners'][number], 'routes' | 'tcp' | 'tls' | 'mutualTls' | 'admission' | 'authorization' | 'jwt' | 'externalAuthorization' | keyof EdgeConfig> & ResolvedEdge & {
  readonly routes: ResolvedRoute[];
  /** Of a listener of TCP; absent of others. */
  readonly tcp?: Required<TcpConfig>;
  readonly tls?: ResolvedTls;
  readonly mutualTls?: ResolvedListenerMutualTls;
  readonly admission?: ResolvedAdmission;
  readonly authorization?: ResolvedAuthorization;
  readonly jwt?: ResolvedJwt[];
  readonly externalAuthorization?: ResolvedExternalAuthorization;
};

/** An {@link AdminConfig} with every default filled in. */
export type ResolvedAdmin = Required<Omit<AdminConfig, 'metricsMutualTls'>> & { readonly metricsMutualTls?: ResolvedMetricsMutualTls };

/** A {@link ProxyConfig} with every default filled in. */
export interface ResolvedProxyConfig extends Omit<ProxyConfig, 'admin' | 'listeners' | 'clusters' | 'limits' | 'shutdown' | 'accessLog' | 'tracing' | 'workers' | 'via'> {
  readonly admin: ResolvedAdmin;
  readonly listeners: ResolvedListener[];
  readonly clusters: ResolvedCluster[];
  readonly limits: Required<LimitsConfig>;
  readonly shutdown: Required<ShutdownConfig>;
  readonly accessLog: AccessLogConfig;
  readonly tracing?: ResolvedTracing;
  readonly workers: number;
  readonly via: boolean;
}
