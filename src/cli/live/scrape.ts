/**
 * One look at a mesh: what each proxy's admin pages said at about the same moment. Everything else in this folder is computed from
 * two of these and reads no socket and no clock.
 */
import type { ResolvedProxyConfig } from '../../contract';
import type { ClusterReport } from '../../proxy/telemetry/cluster-view';
import { Metrics, parseMetrics } from './metrics-text';
import type { MeshProxy } from './proxies';

/** What a proxy said. */
export interface ProxyScrape {
  readonly proxy: MeshProxy;
  /** Monotonic milliseconds. */
  readonly at: number;
  readonly metrics: Metrics;
  readonly clusters: readonly ClusterReport[];
  readonly config: ConfigPage;
}

/** The page `/config`. */
export interface ConfigPage {
  readonly hash: string;
  readonly document: ResolvedProxyConfig;
  readonly lastRejected?: { readonly hash: string; readonly problems: readonly string[]; readonly at: string };
}

export interface MeshScrape {
  /** Monotonic milliseconds. */
  readonly at: number;
  /** Milliseconds since 1970. */
  readonly wallTime: number;
  readonly proxies: ReadonlyMap<string, ProxyScrape>;
  /** Proxies that gave no answer, with the reason in words. */
  readonly silent: ReadonlyMap<string, string>;
}

/** What is read of `/metrics`. */
export const READ_METRICS = {
  requests: 'mesh_requests_total',
  durations: 'mesh_request_duration_seconds_bucket',
  attempts: 'mesh_upstream_attempts_total',
  retries: 'mesh_retries_total',
  retriesDenied: 'mesh_retries_denied_total',
  hedges: 'mesh_hedges_total',
  failovers: 'mesh_failovers_total',
  fallbackShare: 'mesh_fallback_share',
  reloads: 'mesh_config_reloads_total',
  configHash: 'mesh_config_info',
  identityReloads: 'mesh_identity_reloads_total',
  certificateReloads: 'mesh_tls_certificate_reloads_total',
  certificateExpiry: 'mesh_certificate_seconds_to_expiry',
  certificateProblem: 'mesh_certificate_problem',
  discoveryAge: 'mesh_discovery_age_seconds',
  identityExpiry: 'mesh_identity_expiration_timestamp_seconds',
  ready: 'mesh_ready',
  memoryLevel: 'mesh_memory_level',
  startTime: 'process_start_time_seconds',
  buildInfo: 'mesh_build_info',
} as const;

const READ: ReadonlySet<string> = new Set(Object.values(READ_METRICS));

/**
 * Reads a proxy's pages. The document is large and seldom changes, so it is read only when its hash, or the number of refused
 * documents, has changed.
 */
export async function scrapeProxy(proxy: MeshProxy, now: () => number, before?: ProxyScrape): Promise<ProxyScrape> {
  const [metricsText, endpointsText] = await Promise.all([proxy.get('/metrics'), proxy.get('/endpoints')]);
  const at = now();
  const metrics = parseMetrics(metricsText, READ);
  const { clusters } = JSON.parse(endpointsText) as { readonly clusters: readonly ClusterReport[] };
  const same = before !== undefined && versionOf(before.metrics) === versionOf(metrics);
  const config = same ? before.config : JSON.parse(await proxy.get('/config')) as ConfigPage;
  return { proxy, at, metrics, clusters, config };
}

/** Changes with what `/config` says. */
function versionOf(metrics: Metrics): string {
  const hash = [...metrics.get(READ_METRICS.configHash)?.keys() ?? []].join();
  const reloads = [...metrics.get(READ_METRICS.reloads)?.values() ?? []].map(({ value }) => value).join();
  const start = [...metrics.get(READ_METRICS.startTime)?.values() ?? []].map(({ value }) => value).join();
  return `${hash} ${reloads} ${start}`;
}
