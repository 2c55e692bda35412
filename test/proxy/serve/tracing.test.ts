/** Traces over several proxies, as a strict collector gets them. */
import { request } from 'node:http';
import type { TracingConfig } from '../../../src/contract';
import { cleanupsAfterEach } from '../../support/cleanups';
import { eventually } from '../../support/eventually';
import { parseOpenMetrics } from '../../support/open-metrics';
import { OtlpReceiver } from '../../support/otlp-receiver';
import type { TestProxy, TestProxyOptions } from '../../support/proxy';
import { Apps, CHAIN_SPANS, childrenOf, CLIENT, expectChain, get, parent, PARENT, SERVER, startChain, startTraced, TRACE } from '../../support/traced-chain';

const cleanups = cleanupsAfterEach();
let receiver: OtlpReceiver;
let apps: Apps;

beforeEach(async () => {
  receiver = await OtlpReceiver.start();
  cleanups.push(() => receiver.close());
  apps = new Apps(cleanups);
});

const startApp = (): Promise<number> => apps.start();
const start = (backends: readonly number[], options: TestProxyOptions): Promise<TestProxy> => startTraced(cleanups, backends, options);
const traced = (sampling: Partial<TracingConfig> = {}): TracingConfig => (
  { endpoint: receiver.endpoint, samplingPercent: 100, exportIntervalMs: 5, ...sampling }
);

test('a request with a retry and a hedge is one tree over both hops', async () => {
  const callees = await Promise.all([1, 2, 3].map(async (seed) => start([await startApp()], { service: 'catalog', direction: 'inbound', tracing: traced(), seed })));
  const caller = await start(callees.map(({ port }) => port), {
    service: 'web', tracing: traced(), seed: 9,
    cluster: { loadBalancing: { type: 'roundRobin' }, retryBudget: { percent: 100, minimumPerSecond: 1_000 } },
    route: { retry: { maxRetries: 2, on: ['gatewayError'], backoffMs: 1 }, hedge: { percentile: 99, minimumDelayMs: 1 } },
  });
  for (let i = 0; i < 60; i += 1) await get(caller.port, '/warm', { traceparent: `00-${'1'.repeat(32)}-${PARENT}-00` });
  apps.answer = (_path, n) => [503, undefined, 200][n];

  expect(await get(caller.port, '/items?token=secret', { ...parent('01'), tracestate: 'vendor=1' })).toBe(200);
  // The caller's own and three attempts; at each callee its own and one attempt. The hedge that lost ends when its connection does.
  const spans = await receiver.trace(TRACE, 1 + 3 + 3 * 2);
  expect(receiver.faults).toEqual([]);
  expect(spans).toHaveLength(10);
  const [root, ...others] = childrenOf(spans, PARENT);
  expect(others).toEqual([]);
  expect([root.kind, root.name, root.resource['service.name'], root.error]).toEqual([SERVER, 'GET', 'web', false]);
  expect(root.attributes).toMatchObject({
    'http.request.method': 'GET', 'url.path': '/items', 'url.scheme': 'http', 'http.response.status_code': 200, 'mesh.listener': 'test', 'mesh.route': 'default', 'mesh.attempts': 3,
  });
  expect(root.events.map(({ name, attributes }) => [name, attributes['mesh.outcome'], attributes['mesh.retry'], attributes['mesh.hedge']])).toEqual([
    ['mesh.attempt', '503', false, false], ['mesh.attempt', 'hedge_lost', true, false], ['mesh.attempt', '200', false, true],
  ]);

  const attempts = childrenOf(spans, root.spanId).sort((a, b) => (a.start < b.start ? -1 : 1));
  expect(attempts.map(({ kind, error, attributes }) => [kind, error, attributes['http.response.status_code'], attributes['http.request.resend_count'], attributes['mesh.hedge']])).toEqual([
    [CLIENT, true, 503, undefined, undefined], [CLIENT, false, undefined, 1, undefined], [CLIENT, false, 200, 2, true],
  ]);
  expect(new Set(attempts.map(({ attributes }) => attributes['network.peer.port']))).toEqual(new Set(callees.map(({ port }) => port)));
  for (const attempt of attempts) {
    const [inbound, ...more] = childrenOf(spans, attempt.spanId);
    expect([more, inbound.kind, inbound.resource['service.name']]).toEqual([[], SERVER, 'catalog']);
    const [toApp, ...further] = childrenOf(spans, inbound.spanId);
    expect([further, toApp.kind, childrenOf(spans, toApp.spanId)]).toEqual([[], CLIENT, []]);
    // The app sees the span of the attempt that brought the request.
    expect(apps.arrivals.filter(({ path }) => path.startsWith('/items')).map(({ headers }) => headers.traceparent)).toContain(`00-${TRACE}-${toApp.spanId}-01`);
  }
  expect(apps.arrivals.at(-1)!.headers.tracestate).toBe('vendor=1');
  expect(JSON.stringify(spans, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))).not.toContain('secret');
});

test('web, catalog and db are one tree when the app in the middle hands its trace on, with a retry and a hedge between', async () => {
  const send = await startChain(cleanups, traced());
  expect(await send()).toBe(200);
  expectChain(await receiver.trace(TRACE, CHAIN_SPANS));
  expect(receiver.faults).toEqual([]);
});

test('nothing is read, changed or sent while tracing is not declared', async () => {
  const { port, metrics } = await start([await startApp()], {});
  const hostile = { traceparent: 'nonsense', tracestate: `a=${'v'.repeat(2_000)}`, b3: '0' };
  expect(await get(port, '/', hostile)).toBe(200);
  expect(apps.arrivals[0]!.headers).toMatchObject(hostile);
  expect(metrics()).not.toContain('mesh_spans');
});

test('the decision of a caller in the mesh holds, and a trace that begins here is sampled by the share', async () => {
  const { port } = await start([await startApp()], { tracing: traced({ samplingPercent: 0 }) });
  await get(port, '/a', parent('00'));
  await get(port, '/b');
  await get(port, '/c', parent('01'));
  const [span] = await receiver.trace(TRACE, 2);
  expect(receiver.spans.every(({ attributes }) => String(attributes['url.path'] ?? attributes['url.full']).endsWith('/c'))).toBe(true);
  expect(span.flags & 1).toBe(1);
  expect(apps.arrivals.map(({ headers }) => String(headers.traceparent).slice(-2))).toEqual(['00', '02', '01']);
});

test('a client from outside can\'t have its requests traced, but its trace is continued', async () => {
  const { port } = await start([await startApp()], { tracing: traced({ samplingPercent: 0 }), edge: { forwarded: { trustedHops: 0 } } });
  await get(port, '/', parent('01'));
  expect(apps.arrivals[0]!.headers.traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
});

test('failures are recorded though their trace is not sampled, which the next hop is not told', async () => {
  apps.answer = () => 500;
  const { port } = await start([await startApp()], { tracing: traced({ samplingPercent: 0 }) });
  await get(port, '/', parent('00'));
  const spans = await receiver.trace(TRACE, 2);
  expect(spans.map(({ kind, error, attributes, flags }) => [kind, error, attributes['error.type'], flags & 1]).sort()).toEqual([[SERVER, true, '500', 0], [CLIENT, true, '500', 0]]);
  expect(apps.arrivals[0]!.headers.traceparent).toMatch(/-00$/);
});

test('the reason for which the proxy answers is an attribute', async () => {
  const { port } = await start([], { tracing: traced() });
  expect(await get(port, '/', parent('01'))).toBe(503);
  const [span] = await receiver.trace(TRACE, 1);
  expect([span.error, span.attributes]).toEqual([true, expect.objectContaining({ 'mesh.reason': 'no_endpoints', 'error.type': 'no_endpoints', 'mesh.attempts': 0 })]);
});

test('long targets and unknown methods neither break nor bloat a span', async () => {
  const { port } = await start([await startApp()], { tracing: traced() });
  await new Promise<void>((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: `/%C3%A9${'a'.repeat(4_000)}`, method: 'PROPFIND', headers: parent('01'), agent: false }, (response) => {
      response.resume().on('end', resolve);
    }).on('error', reject).end();
  });
  const spans = await receiver.trace(TRACE, 2);
  expect(receiver.faults).toEqual([]);
  const own = spans.find(({ kind }) => kind === SERVER)!;
  expect([own.name, own.attributes['http.request.method'], own.attributes['http.request.method_original']]).toEqual(['HTTP', '_OTHER', 'PROPFIND']);
  expect(String(own.attributes['url.path'])).toMatch(/^\/%C3%A9a{1000,1024}$/);
});

test('histograms show a sampled request as an example of its bucket', async () => {
  const { port, metrics } = await start([await startApp()], { tracing: traced() });
  await get(port, '/', parent('01'));
  await eventually('the request is recorded', () => metrics().includes('mesh_requests_total{'));
  const exemplars = [...parseOpenMetrics(metrics('openMetrics')).get('mesh_request_duration_seconds')!.samples.values()].flatMap(({ exemplar }) => exemplar ?? []);
  expect(exemplars.map(({ labels }) => labels)).toEqual([{ trace_id: TRACE }]);
  expect(metrics()).not.toContain(TRACE);
});

test('a reload that changes nothing of tracing keeps what waits; one that ends it ends all of it', async () => {
  const { proxy, port, config, metrics } = await start([await startApp()], { tracing: traced({ exportIntervalMs: 60_000 }) });
  await get(port, '/', parent('01'));
  await proxy.apply(JSON.stringify({ ...config, via: true }));
  expect(metrics()).toContain('mesh_spans_queued 2');
  await proxy.apply(JSON.stringify({ ...config, tracing: undefined }));
  expect(metrics()).toContain('mesh_spans_total{result="undelivered"} 2');
  await get(port, '/untouched');
  expect(apps.arrivals.at(-1)!.headers.traceparent).toBeUndefined();
});

test('a drain sends what waits', async () => {
  const { proxy, port } = await start([await startApp()], { tracing: traced({ exportIntervalMs: 60_000 }) });
  await get(port, '/', parent('01'));
  await proxy.drain(1_000);
  expect(receiver.spans).toHaveLength(2);
});
