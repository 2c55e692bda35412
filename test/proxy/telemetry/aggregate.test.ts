import { dump, merge } from '../../../src/proxy/telemetry/aggregate';
import { FAMILIES } from '../../../src/proxy/telemetry/catalog';
import { expose, exposeFamilies } from '../../../src/proxy/telemetry/exposition';
import { MetricRegistry } from '../../../src/proxy/telemetry/registry';

const EDGE = { listener: 'in', direction: 'inbound', cluster: 'app', route: 'default', caller: 'unknown' };
const LABELS = 'listener="in",direction="inbound",cluster="app",route="default",caller="unknown"';

function registryWith(requests: number, seconds: number, ready: number, endpoints: number): MetricRegistry {
  const registry = new MetricRegistry();
  registry.counter(FAMILIES.requests, { ...EDGE, method: 'GET', code: '200', reason: '-', grpc_response_status: '' }).value = requests;
  for (let i = 0; i < requests; i += 1) registry.histogram(FAMILIES.requestDuration, { ...EDGE, class: '2xx' }).record(seconds);
  registry.gauge(FAMILIES.downstreamConnectionsOpen, { listener: 'in' }).value = requests;
  registry.gauge(FAMILIES.ready, {}).value = ready;
  registry.observe(FAMILIES.endpoints, { cluster: 'app', state: 'ready' }, () => endpoints);
  return registry;
}

/** What goes through the channel between processes. */
function sent<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

test('one process reads as its own registry does', () => {
  const registry = registryWith(3, 0.004, 1, 2);
  expect(exposeFamilies(merge([sent(dump(registry))]))).toBe(expose(registry));
});

test('counters, histograms and open connections of several processes add up', () => {
  const text = exposeFamilies(merge([sent(dump(registryWith(3, 0.004, 1, 2))), sent(dump(registryWith(4, 0.2, 1, 2)))]));
  expect(text).toContain(`mesh_requests_total{${LABELS},method="GET",code="200",reason="-"} 7`);
  expect(text).toContain(`mesh_request_duration_seconds_bucket{${LABELS},class="2xx",le="0.005"} 3`);
  expect(text).toContain(`mesh_request_duration_seconds_count{${LABELS},class="2xx"} 7`);
  expect(text).toContain('mesh_downstream_connections_open{listener="in"} 7');
});

test('what all report alike is not added up, and the worst counts where one is worse', () => {
  const text = exposeFamilies(merge([dump(registryWith(1, 1, 1, 3)), dump(registryWith(1, 1, 0, 3))]));
  expect(text).toContain('mesh_endpoints{cluster="app",state="ready"} 3');
  expect(text).toContain('mesh_ready 0');
});

test('the identity of several processes is as good as that of the worst', () => {
  const registryOf = (expiresAt: number, usable: number, rejected: number): MetricRegistry => {
    const registry = new MetricRegistry();
    registry.gauge(FAMILIES.identityExpiry, { file: 'certificate' }).value = expiresAt;
    registry.gauge(FAMILIES.identityUsable, {}).value = usable;
    registry.gauge(FAMILIES.identityRejected, {}).value = rejected;
    return registry;
  };
  const text = exposeFamilies(merge([sent(dump(registryOf(2_000, 1, 0))), sent(dump(registryOf(1_000, 0, 1))), sent(dump(registryOf(2_000, 1, 1)))]));
  expect(text).toContain('mesh_identity_expiration_timestamp_seconds{file="certificate"} 1000\n');
  expect(text).toContain('mesh_identity_usable 0\n');
  expect(text).toContain('mesh_identity_rejected 1\n');
});

test('a value that one process does not know is the other\'s', () => {
  const unknown = new MetricRegistry();
  unknown.observe(FAMILIES.discoveryAge, { cluster: 'app' }, () => NaN);
  const known = new MetricRegistry();
  known.observe(FAMILIES.discoveryAge, { cluster: 'app' }, () => 2);
  expect(exposeFamilies(merge([sent(dump(unknown)), sent(dump(known))]))).toContain('mesh_discovery_age_seconds{cluster="app"} 2');
  expect(exposeFamilies(merge([sent(dump(known)), sent(dump(unknown))]))).toContain('mesh_discovery_age_seconds{cluster="app"} 2');
});
