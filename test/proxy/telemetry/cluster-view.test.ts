import { StaticSource } from '../../../src/proxy/discovery/static';
import { observeCluster, ObservedCluster, reportCluster } from '../../../src/proxy/telemetry/cluster-view';
import { expose } from '../../../src/proxy/telemetry/exposition';
import { MetricRegistry } from '../../../src/proxy/telemetry/registry';
import { sampleOf } from '../../support/prometheus';

test('what is always up to date is never younger than now, however late it is asked', () => {
  let time = 1_000;
  const now = (): number => time++;
  const source = new StaticSource({ type: 'static', endpoints: [] }, { now, wallTime: now, after: () => () => undefined });
  const cluster: ObservedCluster = {
    name: 'app', policy: 'roundRobin', pending: 0, endpoints: [],
    stats: { opened: 0, open: 0, reused: 0, connectFailed: 0, connectTimedOut: 0, brokenInUse: 0 },
    get discovery() { return source.health; },
  };
  const registry = new MetricRegistry();
  observeCluster(registry, now, cluster);
  expect(reportCluster(cluster, now()).discovery.ageSeconds).toBe(0);
  expect(sampleOf(expose(registry), 'mesh_discovery_age_seconds{cluster="app"}')).toBeGreaterThanOrEqual(0);
});
