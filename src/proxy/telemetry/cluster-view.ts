/**
 * How a cluster looks from outside: as metrics read from its own numbers, and as its part of the admin page `/endpoints`.
 * Both are made when somebody asks; they cost the data path nothing.
 */
import { BalancerReport, ENDPOINT_STATES, POLICIES, PolicyChoice, WeightReport } from '../../balancing';
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
  /** Requests under way, those included. */
  readonly inFlight: number;
  readonly stats: {
    readonly opened: number;
    readonly open: number;
    readonly reused: number;
    readonly connectFailed: number;
    readonly connectTimedOut: number;
    readonly brokenInUse: number;
    readonly serverUnverified: number;
    readonly tlsFailed: number;
    readonly noIdentity: number;
    readonly certificateRefused: number;
    readonly tlsUnusable: number;
  };
  readonly endpoints: readonly ObservedEndpoint[];
  readonly discovery: DiscoveryHealth;
  /** How endpoints are chosen at the moment. */
  readonly balancing: BalancerReport;
  /** What a policy that chooses among others has chosen. */
  readonly choice: PolicyChoice | undefined;
  /** Weights are anything but what was declared. */
  readonly weighs: boolean;
  readonly zoneAware: boolean;
}

export interface ObservedEndpoint {
  /** Address and port. */
  readonly key: string;
  readonly weight: number;
  readonly zone: string | undefined;
  readonly state: string;
  readonly stateReason: string | undefined;
  readonly inFlight: number;
  /** Requests sent to it so far. */
  readonly requests: number;
  readonly pool: { readonly connections: number };
}

/** What a policy of each name may choose among; itself, for all but one. */
const ADAPTIVE_CHOICES: readonly PolicyChoice['policy'][] = ['roundRobin', 'leastRequest', 'leastResponseTime'];

/** How long weights are kept that were computed for one reading of metrics, so that both bounds belong together. */
const WEIGHTS_HOLD_MS = 1_000;

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
  const byTls = {
    server_unverified: 'serverUnverified', tls: 'tlsFailed', no_identity: 'noIdentity', certificate_refused: 'certificateRefused', tls_unusable: 'tlsUnusable',
  } as const;
  for (const [kind, stat] of Object.entries(byTls)) {
    registry.observe(FAMILIES.upstreamConnectionFailures, { ...labels, kind }, () => stats[stat]);
  }
  registry.observe(FAMILIES.pendingRequests, labels, () => cluster.pending);
  registry.observe(FAMILIES.upstreamRequestsInFlight, labels, () => cluster.inFlight);
  for (const state of ENDPOINT_STATES) {
    registry.observe(FAMILIES.endpoints, { ...labels, state }, () => cluster.endpoints.filter((endpoint) => endpoint.state === state).length);
  }
  observeBalancing(registry, now, cluster);
  registry.observe(FAMILIES.discoverySynced, labels, () => (cluster.discovery.synced ? 1 : 0));
  registry.observe(FAMILIES.discoveryAge, labels, () => ageSeconds(cluster.discovery, now()) ?? NaN);
  registry.observe(FAMILIES.discoveryFailures, labels, () => cluster.discovery.failures);
  registry.observe(FAMILIES.discoveryFallback, labels, () => (cluster.discovery.fallback ? 1 : 0));
}

/** The series of how endpoints are chosen come and go with the policy. */
function observeBalancing(registry: MetricRegistry, now: () => number, cluster: ObservedCluster): void {
  const labels = { cluster: cluster.name };
  for (const family of [FAMILIES.balancingPolicy, FAMILIES.endpointWeight, FAMILIES.localZoneShare]) registry.removeFrom(family, labels);
  const inUse = (): string => cluster.choice?.policy ?? cluster.policy;
  for (const policy of cluster.policy === 'adaptive' ? ADAPTIVE_CHOICES : POLICIES.filter((name) => name === cluster.policy)) {
    registry.observe(FAMILIES.balancingPolicy, { ...labels, policy }, () => (inUse() === policy ? 1 : 0));
  }
  if (cluster.weighs) {
    let readAt = -Infinity;
    let weights: readonly number[] = [];
    const ratioOf = (choose: (...weights: number[]) => number): number => {
      if (now() - readAt >= WEIGHTS_HOLD_MS) {
        readAt = now();
        weights = cluster.balancing.endpoints.map(({ weight }) => weight);
      }
      return weights.length === 0 ? NaN : weights.reduce((a, b) => choose(a, b)) / (weights.reduce((a, b) => a + b) / weights.length);
    };
    registry.observe(FAMILIES.endpointWeight, { ...labels, bound: 'min' }, () => ratioOf(Math.min));
    registry.observe(FAMILIES.endpointWeight, { ...labels, bound: 'max' }, () => ratioOf(Math.max));
  }
  if (cluster.zoneAware) {
    registry.observe(FAMILIES.localZoneShare, labels, () => {
      const { localZone, zones } = cluster.balancing;
      return zones.find(({ zone }) => zone === localZone)?.share ?? NaN;
    });
  }
}

/** A cluster on `/endpoints`; what is not known is absent. */
export interface ClusterReport {
  readonly name: string;
  readonly policy: string;
  /** What a policy that chooses among others has chosen, and why. */
  readonly choice: { readonly policy: string; readonly reason: string; readonly sinceSeconds: number } | undefined;
  /** Priority levels; absent when there is one that works. */
  readonly levels: BalancerReport['levels'] | undefined;
  /** The proxy's zone, and zones with their shares; absent while zones don't matter. */
  readonly localZone: string | undefined;
  readonly zones: BalancerReport['zones'] | undefined;
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
    /** Why it is in this state, in words; absent when the state says it all. */
    readonly stateReason: string | undefined;
    readonly inFlight: number;
    readonly requests: number;
    readonly connections: number;
    /** How it is weighed, and why; absent when it is not used, or by what was declared. */
    readonly balancing: Omit<WeightReport, 'key' | 'declared'> | undefined;
  }[];
}

export function reportCluster(cluster: ObservedCluster, now: number): ClusterReport {
  const { synced, failures, lastError, fallback } = cluster.discovery;
  const { choice, levels, localZone, zones, endpoints } = cluster.balancing;
  const weights = new Map(cluster.weighs ? endpoints.map(({ key, declared, ...weight }) => [key, weight]) : []);
  return {
    name: cluster.name,
    policy: cluster.policy,
    choice: choice && { policy: choice.policy, reason: choice.reason, sinceSeconds: Math.max(0, now - choice.since) / 1_000 },
    levels: levels.length > 1 || levels.some(({ panic }) => panic) ? levels : undefined,
    localZone,
    zones: zones.length > 0 ? zones : undefined,
    pending: cluster.pending,
    discovery: { synced, ageSeconds: ageSeconds(cluster.discovery, now), failures, lastError, fallback: fallback || undefined },
    endpoints: cluster.endpoints.map(({ key, weight, zone, state, stateReason, inFlight, requests, pool }) => (
      { address: key, weight, zone, state, stateReason, inFlight, requests, connections: pool.connections, balancing: weights.get(key) }
    )),
  };
}

/** A source that is always up to date confirms at the moment it is asked, which may be after `now` was read. */
function ageSeconds({ lastConfirmedAt }: DiscoveryHealth, now: number): number | undefined {
  return lastConfirmedAt === undefined ? undefined : Math.max(0, now - lastConfirmedAt) / 1_000;
}
