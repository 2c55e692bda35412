/** Active health checks over real sockets: what makes an endpoint unhealthy, and how it comes back. */
import { cleanupsAfterEach } from '../../../support/cleanups';
import { eventually } from '../../../support/eventually';
import { sampleOf } from '../../../support/prometheus';
import { freePort, startProxy, TestProxy } from '../../../support/proxy';
import { RawBackend } from '../../../support/raw-http';

const answer = (status: number, fields = ''): string => `HTTP/1.1 ${status} Whatever\r\n${fields}Content-Length: 0\r\n\r\n`;
const TIMING = { intervalMs: 100, idleIntervalMs: 100, timeoutMs: 100 };
const HTTP = { type: 'http' as const, path: '/healthz', ...TIMING };

const cleanups = cleanupsAfterEach();

async function answering(respond: (head: string) => string): Promise<RawBackend> {
  const backend = await RawBackend.answering(respond);
  cleanups.push(() => backend.close());
  return backend;
}

/** A proxy over a pod that works and another one. */
async function besides(port: number, healthCheck: typeof HTTP | { type: 'tcp' } & typeof TIMING): Promise<TestProxy> {
  const well = await answering(() => answer(200));
  const test = await startProxy([well.port, port], { cluster: { healthCheck } });
  cleanups.push(() => test.proxy.close());
  return test;
}

const endpoint = ({ proxy }: TestProxy): { readonly state: string; readonly stateReason: string | undefined } => proxy.clusters.get('backend').endpoints[1]!;
const becomes = (test: TestProxy, state: string): Promise<boolean> => eventually(`it is ${state}`, () => endpoint(test).state === state);

test('asks for the path on a connection of its own, with the Host and the fields that are given', async () => {
  const backend = await answering(() => answer(200));
  await besides(backend.port, HTTP);
  await eventually('two checks', () => backend.connections.length >= 2);
  expect(backend.connections[0]!.received)
    .toBe(`GET /healthz HTTP/1.1\r\nhost: 127.0.0.1:${backend.port}\r\nuser-agent: cdk8s-mesh-health-check\r\naccept: */*\r\nconnection: close\r\n\r\n`);
  const other = await answering(() => answer(200));
  const headers = [{ name: 'X-Forwarded-Proto', value: 'https' }, { name: 'Accept', value: 'caf\u00e9' }];
  await besides(other.port, { ...HTTP, host: 'shop.example.com', headers } as typeof HTTP);
  await eventually('a check', () => other.connections[0]?.received.endsWith('\r\n\r\n'));
  expect(other.connections[0]!.received)
    .toBe('GET /healthz HTTP/1.1\r\nhost: shop.example.com\r\nuser-agent: cdk8s-mesh-health-check\r\nX-Forwarded-Proto: https\r\nAccept: caf\u00e9\r\nconnection: close\r\n\r\n');
});

test.each([
  ['the wrong status', answer(500), 'GET /healthz was answered with 500, and not 200 to 299'],
  ['something else than HTTP', '220 smtp.example.com ESMTP\r\n\r\n', /what is not HTTP\/1\.1/],
])('an endpoint that answers with %s is unhealthy and gets no requests', async (_, response, why) => {
  const backend = await answering(() => response);
  const test = await besides(backend.port, HTTP);
  await becomes(test, 'unhealthy');
  expect(endpoint(test).stateReason).toEqual(expect.stringMatching(why));
  for (let i = 0; i < 6; i += 1) expect((await fetch(`http://127.0.0.1:${test.port}/page`)).status).toBe(200);
  expect(backend.received).not.toContain('/page');
  expect(sampleOf(test.metrics(), 'mesh_endpoints{cluster="backend",state="unhealthy"}')).toBe(1);
  expect(sampleOf(test.metrics(), 'mesh_health_checks_total{cluster="backend",result="failed"}')).toBeGreaterThan(0);
});

test.each([HTTP, { type: 'tcp' as const, ...TIMING }])('a port that refuses is unhealthy by $type, and comes back when somebody listens', async (check) => {
  const port = await freePort();
  const test = await besides(port, check);
  await becomes(test, 'unhealthy');
  expect(endpoint(test).stateReason).toBe('no connection could be made: ECONNREFUSED');
  const backend = await RawBackend.start((connection) => { connection.socket.on('data', () => connection.send(answer(204))); }, '127.0.0.1', port);
  cleanups.push(() => backend.close());
  await becomes(test, 'ready');
});

test('a pod that accepts and never answers is unhealthy by HTTP, and healthy by TCP', async () => {
  const backend = await RawBackend.start();
  cleanups.push(() => backend.close());
  const byHttp = await besides(backend.port, HTTP);
  const byTcp = await besides(backend.port, { type: 'tcp', ...TIMING });
  await becomes(byHttp, 'unhealthy');
  expect(endpoint(byHttp).stateReason).toBe('no answer within 100 ms');
  await eventually('checks', () => (sampleOf(byTcp.metrics(), 'mesh_health_checks_total{cluster="backend",result="passed"}') ?? 0) > 4);
  expect(endpoint(byTcp).state).toBe('ready');
});

test('a sidecar that turns the check away because there is too much work doesn\'t make its pod unhealthy', async () => {
  const backend = await answering(() => answer(503, 'Proxy-Status: p; error=connection_limit_reached; details="pending_overflow"\r\n'));
  const test = await besides(backend.port, HTTP);
  await eventually('checks', () => (sampleOf(test.metrics(), 'mesh_health_checks_total{cluster="backend",result="busy"}') ?? 0) > 2);
  expect(endpoint(test).state).toBe('ready');
});

test('when all endpoints are unhealthy, all are used: more likely the check is wrong', async () => {
  const backend = await answering((head) => answer(head.includes('/healthz') ? 404 : 200));
  const test = await startProxy([backend.port, backend.port], { cluster: { healthCheck: HTTP } });
  cleanups.push(() => test.proxy.close());
  await eventually('it is unhealthy', () => test.proxy.clusters.get('backend').endpoints.every(({ state }) => state === 'unhealthy'));
  expect((await fetch(`http://127.0.0.1:${test.port}/page`)).status).toBe(200);
});
