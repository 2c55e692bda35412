import type { BalancerReport } from '../../../src/balancing';
import { StaticSource } from '../../../src/proxy/discovery/static';
import { observeCluster, ObservedCluster, reportCluster } from '../../../src/proxy/telemetry/cluster-view';
import { expose } from '../../../src/proxy/telemetry/exposition';
import { MetricRegistry } from '../../../src/proxy/telemetry/registry';
import { sampleOf } from '../../support/prometheus';

const BALANCING: BalancerReport = { policy: 'roundRobin', choice: undefined, levels: [], localZone: undefined, zones: [], endpoints: [] };

function clusterOf(given: Partial<ObservedCluster> = {}): ObservedCluster {
  return {
    name: 'app', policy: 'roundRobin', pending: 0, inFlight: 0, endpoints: [],
    stats: { opened: 0, open: 0, reused: 0, connectFailed: 0, connectTimedOut: 0, brokenInUse: 0,
      serverUnverified: 0, tlsFailed: 0, noIdentity: 0, tlsUnusable: 0, certificateRefused: 0 },
    discovery: { synced: true, lastConfirmedAt: 0, failures: 0, lastError: undefined },
    balancing: BALANCING, choice: undefined, weighs: false, zoneAware: false,
    ...given,
  };
}

test('what is always up to date is never younger than now, however late it is asked', () => {
  let time = 1_000;
  const now = (): number => time++;
  const source = new StaticSource({ type: 'static', endpoints: [] }, [], { now, wallTime: now, wallTimeAt: now, after: () => () => undefined });
  const cluster = Object.defineProperty({ ...clusterOf() }, 'discovery', { get: () => source.health });
  const registry = new MetricRegistry();
  observeCluster(registry, now, cluster);
  expect(reportCluster(cluster, now()).discovery.ageSeconds).toBe(0);
  expect(sampleOf(expose(registry), 'mesh_discovery_age_seconds{cluster="app"}')).toBeGreaterThanOrEqual(0);
});

describe('how endpoints are chosen', () => {
  const metricsOf = (registry: MetricRegistry, name: string): string[] => expose(registry).split('\n').filter((line) => line.startsWith(name));

  test('is the policy in use among those that adaptive chooses among', () => {
    const registry = new MetricRegistry();
    const choice = { policy: 'leastRequest', reason: 'one endpoint holds 5 times the mean', since: 500 } as const;
    const cluster = clusterOf({ policy: 'adaptive', choice, balancing: { ...BALANCING, policy: 'adaptive', choice } });
    observeCluster(registry, () => 2_500, cluster);
    expect(metricsOf(registry, 'mesh_balancing_policy{')).toEqual([
      'mesh_balancing_policy{cluster="app",policy="leastRequest"} 1',
      'mesh_balancing_policy{cluster="app",policy="leastResponseTime"} 0',
      'mesh_balancing_policy{cluster="app",policy="roundRobin"} 0',
    ]);
    expect(reportCluster(cluster, 2_500).choice).toEqual({ policy: 'leastRequest', reason: 'one endpoint holds 5 times the mean', sinceSeconds: 2 });
  });

  test('leaves no series behind, GIVEN another policy', () => {
    const registry = new MetricRegistry();
    observeCluster(registry, () => 0, clusterOf({ policy: 'adaptive', weighs: true, zoneAware: true }));
    observeCluster(registry, () => 0, clusterOf({ policy: 'random' }));
    expect(metricsOf(registry, 'mesh_balancing_policy{')).toEqual(['mesh_balancing_policy{cluster="app",policy="random"} 1']);
    expect([...metricsOf(registry, 'mesh_endpoint_weight'), ...metricsOf(registry, 'mesh_local_zone_share')]).toEqual([]);
  });

  test('is the least and the greatest weight over the mean, and each one with its cause for people', () => {
    const registry = new MetricRegistry();
    const weigh = (key: string, weight: number) => ({ key, weight, declared: 1, slowStart: 1, dynamic: undefined, reports: 'reported' as const });
    const endpoint = (key: string) => ({ key, weight: 1, zone: undefined, state: 'ready', stateReason: undefined, inFlight: 0, requests: 0, pool: { connections: 0 } });
    const cluster = clusterOf({
      policy: 'clientSideWeightedRoundRobin', weighs: true, endpoints: [endpoint('a:1'), endpoint('b:1'), endpoint('c:1')],
      balancing: { ...BALANCING, endpoints: [weigh('a:1', 10), weigh('b:1', 50)] },
    });
    observeCluster(registry, () => 0, cluster);
    expect(sampleOf(expose(registry), 'mesh_endpoint_weight_ratio{cluster="app",bound="min"}')).toBeCloseTo(1 / 3);
    expect(sampleOf(expose(registry), 'mesh_endpoint_weight_ratio{cluster="app",bound="max"}')).toBeCloseTo(5 / 3);
    expect(reportCluster(cluster, 0).endpoints.map(({ balancing }) => balancing)).toEqual([
      { weight: 10, slowStart: 1, dynamic: undefined, reports: 'reported' }, { weight: 50, slowStart: 1, dynamic: undefined, reports: 'reported' }, undefined,
    ]);
  });

  test('is the share of the own zone, NaN while zones don\'t matter', () => {
    const registry = new MetricRegistry();
    const zone = (name: string, share: number) => ({ zone: name, share, capacity: 1, warmth: 1, utilization: undefined, callers: undefined });
    const balancing = { ...BALANCING, localZone: 'a', zones: [zone('a', 0.97), zone('b', 0.03)] };
    observeCluster(registry, () => 0, clusterOf({ zoneAware: true, balancing }));
    observeCluster(registry, () => 0, clusterOf({ name: 'other', zoneAware: true }));
    expect(sampleOf(expose(registry), 'mesh_local_zone_share{cluster="app"}')).toBe(0.97);
    expect(sampleOf(expose(registry), 'mesh_local_zone_share{cluster="other"}')).toBeNaN();
    expect(reportCluster(clusterOf({ balancing }), 0)).toMatchObject({ localZone: 'a', zones: [{ zone: 'a', share: 0.97 }, { zone: 'b' }] });
  });
});
