/**
 * What tracing costs a request: one that is not sampled, which is nearly all, and one whose spans are made, which is one in a hundred at the
 * default of 1 %. Beside it, for comparison, what it costs to read the request's head. `node bench/tracing.mjs [--json]`.
 */
import { compare, load, report } from './micro.mjs';

const { RequestHead } = load('proxy/http1/request-head');
const { DEFAULT_LIMITS, DEFAULT_TRACING } = load('contract/index');
const { ExchangeTrace } = load('proxy/tracing/exchange-trace');
const { Tracer } = load('proxy/tracing/tracer');
const { ByteLine } = load('proxy/telemetry/byte-line');

const TRACEPARENT = 'Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
const LINES = [
  'GET /products/42?fields=name,price HTTP/1.1', 'Host: catalog', 'User-Agent: shop-web/9.0.1', 'Accept: application/json',
  'Accept-Encoding: gzip, deflate, br', 'X-Request-Id: 6f1c2d7a-58b1-4f0e-9d3b-0c9a8d1f2e3b', 'Cookie: session=0123456789abcdef; theme=dark',
];
const BEFORE = Buffer.from('x-mesh-deadline-ms: 15000\r\n');
const messageOf = (...more) => Buffer.from([...LINES, ...more, '', ''].join('\r\n'));
const clock = { now: () => 1_000, wallTime: () => 1_700_000_000_000, wallTimeAt: () => 1_700_000_000_000, after: () => () => {} };
/** Spans are written into memory that is used again. */
const line = new ByteLine();
const exporter = { hasRoom: () => true, next: () => line, added: () => line.restart() };
const REQUEST = {
  listener: 'outbound/shop/catalog:80', client: undefined, secure: false, method: 'GET', route: 'default', status: 200, reason: undefined, detail: '',
  startedAt: 1_000, durationMs: 3, requestBytes: 0, responseBytes: 512,
};

/** Requests one after the other on a connection, as a proxy traces them. */
function traced(message, samplingPercent) {
  const head = new RequestHead(DEFAULT_LIMITS.maxHeaderFields);
  const tracer = new Tracer({ ...DEFAULT_TRACING, endpoint: '', samplingPercent }, { clock, random: Math.random, exporter, onBudget: () => {} });
  const trace = new ExchangeTrace();
  return (count) => {
    for (let i = 0; i < count; i++) {
      head.parse(message, 0, message.length, DEFAULT_LIMITS);
      trace.begin(tracer, message, head, true);
      const attempt = trace.attempt('shop/catalog-v1', '10.0.0.1:15006', 1_000, false);
      trace.linesOf(attempt, BEFORE);
      trace.ended(attempt, 200, 1_003);
      if (tracer.records(trace, 200, false, 3)) tracer.record(trace, REQUEST);
    }
  };
}

function parsed(message) {
  const head = new RequestHead(DEFAULT_LIMITS.maxHeaderFields);
  return (count) => { for (let i = 0; i < count; i++) head.parse(message, 0, message.length, DEFAULT_LIMITS); };
}

report('A request with one attempt', 'request', compare({
  'head read, nothing traced': parsed(messageOf()),
  'a trace begins, not sampled': traced(messageOf(), 0),
  'a trace goes on, not sampled': traced(messageOf(TRACEPARENT), 0),
  'sampled': traced(messageOf(), 100),
}, 50_000));
