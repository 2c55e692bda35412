/** The spans of a request as the collector reads them: JSON, whatever the request, its attempts and the names have. */
import * as fc from 'fast-check';
import type { ReasonCode } from '../../../src/proxy/telemetry/reasons';
import { DEFAULT_TRACING } from '../../../src/contract';
import { ExchangeTrace } from '../../../src/proxy/tracing/exchange-trace';
import { envelope, MAX_ATTRIBUTE_LENGTH } from '../../../src/proxy/tracing/otlp';
import { resourceOf } from '../../../src/proxy/tracing/span-attributes';
import { SpanBatch } from '../../../src/proxy/tracing/span-batch';
import type { SpanExporter } from '../../../src/proxy/tracing/span-exporter';
import type { TracedRequest } from '../../../src/proxy/tracing/traced-request';
import { Tracer } from '../../../src/proxy/tracing/tracer';
import { FakeClock } from '../../support/fake-clock';
import { seededRandom } from '../../support/random';

interface Value { readonly stringValue?: string; readonly intValue?: string; readonly boolValue?: boolean }
interface Attribute { readonly key: string; readonly value: Value }
interface Span {
  readonly name: string; readonly traceId: string; readonly spanId: string; readonly parentSpanId?: string; readonly kind: number;
  readonly startTimeUnixNano: string; readonly endTimeUnixNano: string; readonly attributes: Attribute[];
  readonly events?: { readonly name: string; readonly attributes: Attribute[] }[];
  readonly status?: { readonly code: number; readonly message: string };
}
interface Attempt { readonly cluster: string; readonly endpoint: string; readonly outcome: number | string; readonly isHedge: boolean }

const RESOURCE = resourceOf({ service: 's"', namespace: 'n', version: 'v1' }, 'pod');

/** Written one behind the other into one batch, whose memory grows as it may; what a collector reads of it. */
function spansOf(requests: readonly { readonly line: Buffer; readonly request: TracedRequest; readonly attempts: readonly Attempt[] }[]): Span[] {
  const batch = new SpanBatch(envelope(RESOURCE));
  const exporter = { hasRoom: () => true, next: () => batch.next(), added: () => {} } as unknown as SpanExporter;
  const tracer = new Tracer({ ...DEFAULT_TRACING, endpoint: '' }, { clock: new FakeClock(), random: seededRandom(1), exporter, onBudget: () => {} });
  for (const { line, request, attempts } of requests) {
    const trace = new ExchangeTrace();
    trace.description.add(line, 0, line.length);
    // The ids and the attempts of a trace are those of a request that was begun, which takes a head.
    Object.assign(trace, { words: tracer.words });
    for (const { cluster, endpoint, outcome, isHedge } of attempts) trace.ended(trace.attempt(cluster, endpoint, 1_000, isHedge), outcome, 1_002);
    tracer.record(trace, request);
  }
  const body = JSON.parse(batch.body().toString()) as { resourceSpans: [{ scopeSpans: [{ spans: Span[] }] }] };
  return body.resourceSpans[0].scopeSpans[0].spans;
}

const attributesOf = ({ attributes }: Pick<Span, 'attributes'>): Record<string, unknown> => (
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.boolValue ?? Number(value.intValue)])));

const REQUEST: TracedRequest = {
  listener: 'web', client: undefined, secure: false, method: 'GET', route: 'default', status: 200, reason: undefined, detail: '', startedAt: 1_000,
  durationMs: 2.5, requestBytes: 0, responseBytes: 512,
};

test('a request with a retry has a span, and one for each attempt below it', () => {
  const spans = spansOf([{
    line: Buffer.from('GET /items/1?token=secret'), request: REQUEST,
    attempts: [
      { cluster: 'catalog', endpoint: '10.0.0.1:80', outcome: 'connect_failed', isHedge: false },
      { cluster: 'catalog', endpoint: '[2001:db8::1]:81', outcome: 200, isHedge: false },
    ],
  }]);
  const [first, second, server] = spans as [Span, Span, Span];
  expect(spans.map(({ name, kind, status }) => [name, kind, status])).toEqual([['GET', 3, { code: 2, message: '' }], ['GET', 3, undefined], ['GET', 2, undefined]]);
  expect([first.parentSpanId, second.parentSpanId, server.parentSpanId]).toEqual([server.spanId, server.spanId, undefined]);
  expect(BigInt(server.endTimeUnixNano) - BigInt(server.startTimeUnixNano)).toBe(2_500_000n);
  expect(attributesOf(first)).toEqual({
    'http.request.method': 'GET', 'url.full': 'http://10.0.0.1:80/items/1', 'server.address': '10.0.0.1', 'server.port': 80,
    'network.peer.address': '10.0.0.1', 'network.peer.port': 80, 'error.type': 'connect_failed', 'mesh.cluster': 'catalog', 'mesh.outcome': 'connect_failed',
  });
  expect(attributesOf(second)).toMatchObject({
    'url.full': 'http://[2001:db8::1]:81/items/1', 'server.address': '2001:db8::1', 'server.port': 81, 'http.response.status_code': 200, 'http.request.resend_count': 1,
  });
  expect(attributesOf(server)).toEqual({
    'http.request.method': 'GET', 'url.scheme': 'http', 'url.path': '/items/1', 'http.response.status_code': 200, 'http.request.body.size': 0,
    'http.response.body.size': 512, 'mesh.listener': 'web', 'mesh.route': 'default', 'mesh.attempts': 2,
  });
  expect(server.events!.map(attributesOf)).toEqual([
    { 'mesh.cluster': 'catalog', 'mesh.endpoint': '10.0.0.1:80', 'mesh.outcome': 'connect_failed', 'mesh.retry': false, 'mesh.hedge': false },
    { 'mesh.cluster': 'catalog', 'mesh.endpoint': '[2001:db8::1]:81', 'mesh.outcome': '200', 'mesh.retry': true, 'mesh.hedge': false },
  ]);
});

const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 30 })
  .map((units) => String.fromCharCode(...units)), fc.constant(''), fc.string({ minLength: 1_020, maxLength: 1_030 }));
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
const line = fc.oneof(
  fc.uint8Array({ maxLength: 1_100 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom('', 'GET', 'GET *', 'CONNECT host:443', 'GET http://a', 'GET HTTPS://a?x=/y', 'GET http://a/b?c', 'GET /x?y?z', 'GET ?', `GET /${'x'.repeat(1_100)}`)
    .map((target) => Buffer.from(target)),
);
const attempt: fc.Arbitrary<Attempt> = fc.record({
  cluster: text, endpoint: fc.oneof(fc.constantFrom('10.0.0.1:80', '[::1]:8080'), text.map((name) => `${name}:80`)),
  outcome: fc.oneof(fc.integer({ min: 100, max: 999 }), fc.constantFrom('hedge_lost', 'client_abort', 'connect_failed')), isHedge: fc.boolean(),
});
const request: fc.Arbitrary<TracedRequest> = fc.record({
  listener: text, client: optional(text), secure: fc.boolean(), method: fc.constantFrom('GET', '_OTHER'), route: optional(text),
  status: fc.integer({ min: 0, max: 999 }), reason: optional(fc.constantFrom<ReasonCode>('client_abort', 'upstream_closed')), detail: text,
  startedAt: fc.double({ min: 0, max: 1e9, noNaN: true }), durationMs: fc.double({ min: 0, max: 1e7, noNaN: true }),
  requestBytes: fc.maxSafeNat(), responseBytes: fc.maxSafeNat(),
});

const recorded = fc.record({ line, request, attempts: fc.array(attempt, { maxLength: 3 }) });

test('it is JSON whatever is in it, with texts as they were, up to their limit', () => {
  fc.assert(fc.property(fc.array(recorded, { minLength: 1, maxLength: 4 }), (requests) => {
    const servers = spansOf(requests).filter(({ kind }) => kind === 2);
    expect(servers).toHaveLength(requests.length);
    for (const [index, span] of servers.entries()) {
      const { listener, route, requestBytes } = requests[index]!.request;
      const attributes = attributesOf(span);
      expect(attributes['mesh.listener']).toBe(listener.slice(0, MAX_ATTRIBUTE_LENGTH));
      expect(attributes['mesh.route']).toBe(route?.slice(0, MAX_ATTRIBUTE_LENGTH));
      expect(attributes['http.request.body.size']).toBe(requestBytes);
      expect(span.events?.length ?? 0).toBe(requests[index]!.attempts.length);
      expect(String(attributes['url.path'] ?? '')).not.toContain('?');
    }
  }), { numRuns: 300 });
});
