import { LABEL_LIMITS } from '../../../src/proxy/telemetry/bounded-label';
import { observeCluster, ObservedCluster, reportCluster } from '../../../src/proxy/telemetry/cluster-view';
import { ConfigMetrics } from '../../../src/proxy/telemetry/config-metrics';
import { expose } from '../../../src/proxy/telemetry/exposition';
import { Instruments } from '../../../src/proxy/telemetry/instruments';
import { EVENT_LOOP_RESOLUTION_MS, observeProcess } from '../../../src/proxy/telemetry/process-metrics';
import { MetricRegistry } from '../../../src/proxy/telemetry/registry';
import { bytesPerCall } from '../../support/allocation';
import { FakeClock } from '../../support/fake-clock';
import { parsePrometheus } from '../../support/prometheus';

/** All samples of a registry whose value is not 0. */
function samples(registry: MetricRegistry, only = ''): Record<string, number> {
  return Object.fromEntries([...parsePrometheus(expose(registry)).values()]
    .flatMap((family) => [...family.samples])
    .filter(([key, value]) => value !== 0 && key.startsWith(only)));
}

describe('instruments of the data path', () => {
  it('count requests by status and reason, and time them', () => {
    const registry = new MetricRegistry();
    const requests = new Instruments(registry).listener('catalog', 'outbound').requests.of('catalog-v1', 'default', undefined);
    requests.record('GET', 200, -1, undefined, 0.01);
    requests.record('GET', 200, -1, undefined, 0.02);
    requests.record('GET', 503, -1, undefined, 0.03);
    requests.record('GET', 503, -1, 'no_endpoints', 0.04);
    requests.record('GET', 200, -1, 'upstream_broken_body', 0.05);
    requests.record('GET', 499, -1, 'client_abort', 0.5);
    const edge = 'listener="catalog",direction="outbound",cluster="catalog-v1",route="default",caller="-"';
    const labels = `${edge},method="GET"`;
    expect(samples(registry, 'mesh_requests_total')).toEqual({
      [`mesh_requests_total{${labels},code="200",reason="-"}`]: 2,
      [`mesh_requests_total{${labels},code="503",reason="-"}`]: 1,
      [`mesh_requests_total{${labels},code="503",reason="no_endpoints"}`]: 1,
      [`mesh_requests_total{${labels},code="200",reason="upstream_broken_body"}`]: 1,
      [`mesh_requests_total{${labels},code="499",reason="client_abort"}`]: 1,
    });
    const { samples: durations } = parsePrometheus(expose(registry)).get('mesh_request_duration_seconds')!;
    const of = (part: string, group: string): number => durations.get(`mesh_request_duration_seconds_${part}{${edge},class="${group}"}`)!;
    expect([of('count', '2xx'), of('count', '5xx'), of('count', '4xx')]).toEqual([3, 2, 1]);
    expect([of('sum', '2xx'), of('sum', '5xx'), of('sum', '4xx')].map((sum) => sum.toFixed(2))).toEqual(['0.08', '0.07', '0.50']);
  });

  it('count gRPC calls by their status, 0 to 16, and others together', () => {
    const registry = new MetricRegistry();
    const requests = new Instruments(registry).listener('catalog', 'outbound').requests.of('catalog-v1', 'default', undefined);
    const numbers = [-1, ...Array.from({ length: 20 }, (_, status) => status), 999];
    for (const status of numbers) requests.record('POST', 500, status, undefined, 0.01);
    requests.record('POST', 400, 3, undefined, 0.01);
    requests.record('POST', 400, 9, undefined, 0.01);
    const labels = 'listener="catalog",direction="outbound",cluster="catalog-v1",route="default",caller="-",method="POST"';
    expect(samples(registry, 'mesh_requests_total')).toEqual({
      // HTTP has no such label.
      [`mesh_requests_total{${labels},code="500",reason="-"}`]: 1,
      ...Object.fromEntries(Array.from({ length: 17 }, (_, status) => [`mesh_requests_total{${labels},code="500",reason="-",grpc_response_status="${status}"}`, 1])),
      [`mesh_requests_total{${labels},code="500",reason="-",grpc_response_status="other"}`]: 4,
      [`mesh_requests_total{${labels},code="400",reason="-",grpc_response_status="3"}`]: 1,
      [`mesh_requests_total{${labels},code="400",reason="-",grpc_response_status="9"}`]: 1,
    });
  });

  it('count requests that never got to a cluster under `-`', () => {
    const registry = new MetricRegistry();
    new Instruments(registry).listener('in', 'inbound').requests.of(undefined, undefined, undefined).record('_OTHER', 400, -1, 'bad_request', 0);
    expect(samples(registry, 'mesh_requests_total')).toEqual({
      'mesh_requests_total{listener="in",direction="inbound",cluster="-",route="-",caller="unknown",method="_OTHER",code="400",reason="bad_request"}': 1,
    });
  });

  it('tell callers apart that have proven who they are', () => {
    const registry = new MetricRegistry();
    const { requests } = new Instruments(registry).listener('in', 'inbound');
    requests.of('app', 'default', 'spiffe://mesh/web').record('GET', 200, -1, undefined, 0);
    requests.of('app', 'default', undefined).record('POST', 200, -1, undefined, 0);
    const labels = 'listener="in",direction="inbound",cluster="app",route="default"';
    expect(samples(registry, 'mesh_requests_total')).toEqual({
      [`mesh_requests_total{${labels},caller="spiffe://mesh/web",method="GET",code="200",reason="-"}`]: 1,
      [`mesh_requests_total{${labels},caller="unknown",method="POST",code="200",reason="-"}`]: 1,
    });
  });

  it('give the callers, routes and codes above their limits one series each, and say so', () => {
    const registry = new MetricRegistry();
    const { requests } = new Instruments(registry).listener('in', 'inbound');
    const { metricCallers, metricRoutes, metricCodes } = LABEL_LIMITS;
    for (let i = 0; i < metricCallers + 3; i += 1) requests.of('app', 'a', `caller-${i}`).record('GET', 200, -1, undefined, 0);
    for (let i = 0; i < metricRoutes + 3; i += 1) requests.of('app', `route-${i}`, 'caller-0').record('PUT', 200, -1, undefined, 0);
    for (let i = 0; i < metricCodes + 3; i += 1) requests.of('app', 'a', 'caller-0').record('POST', 200 + i, -1, undefined, 0);
    const labels = 'listener="in",direction="inbound",cluster="app"';
    expect(samples(registry)).toMatchObject({
      [`mesh_requests_total{${labels},route="a",caller="other",method="GET",code="200",reason="-"}`]: 3,
      // `a` is a route, too.
      [`mesh_requests_total{${labels},route="other",caller="caller-0",method="PUT",code="200",reason="-"}`]: 4,
      [`mesh_requests_total{${labels},route="a",caller="caller-0",method="POST",code="2xx",reason="-"}`]: 3,
      'mesh_limit_reached_total{limit="metricCallers"}': 3,
      'mesh_limit_reached_total{limit="metricRoutes"}': 4,
      'mesh_limit_reached_total{limit="metricCodes"}': 3,
    });
    expect(Object.keys(samples(registry, 'mesh_requests_total'))).toHaveLength(metricCallers + 1 + metricRoutes + metricCodes + 1);
  });

  it('allocate nothing for a request of a known edge', () => {
    const { requests } = new Instruments(new MetricRegistry()).listener('in', 'inbound');
    expect(bytesPerCall(() => requests.of('app', 'default', 'spiffe://mesh/web').record('GET', 200, -1, undefined, 0.003))).toBe(0);
    expect(bytesPerCall(() => requests.of('app', 'default', 'spiffe://mesh/web').record('POST', 503, 14, undefined, 0.003))).toBe(0);
    expect(bytesPerCall(() => requests.of('app', 'default', 'spiffe://mesh/web').record('POST', 500, 99, undefined, 0.003))).toBe(0);
  });

  it('forget routes that are gone, and have room for others', () => {
    const registry = new MetricRegistry();
    const { requests } = new Instruments(registry).listener('in', 'inbound');
    const record = (route: string): void => requests.of('app', route, undefined).record('GET', 200, -1, undefined, 0);
    for (let i = 0; i < LABEL_LIMITS.metricRoutes; i += 1) record(`route-${i}`);
    requests.keepRoutes(new Set(['route-1']));
    record('route-1');
    record('new');
    const labels = (route: string): string => `mesh_requests_total{listener="in",direction="inbound",cluster="app",route="${route}",`
      + 'caller="unknown",method="GET",code="200",reason="-"}';
    expect(samples(registry, 'mesh_requests_total')).toEqual({ [labels('route-1')]: 2, [labels('new')]: 1 });
  });

  it('are the same objects whenever asked', () => {
    const instruments = new Instruments(new MetricRegistry());
    const listener = instruments.listener('in', 'inbound');
    expect(instruments.listener('in', 'inbound')).toBe(listener);
    expect(listener.requests.of('app', 'r', 'web')).toBe(listener.requests.of('app', 'r', 'web'));
    expect(instruments.cluster('app')).toBe(instruments.cluster('app'));
    expect(instruments.cluster('app').retries('connect_failed')).toBe(instruments.cluster('app').retries('connect_failed'));
  });

  it('are plain numbers to add to', () => {
    const registry = new MetricRegistry();
    const instruments = new Instruments(registry);
    const listener = instruments.listener('in', 'inbound');
    listener.connections.value += 3;
    listener.connectionsOpen.value += 2;
    listener.requestsInFlight.value += 1;
    listener.receivedBytes.value += 10;
    listener.sentBytes.value += 20;
    const cluster = instruments.cluster('app');
    cluster.attempts.value += 4;
    cluster.limitReached('maxPendingRequests');
    cluster.retries('connect_failed').value += 6;
    instruments.limitReached('maxConnections');
    instruments.limitReached('maxConnections');
    expect(samples(registry)).toEqual({
      'mesh_downstream_connections_total{listener="in"}': 3,
      'mesh_downstream_connections_open{listener="in"}': 2,
      'mesh_requests_in_flight{listener="in"}': 1,
      'mesh_received_bytes_total{listener="in"}': 10,
      'mesh_sent_bytes_total{listener="in"}': 20,
      'mesh_upstream_attempts_total{cluster="app"}': 4,
      'mesh_upstream_limit_reached_total{cluster="app",limit="maxPendingRequests"}': 1,
      'mesh_retries_total{cluster="app",reason="connect_failed"}': 6,
      'mesh_limit_reached_total{limit="maxConnections"}': 2,
    });
  });

  it('forget a cluster that is gone, though requests to it still end, and begin at 0 when it comes back', () => {
    const registry = new MetricRegistry();
    const instruments = new Instruments(registry);
    const listener = instruments.listener('out', 'outbound');
    listener.requests.of('a', 'default', undefined).record('GET', 200, -1, undefined, 1);
    listener.requests.of('b', 'default', undefined).record('GET', 200, -1, undefined, 1);
    const old = instruments.cluster('a');
    old.attempts.value = 7;
    const ofA = (): Record<string, number> => Object.fromEntries(Object.entries(samples(registry)).filter(([key]) => key.includes('cluster="a"')));

    instruments.removeCluster('a');
    listener.requests.of('a', 'default', undefined).record('GET', 503, -1, 'connect_failed', 1);
    old.attempts.value += 1;
    old.retries('connect_failed').value += 1;
    expect(ofA()).toEqual({});

    instruments.cluster('a').attempts.value += 1;
    listener.requests.of('a', 'default', undefined).record('GET', 200, -1, undefined, 0.0001);
    expect(ofA()).toMatchObject({
      'mesh_upstream_attempts_total{cluster="a"}': 1,
      'mesh_requests_total{listener="out",direction="outbound",cluster="a",route="default",caller="-",method="GET",code="200",reason="-"}': 1,
    });
    expect(samples(registry, 'mesh_requests_total')).toHaveProperty(
      ['mesh_requests_total{listener="out",direction="outbound",cluster="b",route="default",caller="-",method="GET",code="200",reason="-"}'], 1);
  });

  it('forget a listener that is gone', () => {
    const registry = new MetricRegistry();
    const instruments = new Instruments(registry);
    instruments.listener('gone', 'outbound').requests.of('a', 'default', undefined).record('GET', 200, -1, undefined, 1);
    instruments.listener('stays', 'outbound').connections.value = 1;
    instruments.removeListener('gone');
    expect(samples(registry)).toEqual({ 'mesh_downstream_connections_total{listener="stays"}': 1 });
  });

  it('report that the limit of series was reached', () => {
    const registry = new MetricRegistry(2);
    const instruments = new Instruments(registry);
    ['a', 'b', 'c', 'd'].forEach((name) => { instruments.cluster(name).attempts.value = 1; });
    // Each of the last two could bind neither of its two counters.
    expect(samples(registry, 'mesh_limit')).toEqual({ 'mesh_limit_reached_total{limit="metricSeries"}': 4 });
    expect(samples(registry, 'mesh_upstream_attempts_total{cluster="other"}')).toEqual({ 'mesh_upstream_attempts_total{cluster="other"}': 1 });
  });
});

describe('the configuration\'s metrics', () => {
  it('tell which is in force, since when, and count reloads', () => {
    const registry = new MetricRegistry();
    const clock = new FakeClock();
    const metrics = new ConfigMetrics(registry, clock);
    metrics.applied({ hash: 'aaa', ignored: ['/a', '/b'] });
    metrics.rejected();
    clock.advance(5_000);
    metrics.applied({ hash: 'bbb', ignored: ['/a'] });
    expect(samples(registry)).toEqual({
      'mesh_config_info{hash="bbb"}': 1,
      'mesh_config_reloads_total{result="applied"}': 1,
      'mesh_config_reloads_total{result="rejected"}': 1,
      mesh_config_ignored_fields: 1,
      mesh_config_last_applied_timestamp_seconds: 1_700_000_006,
    });
  });
});

describe('a cluster seen from outside', () => {
  const endpoint = (key: string, state: string, inFlight = 0) => (
    { key, weight: 1, zone: 'z1', state, stateReason: state === 'ejected' ? '5 errors in a row' : undefined, inFlight, requests: 9, pool: { connections: 2 } }
  );
  const cluster = {
    name: 'catalog', policy: 'leastRequest', pending: 3, inFlight: 5,
    stats: { opened: 10, open: 4, reused: 90, connectFailed: 1, connectTimedOut: 2, brokenInUse: 5,
      serverUnverified: 0, tlsFailed: 0, noIdentity: 0, tlsUnusable: 0, certificateRefused: 0 },
    endpoints: [endpoint('10.0.0.1:80', 'ready', 2), endpoint('10.0.0.2:80', 'ejected'), endpoint('10.0.0.3:80', 'draining')],
    discovery: { synced: true, lastConfirmedAt: 1_000, failures: 2, lastError: 'no route' as string | undefined },
    balancing: { policy: 'leastRequest', choice: undefined, levels: [], localZone: undefined, zones: [], endpoints: [] },
    choice: undefined, weighs: false, zoneAware: false,
  } satisfies ObservedCluster;

  it('has its own numbers as metrics, read when asked', () => {
    const registry = new MetricRegistry();
    observeCluster(registry, () => 3_500, cluster);
    const labels = 'cluster="catalog"';
    expect(samples(registry)).toEqual({
      [`mesh_upstream_connections_total{${labels}}`]: 10,
      [`mesh_upstream_connections_open{${labels}}`]: 4,
      [`mesh_upstream_connections_reused_total{${labels}}`]: 90,
      [`mesh_upstream_connection_failures_total{${labels},kind="refused"}`]: 1,
      [`mesh_upstream_connection_failures_total{${labels},kind="timeout"}`]: 2,
      [`mesh_upstream_connection_failures_total{${labels},kind="broken"}`]: 5,
      [`mesh_pending_requests{${labels}}`]: 3,
      [`mesh_upstream_requests_in_flight{${labels}}`]: 5,
      [`mesh_endpoints{${labels},state="ready"}`]: 1,
      [`mesh_endpoints{${labels},state="ejected"}`]: 1,
      [`mesh_endpoints{${labels},state="draining"}`]: 1,
      [`mesh_balancing_policy{${labels},policy="leastRequest"}`]: 1,
      [`mesh_discovery_synced{${labels}}`]: 1,
      [`mesh_discovery_age_seconds{${labels}}`]: 2.5,
      [`mesh_discovery_consecutive_failures{${labels}}`]: 2,
    });
    new Instruments(registry).removeCluster('catalog');
    expect(samples(registry)).toEqual({});
  });

  it('has an unknown age before it was found', () => {
    const registry = new MetricRegistry();
    const discovery = { synced: false, lastConfirmedAt: undefined, failures: 0, lastError: undefined };
    observeCluster(registry, () => 3_500, { ...cluster, discovery });
    expect(samples(registry, 'mesh_discovery')).toEqual({ 'mesh_discovery_age_seconds{cluster="catalog"}': NaN });
    expect(JSON.parse(JSON.stringify(reportCluster({ ...cluster, discovery }, 3_500).discovery))).toEqual({ synced: false, failures: 0 });
  });

  it('has a report for people', () => {
    expect(reportCluster(cluster, 3_500)).toEqual({
      name: 'catalog', policy: 'leastRequest', pending: 3,
      discovery: { synced: true, ageSeconds: 2.5, failures: 2, lastError: 'no route' },
      endpoints: [
        { address: '10.0.0.1:80', weight: 1, zone: 'z1', state: 'ready', inFlight: 2, requests: 9, connections: 2 },
        { address: '10.0.0.2:80', weight: 1, zone: 'z1', state: 'ejected', stateReason: '5 errors in a row', inFlight: 0, requests: 9, connections: 2 },
        { address: '10.0.0.3:80', weight: 1, zone: 'z1', state: 'draining', inFlight: 0, requests: 9, connections: 2 },
      ],
    });
  });
});

describe('the process\'s metrics', () => {
  it('have the usual names, and the delay of the event loop without the time between samples', () => {
    const registry = new MetricRegistry();
    const clock = new FakeClock();
    let resets = 0;
    const delays: Record<number, number> = {
      50: EVENT_LOOP_RESOLUTION_MS + 1, 99: EVENT_LOOP_RESOLUTION_MS + 20, 100: EVENT_LOOP_RESOLUTION_MS + 300,
    };
    observeProcess(registry, clock, {
      cpuUsage: () => ({ user: 1_500_000, system: 500_000 }), rss: () => 60e6, startedAt: 1_700_000_000_000,
      eventLoopDelay: { percentile: (percentile) => delays[percentile] * 1e6, reset: () => { resets++; } },
    });
    const read = () => samples(registry);
    const first = read();
    expect(first).toMatchObject({
      process_cpu_seconds_total: 2, process_resident_memory_bytes: 60e6, process_start_time_seconds: 1.7e9,
    });
    expect(first['mesh_event_loop_delay_seconds{percentile="50"}']).toBeCloseTo(0.001);
    expect(first['mesh_event_loop_delay_seconds{percentile="99"}']).toBeCloseTo(0.02);
    expect(first['mesh_event_loop_delay_seconds{percentile="100"}']).toBeCloseTo(0.3);
    expect(resets).toBe(1);
    clock.advance(15_000);
    Object.assign(delays, { 50: 0, 99: 0, 100: 0 });
    expect(Object.keys(read()).filter((key) => key.includes('delay'))).toEqual([]);
    expect(resets).toBe(2);
  });

});
