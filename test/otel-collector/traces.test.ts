/** Traces as a real OpenTelemetry Collector understands them. Needs Go. */
import { Duration } from 'cdk8s';
import { Mesh, MeshService, Retry, RetryOn, Scaling, Tracing } from '../../src';
import { cleanupsAfterEach } from '../support/cleanups';
import { eventually } from '../support/eventually';
import { load, modelOf, startMesh } from '../support/local-mesh';
import type { ReceivedSpan } from '../support/otlp-receiver';
import { CHAIN_SPANS, childrenOf, CLIENT, expectChain, SERVER, startChain, TRACE } from '../support/traced-chain';
import { buildCollector, startCollector } from './collector';

jest.setTimeout(60_000);
buildCollector();

const cleanups = cleanupsAfterEach();

test('web, catalog and db are one tree, with a retry and a hedge between', async () => {
  const { endpoint, out, program } = await startCollector(cleanups);
  const send = await startChain(cleanups, { endpoint, samplingPercent: 100, exportIntervalMs: 5 });
  expect(await send()).toBe(200);
  expectChain(await out.trace(TRACE, CHAIN_SPANS));
  expect([out.faults, program.output]).toEqual([[], expect.not.stringMatching(/\b(warn|error)\b/)]);
});

test('each request of a mesh that is declared and run is a tree, with the retries of those that failed', async () => {
  const { endpoint, out, program } = await startCollector(cleanups);
  const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];
  const model = modelOf((chart) => {
    new Mesh(chart, 'mesh', { tracing: Tracing.otlp({ endpoint, samplingPercent: 100, exportInterval: Duration.millis(100) }) });
    const catalog = new MeshService(chart, 'catalog', { containers, scaling: Scaling.replicas(2) });
    new MeshService(chart, 'web', { containers, scaling: Scaling.replicas(1) })
      .calls(catalog, { retry: Retry.idempotent({ maxRetries: 2, on: [RetryOn.SERVER_ERROR], budget: { percent: 100, minimumPerSecond: 100 } }) });
  });
  const mesh = await startMesh(model, { behaviour: () => ({ latency: { type: 'fixed', ms: 1 }, failureRate: 0.3 }) });
  cleanups.push(() => mesh.stop());
  const { requests } = await load(mesh, 'web', 'catalog', 2, (sent) => sent < 50);

  const rootsOf = (spans: readonly ReceivedSpan[]): ReceivedSpan[] => spans.filter(({ parentSpanId }) => parentSpanId === undefined);
  const attemptsOf = (root: ReceivedSpan): ReceivedSpan[] => childrenOf(out.spans, root.spanId);
  const isWhole = (root: ReceivedSpan): boolean => attemptsOf(root).length === root.attributes['mesh.attempts']
    && attemptsOf(root).every((attempt) => childrenOf(out.spans, attempt.spanId).every(({ spanId }) => childrenOf(out.spans, spanId).length === 1)
      && childrenOf(out.spans, attempt.spanId).length === 1);
  await eventually('all spans of all requests have come', () => rootsOf(out.spans).length === requests && rootsOf(out.spans).every(isWhole), 20_000);
  expect([out.faults, program.output]).toEqual([[], expect.not.stringMatching(/\b(warn|error)\b/)]);

  const roots = rootsOf(out.spans);
  expect(new Set(roots.map(({ traceId }) => traceId)).size).toBe(requests);
  for (const root of roots) {
    expect(root).toMatchObject({ kind: SERVER, name: 'GET', resource: { 'service.name': 'web', 'service.namespace': 'shop', 'k8s.pod.name': expect.stringMatching(/^web-/) } });
    const attempts = attemptsOf(root).sort((a, b) => Number(a.start - b.start));
    expect(attempts.map(({ attributes }) => attributes['http.request.resend_count'] ?? 0)).toEqual(attempts.map((_, index) => index));
    for (const attempt of attempts) {
      const [inbound] = childrenOf(out.spans, attempt.spanId);
      const [toApp] = childrenOf(out.spans, inbound.spanId);
      expect([attempt.kind, inbound.kind, inbound.resource['service.name'], toApp.kind]).toEqual([CLIENT, SERVER, 'catalog', CLIENT]);
      expect(inbound.attributes['http.response.status_code']).toBe(attempt.attributes['http.response.status_code']);
      expect(inbound.end - inbound.start <= attempt.end - attempt.start).toBe(true);
    }
  }
  expect(roots.filter((root) => attemptsOf(root).length > 1).length).toBeGreaterThan(0);
  // Nothing that was sent is missing, and nothing came twice.
  expect(new Set(out.spans.map(({ spanId }) => spanId)).size).toBe(out.spans.length);
});
