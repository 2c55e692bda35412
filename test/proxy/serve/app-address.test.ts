/** The app beside the proxy is found wherever in its pod it listens, over real sockets. The pod's addresses are some of the loopback. */
import { networkInterfaces } from 'node:os';
import { AppAddress } from '../../../src';
import type { StaticEndpoint } from '../../../src/contract';
import { DOUBTED_AFTER } from '../../../src/proxy/cluster/addresses';
import { cleanupsAfterEach } from '../../support/cleanups';
import { eventually } from '../../support/eventually';
import { sampleOf } from '../../support/prometheus';
import { freePort, startProxy, TestProxy } from '../../support/proxy';
import { RawBackend, rawClient } from '../../support/raw-http';

const POD = '127.31.0.7';
const HAS_IPV6 = Object.values(networkInterfaces()).flat().some((each) => each?.address === '::1');

const cleanups = cleanupsAfterEach();

/** An app that says where it is, and closes connections after each response. */
async function listen(host: string, port: number, says = host): Promise<RawBackend> {
  const app = await RawBackend.start((connection) => {
    connection.socket.on('data', () => {
      connection.send(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${says.length}\r\n\r\n${says}`);
      connection.end();
    });
  }, host, port);
  cleanups.push(() => app.close());
  return app;
}

async function proxyFor(endpoint: StaticEndpoint, cluster = {}): Promise<TestProxy> {
  const test = await startProxy([], {
    direction: 'inbound', podAddresses: [POD],
    clusters: [{ name: 'app', discovery: { type: 'static', endpoints: [endpoint] }, ...cluster }],
  });
  cleanups.push(() => test.proxy.close());
  return test;
}

async function ask({ port }: TestProxy): Promise<string> {
  const client = await rawClient(port);
  cleanups.push(() => client.socket.destroy());
  client.send('GET / HTTP/1.1\r\nHost: catalog\r\nConnection: close\r\n\r\n');
  return client.closes();
}

const refused = (test: TestProxy): number => sampleOf(test.metrics(), 'mesh_upstream_connection_failures_total{cluster="app",kind="refused"}')!;

test.each(['127.0.0.1', POD, '0.0.0.0', ...HAS_IPV6 ? ['::1', '::'] : []])('GIVEN an app that listens on %s THEN it is reached, as one endpoint', async (host) => {
  const port = await freePort();
  await listen(host, port);
  const test = await proxyFor(AppAddress.any()._endpoint(port));
  for (let i = 0; i < 3; i += 1) expect(await ask(test)).toContain('200 OK');
  expect(refused(test)).toBe(0);
  expect(sampleOf(test.metrics(), 'mesh_upstream_connections_total{cluster="app"}')).toBe(3);
  expect(test.proxy.clusters.get('app').endpoints.map(({ key, requests }) => [key, requests])).toEqual([[`127.0.0.1:${port}`, 3]]);
});

test('GIVEN an app that answers something else on loopback THEN what the pod\'s address answers is passed on, as without a mesh', async () => {
  const port = await freePort();
  await listen('127.0.0.1', port, 'for the pod itself');
  await listen(POD, port, 'for callers');
  expect(await ask(await proxyFor(AppAddress.any()._endpoint(port)))).toContain('for callers');
  expect(await ask(await proxyFor(AppAddress.loopback()._endpoint(port)))).toContain('for the pod itself');
});

test('GIVEN an app that listens on loopback THEN the pod\'s address is not asked for every connection, but again now and then', async () => {
  const port = await freePort();
  await listen('127.0.0.1', port);
  const test = await proxyFor(AppAddress.any()._endpoint(port));
  await ask(test);
  const later = await listen(POD, port);
  for (let i = 0; i < DOUBTED_AFTER; i += 1) expect(await ask(test)).toContain('127.0.0.1');
  expect(later.connections).toHaveLength(0);
  expect(await ask(test)).toContain(POD);
  expect(await ask(test)).toContain(POD);
});

test('GIVEN an app that comes up elsewhere after a restart THEN it is found at once, by a request that nobody may repeat', async () => {
  const port = await freePort();
  const before = await listen(POD, port);
  const test = await proxyFor(AppAddress.any()._endpoint(port));
  expect(await ask(test)).toContain(POD);
  await before.close();
  await listen('127.0.0.1', port);
  const client = await rawClient(test.port);
  cleanups.push(() => client.socket.destroy());
  client.send('POST / HTTP/1.1\r\nHost: catalog\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi');
  expect(await client.closes()).toMatch(/^HTTP\/1\.1 200 [^]*127\.0\.0\.1$/);
});

test('GIVEN nobody listens anywhere THEN the answer names all the addresses, and counts one failure', async () => {
  const port = await freePort();
  const test = await proxyFor({ address: '127.0.0.1', listensAt: ['pod', '127.0.0.1'], port });
  const answer = await ask(test);
  expect(answer).toMatch(/^HTTP\/1\.1 503 /);
  expect(answer).toContain(`ECONNREFUSED at ${POD}, 127.0.0.1`);
  expect(refused(test)).toBe(1);
});

test('GIVEN AppAddress.pod() THEN an app on loopback alone stays out of reach', async () => {
  const port = await freePort();
  const app = await listen('127.0.0.1', port);
  expect(await ask(await proxyFor(AppAddress.pod()._endpoint(port)))).toMatch(/^HTTP\/1\.1 503 /);
  expect(app.connections).toHaveLength(0);
});

test('health checks find it, too', async () => {
  const port = await freePort();
  await listen('127.0.0.1', port);
  const timing = { intervalMs: 100, idleIntervalMs: 100, timeoutMs: 100 };
  for (const healthCheck of [{ type: 'http' as const, path: '/', ...timing }, { type: 'tcp' as const, ...timing }]) {
    const test = await proxyFor(AppAddress.any()._endpoint(port), { healthCheck });
    await eventually('checks pass', () => (sampleOf(test.metrics(), 'mesh_health_checks_total{cluster="app",result="passed"}') ?? 0) > 1);
    expect(sampleOf(test.metrics(), 'mesh_health_checks_total{cluster="app",result="failed"}') ?? 0).toBe(0);
  }
});
