/** Health checks and outlier detection: what is said of them, and what the caller's document has of it. */
import { Chart, Duration, Testing } from 'cdk8s';
import { CallOptions, ExternalEndpoints, ExternalService, Fallback, HealthCheck, MeshService, MeshServiceProps, OutlierDetection } from '../../src';
import { ClusterConfig } from '../../src/contract';
import { documentOf, newChart } from '../support/manifests';
import { expectSound } from './sound';

const app = { image: 'ghcr.io/acme/web:1', portNumber: 8080 };
const service = (chart: Chart, name: string, props: Partial<MeshServiceProps> = {}) => new MeshService(chart, name, { containers: [app], ...props });

/** The clusters in the document of `web`, which calls `catalog`: the app beside it, and that. */
function clustersOf(catalog: Partial<MeshServiceProps>, call?: CallOptions): ClusterConfig[] {
  const chart = newChart();
  service(chart, 'web').calls(service(chart, 'catalog', catalog), call);
  const manifests = Testing.synth(chart);
  expectSound(manifests);
  return documentOf(manifests, 'web-v1').clusters;
}

const healthOf = ({ healthCheck, outlierDetection }: ClusterConfig): Partial<ClusterConfig> => ({ healthCheck, outlierDetection });

test('nothing is in the document when nothing is said, or the default', () => {
  expect(clustersOf({}).map(healthOf)).toEqual([{}, {}]);
  expect(clustersOf({ outlierDetection: OutlierDetection.eject({ window: Duration.seconds(5) }) }).map(healthOf)).toEqual([{}, {}]);
});

test('what a service says is in its callers\' documents, in the document\'s units', () => {
  const [, catalog] = clustersOf({
    healthCheck: HealthCheck.http('/healthz', { interval: Duration.seconds(2), expectedStatuses: [200, 204], host: 'catalog', healthyThreshold: 1 }),
    outlierDetection: OutlierDetection.dryRun({ baseEjection: Duration.seconds(30), maxEjectedPercent: 33 }),
  });
  expect(healthOf(catalog!)).toEqual({
    healthCheck: {
      type: 'http', path: '/healthz', host: 'catalog', expectedStatuses: [{ from: 200, to: 200 }, { from: 204, to: 204 }], intervalMs: 2_000, healthyThreshold: 1,
    },
    outlierDetection: { mode: 'dryRun', baseEjectionMs: 30_000, maxEjectedPercent: 33 },
  });
});

describe('a check asks as callers do', () => {
  const hostIn = (document: { clusters: ClusterConfig[] }): string | undefined => (document.clusters[1]!.healthCheck as { host?: string }).host;

  test.each<[Partial<MeshServiceProps>, string]>([
    [{}, 'catalog'], [{ port: 9000 }, 'catalog:9000'], [{ name: 'wares' }, 'wares'],
    [{ healthCheck: HealthCheck.http('/healthz', { host: 'shop.example.com' }) }, 'shop.example.com'],
  ])('of a service with %j: %s', (props, host) => {
    const [, catalog] = clustersOf({ healthCheck: HealthCheck.http('/healthz'), ...props });
    expect(catalog!.healthCheck).toMatchObject({ host });
  });

  test('from another namespace, and where a fallback takes over', () => {
    const root = Testing.app();
    const [shop, mail] = ['shop', 'mail'].map((namespace) => new Chart(root, namespace, { namespace }));
    const [catalog, spare] = ['catalog', 'spare'].map((name) => service(shop!, name, { healthCheck: HealthCheck.http('/healthz') }));
    service(mail!, 'newsletter').calls(catalog!, { fallback: Fallback.to(spare!) });
    const { clusters } = documentOf(Testing.synth(mail!), 'newsletter-v1');
    expect(clusters.map(({ name, healthCheck }) => [name, (healthCheck as { host?: string } | undefined)?.host])).toEqual([
      ['app', undefined], ['shop/catalog-v1', 'catalog.shop'], ['shop/spare-v1', 'spare.shop'],
    ]);
  });

  test.each([[80, 'api.example.com'], [8443, 'api.example.com:8443']])('of a service outside of the mesh, called at port %d', (port, host) => {
    const chart = newChart();
    const api = new ExternalService(chart, 'api', {
      hostname: 'api.example.com', port, endpoints: ExternalEndpoints.dns('api.example.com', { port: 9_000 }), healthCheck: HealthCheck.http('/healthz'),
    });
    service(chart, 'web').calls(api);
    expect(hostIn(documentOf(Testing.synth(chart), 'web-v1'))).toBe(host);
  });

  test('with the fields that are said', () => {
    const [, catalog] = clustersOf({ healthCheck: HealthCheck.http('/healthz', { headers: { 'X-Forwarded-Proto': 'https', Accept: 'text/plain' } }) });
    expect(catalog!.healthCheck).toMatchObject({ headers: [{ name: 'X-Forwarded-Proto', value: 'https' }, { name: 'Accept', value: 'text/plain' }] });
  });
});

test.each(['Shop.example.com', 'shop:8080', '10.0.0.1', '10.0.0.1:80', '[::1]', '[::1]:8080', 'my_service'])('the host %s is taken', (host) => {
  const [, catalog] = clustersOf({ healthCheck: HealthCheck.http('/', { host }) });
  expect(catalog!.healthCheck).toMatchObject({ host });
});

test('what a caller says goes first', () => {
  const [, catalog] = clustersOf(
    { healthCheck: HealthCheck.http('/healthz'), outlierDetection: OutlierDetection.dryRun() },
    { healthCheck: HealthCheck.tcp({ timeout: Duration.millis(300) }), outlierDetection: OutlierDetection.off() },
  );
  expect(healthOf(catalog!)).toEqual({ healthCheck: { type: 'tcp', timeoutMs: 300 }, outlierDetection: { mode: 'off' } });
});

test('a service outside of the mesh may say it, too', () => {
  const chart = newChart();
  const ledger = new ExternalService(chart, 'ledger', {
    endpoints: ExternalEndpoints.addresses({ address: '10.1.0.1', port: 80 }), healthCheck: HealthCheck.tcp(), outlierDetection: OutlierDetection.off(),
  });
  service(chart, 'web').calls(ledger);
  expect(healthOf(documentOf(Testing.synth(chart), 'web-v1').clusters[1]!)).toEqual({ healthCheck: { type: 'tcp' }, outlierDetection: { mode: 'off' } });
});

test.each<[Partial<MeshServiceProps>, RegExp]>([
  [{ healthCheck: HealthCheck.http('healthz') }, /'healthCheck\.path' is "healthz": use a path that begins with \//],
  [{ healthCheck: HealthCheck.http('/', { expectedStatuses: [] }) }, /'healthCheck\.expectedStatuses' is \[\]: list at least one status/],
  [{ healthCheck: HealthCheck.http('/', { expectedStatuses: [99] }) }, /'healthCheck\.expectedStatuses\[0\]' is 99/],
  [{ healthCheck: HealthCheck.http('/', { timeout: Duration.seconds(10) }) }, /'healthCheck\.timeout' is "10000 ms": it is longer than the 5000 ms between two checks/],
  [{ healthCheck: HealthCheck.http('/', { headers: { 'X Y': '1' } }) }, /'healthCheck\.headers' is "X Y": use the name of a header field/],
  [{ healthCheck: HealthCheck.http('/', { headers: { Host: 'a' } }) }, /'healthCheck\.headers\['Host'\]' is "a": say it with 'host'/],
  [{ healthCheck: HealthCheck.http('/', { headers: { 'content-length': '3' } }) }, /'healthCheck\.headers\['content-length'\]' is "3": the check says it by itself/],
  [{ healthCheck: HealthCheck.http('/', { headers: { 'X-Y': 'a\r\nb: c' } }) }, /'healthCheck\.headers\['X-Y'\]' is .*: use the value of a header field/],
  [{ healthCheck: HealthCheck.http('/', { headers: { 'X-A': '1', 'x-a': '2' } }) }, /'healthCheck\.headers\['x-a'\]' is "2": 'X-A' is the same field/],
  ...['::::', '::1', 'a..b', '-a', 'a:', 'a:0', 'a:99999', '[::1', '[a]', 'a/b', ''].map((host): [Partial<MeshServiceProps>, RegExp] => (
    [{ healthCheck: HealthCheck.http('/', { host }) }, /'healthCheck\.host' is ".*": use a host name, such as shop\.example\.com/])),
  [{ healthCheck: HealthCheck.http('/', { headers: ['X-Y'] as never }) }, /'healthCheck\.headers' is \["X-Y"\]: use an object/],
  [
    { healthCheck: HealthCheck.http('/', { headers: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`X-${i}`, ''])) }) },
    /'healthCheck\.headers' is 17: use at most 16 fields/,
  ],
  [{ healthCheck: HealthCheck.tcp({ headers: { 'X-Y': '1' } } as never) }, /'healthCheck\.headers' is \{"X-Y":"1"\}: a TCP check sends nothing/],
  [{ healthCheck: HealthCheck.tcp({ unhealthyThreshold: 0 }) }, /'healthCheck\.unhealthyThreshold' is 0: use a whole number from 1 to 100/],
  [{ outlierDetection: OutlierDetection.eject({ maxEjectedPercent: 0 }) }, /'outlierDetection\.maxEjectedPercent' is 0/],
  [{ outlierDetection: OutlierDetection.eject({ window: Duration.minutes(2) }) }, /'outlierDetection\.window' is "120000 ms": use whole milliseconds, from 100 ms to 60000 ms/],
  [{ outlierDetection: {} as OutlierDetection }, /'outlierDetection' is \{\}: make it with OutlierDetection\.eject\(\), for example/],
])('what is wrong is told in the words of the props: %#', (props, message) => {
  expect(() => service(newChart(), 'catalog', props)).toThrow(message);
});
