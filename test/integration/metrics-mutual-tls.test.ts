/** Metrics by mutual TLS of the bundled file, by one process and by workers, and a document that changes who may read them. */
import { get } from 'node:http';
import { request } from 'node:https';
import { METRICS_PORT } from '../../src/contract';
import { cleanupsAfterEach } from '../support/cleanups';
import { idOf, MountedIdentity, TestAuthority } from '../support/identities';
import { freePort } from '../support/ports';
import { ProcessPod } from '../support/process-pod';

const authority = new TestAuthority();
const cleanups = cleanupsAfterEach();

interface Answer { readonly status: number; readonly body: string }

const read = (resolve: (answer: Answer) => void) => (response: import('node:http').IncomingMessage): void => {
  let body = '';
  response.setEncoding('utf8').on('data', (chunk) => { body += chunk; }).on('end', () => resolve({ status: response.statusCode!, body }));
};

function scrape(port: number, service: string): Promise<Answer> {
  const { certificate: cert, key } = authority.leaf(service);
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: '/metrics', agent: false, rejectUnauthorized: false, cert, key }, read(resolve)).on('error', reject).end();
  });
}

const plain = (port: number, path: string, host = '127.0.0.1'): Promise<Answer> => (
  new Promise((resolve, reject) => { get({ host, port, path, agent: false }, read(resolve)).on('error', reject); }));

test.each([1, 2])('with %s of workers, metrics are for those that the document names', async (workers) => {
  const pod = await ProcessPod.make();
  cleanups.push(() => pod.close());
  const files = new MountedIdentity(authority.leaf('catalog'), authority.root.certificate);
  cleanups.push(() => files.remove());
  const port = await freePort();
  const scrapedBy = (...services: string[]): object => pod.calling({}, {
    workers, identity: files.config,
    // Another loopback address than that of the pod, which would have everything.
    admin: { port: pod.adminPort, loopbackAddress: '127.0.0.9', metricsMutualTls: { port, clientIds: services.map(idOf) } },
  });
  pod.mount(scrapedBy('prometheus'));
  const process_ = pod.run();
  await process_.logs('started');
  const answer = await scrape(port, 'prometheus');
  expect(answer).toMatchObject({ status: 200, body: expect.stringContaining('mesh_identity_usable 1') as string });
  expect(answer.body).toMatch(/^mesh_tls_handshakes_total\{listener="metrics"\} 1$/m);
  expect(await scrape(port, 'agent')).toMatchObject({ status: 403 });
  await process_.logs('scrape_refused');
  expect(await plain(pod.adminPort, '/metrics')).toMatchObject({ status: 404 });
  expect(await plain(pod.adminPort, '/ready')).toMatchObject({ status: 200 });
  expect(await plain(pod.adminPort, '/metrics', '127.0.0.9')).toMatchObject({ status: 200 });

  pod.mount(scrapedBy('agent'));
  await process_.logs('config_applied');
  expect(await scrape(port, 'agent')).toMatchObject({ status: 200 });
  expect(await scrape(port, 'prometheus')).toMatchObject({ status: 403 });
  expect(process_.output).not.toContain('config_needs_restart');
});

test('a document that asks for it later shuts the plain page at once, and opens its port with the next start', async () => {
  const pod = await ProcessPod.make();
  cleanups.push(() => pod.close());
  const files = new MountedIdentity(authority.leaf('catalog'), authority.root.certificate);
  cleanups.push(() => files.remove());
  const admin = { port: pod.adminPort, loopbackAddress: '127.0.0.9' };
  pod.mount(pod.calling({}, { identity: files.config, admin }));
  const process_ = pod.run();
  await process_.logs('started');
  expect(await plain(pod.adminPort, '/metrics')).toMatchObject({ status: 200 });
  pod.mount(pod.calling({}, { identity: files.config, admin: { ...admin, metricsMutualTls: { clientIds: [idOf('prometheus')] } } }));
  await process_.logs('config_needs_restart');
  expect(await plain(pod.adminPort, '/metrics')).toMatchObject({ status: 404, body: expect.stringContaining(String(METRICS_PORT)) as string });
});
