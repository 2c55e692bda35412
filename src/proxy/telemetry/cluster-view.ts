/**
 * How a cluster looks from outside: as metrics read from its own numbers, and as its part of the admin page `/endpoints`.
 * Both are made when somebody asks; the data path knows nothing of them.
 */
import type { DiscoveryHealth } from '../discovery/source';
import { FAMILIES } from './catalog';
import type { MetricRegistry } from './registry';

/** What is looked at of a cluster. */
export interface ObservedCluster {
  readonly name: string;
  /** Name of the load-balancing policy. */
  readonly policy: string;
  /** Requests that wait for a connection. */
  readonly pending: number;
  readonly stats: {
    readonly opened: number;
    readonly open: number;
    readonly reused: number;
    readonly connectFailed: number;
    readonly connectTimedOut: number;
    readonly brokenInUse: number;
  };
  readonly endpoints: readonly ObservedEndpoint[];
  readonly discovery: DiscoveryHealth;
}

export interface ObservedEndpoint {
  /** Address and port. */
  readonly key: string;
  readonly weight: number;
  readonly zone: string | undefined;
  readonly state: string;
  readonly inFlight: number;
  /** Requests sent to it so far. */
  readonly requests: number;
  readonly pool: { readonly connections: number };
}

/** States of endpoints that `mesh_endpoints` reports. */
const STATES = ['ready', 'draining'] as const;

/**
 * Has a cluster's metrics read from it. `Instruments.removeCluster` ends that; another cluster of the same name takes its
 * place.
 *
 * @param now monotonic milliseconds
 */
export function observeCluster(registry: MetricRegistry, now: () => number, cluster: ObservedCluster): void {
  const { stats } = cluster;
  const labels = { cluster: cluster.name };
  registry.observe(FAMILIES.upstreamConnections, labels, () => stats.opened);
  registry.observe(FAMILIES.upstreamConnectionsOpen, labels, () => stats.open);
  registry.observe(FAMILIES.upstreamConnectionsReused, labels, () => stats.reused);
  registry.observe(FAMILIES.upstreamConnectionFailures, { ...labels, kind: 'refused' }, () => stats.connectFailed);
  registry.observe(FAMILIES.upstreamConnectionFailures, { ...labels, kind: 'timeout' }, () => stats.connectTimedOut);
  registry.observe(FAMILIES.upstreamConnectionFailures, { ...labels, kind: 'broken' }, () => stats.brokenInUse);
  registry.observe(FAMILIES.pendingRequests, labels, () => cluster.pending);
  for (const state of STATES) {
    registry.observe(FAMILIES.endpoints, { ...labels, state }, () => cluster.endpoints.filter((endpoint) => endpoint.state === state).length);
  }
  registry.observe(FAMILIES.discoverySynced, labels, () => (cluster.discovery.synced ? 1 : 0));
  registry.observe(FAMILIES.discoveryAge, labels, () => ageSeconds(cluster.discovery, now()) ?? NaN);
  registry.observe(FAMILIES.discoveryFailures, labels, () => cluster.discovery.failures);
  registry.observe(FAMILIES.discoveryFallback, labels, () => (cluster.discovery.fallback ? 1 : 0));
}

/** A cluster on `/endpoints`; what is not known is absent. */
export interface ClusterReport {
  readonly name: string;
  readonly policy: string;
  readonly pending: number;
  readonly discovery: {
    readonly synced: boolean;
    /** Since the endpoints were last known to be up to date. */
    readonly ageSeconds: number | undefined;
    readonly failures: number;
    readonly lastError: string | undefined;
    /** Endpoints come from a stand-in; absent when they don't. */
    readonly fallback: true | undefined;
  };
  readonly endpoints: readonly {
    readonly address: string;
    readonly weight: number;
    readonly zone: string | undefined;
    readonly state: string;
    readonly inFlight: number;
    readonly requests: number;
    readonly connections: number;
  }[];
}

export function reportCluster(cluster: ObservedCluster, now: number): ClusterReport {
  const { synced, failures, lastError, fallback } = cluster.discovery;
  return {
    name: cluster.name,
    policy: cluster.policy,
    pending: cluster.pending,
    discovery: { synced, ageSeconds: ageSeconds(cluster.discovery, now), failures, lastError, fallback: fallback || undefined },
    endpoints: cluster.endpoints.map(({ key, weight, zone, state, inFlight, requests, pool }) => (
      { address: key, weight, zone, state, inFlight, requests, connections: pool.connections }
    )),
  };
}

/** A source that is always up to date confirms at the moment it is asked, which may be after `now` was read. */
function ageSeconds({ lastConfirmedAt }: DiscoveryHealth, now: number): number | undefined {
  return lastConfirmedAt === undefined ? undefined : Math.max(0, now - lastConfirmedAt) / 1_000;
}
