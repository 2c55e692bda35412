/** A real Prometheus reads metrics by mutual TLS, with the certificate of its own SPIFFE id, and not with another one. */
import { join } from 'node:path';
import { cleanupsAfterEach } from '../support/cleanups';
import { idOf, MountedIdentity, TestAuthority } from '../support/identities';
import { freePort } from '../support/ports';
import { ProcessPod } from '../support/process-pod';
import { Prometheus, PROMETHEUS_IS_MISSING } from '../support/prometheus-server';

jest.setTimeout(120_000);

const authority = new TestAuthority();
const cleanups = cleanupsAfterEach();

function mounted(service: string): MountedIdentity {
  const files = new MountedIdentity(authority.leaf(service), authority.root.certificate);
  cleanups.push(() => files.remove());
  return files;
}

async function proxy(): Promise<number> {
  const pod = await ProcessPod.make();
  cleanups.push(() => pod.close());
  const port = await freePort();
  pod.mount(pod.calling({}, {
    identity: mounted('catalog').config,
    admin: { port: pod.adminPort, metricsMutualTls: { port, clientIds: [idOf('prometheus')] } },
  }));
  await pod.run().logs('started');
  return port;
}

async function scraping(port: number, service: string): Promise<Prometheus> {
  const { folder } = mounted(service);
  const prometheus = await Prometheus.start([], {
    scheme: 'https', tls_config: { cert_file: join(folder, 'tls.crt'), key_file: join(folder, 'tls.key'), insecure_skip_verify: true },
  });
  cleanups.push(() => prometheus.stop());
  prometheus.scrapeTargets([{ targets: [`127.0.0.1:${port}`], labels: { pod: 'catalog-1' } }]);
  return prometheus;
}

test('it gets the metrics of the proxy, on one connection, and another service of the mesh gets none', async () => {
  if (PROMETHEUS_IS_MISSING) throw new Error('prometheus is missing: apt-get install prometheus');
  const port = await proxy();
  const prometheus = await scraping(port, 'prometheus');
  await prometheus.until('metrics are there', async () => (await prometheus.query('count_over_time(up[1m]) >= 3 and up == 1')).length === 1);
  const [{ value: [, ready] }] = await prometheus.query('mesh_ready{pod="catalog-1"}');
  expect(ready).toBe('1');
  expect((await prometheus.query('mesh_tls_handshakes_total{listener="metrics"}')).map(({ value: [, count] }) => count)).toEqual(['1']);

  const other = await scraping(port, 'web');
  await other.until('it has tried', async () => (await other.query('up == 0')).length === 1);
  expect(await other.query('mesh_ready')).toEqual([]);
  await prometheus.until('the proxy has counted that', async () => (
    (await prometheus.query('mesh_mutual_tls_callers_refused_total{listener="metrics",fault="other_id"} > 0')).length === 1));
});
