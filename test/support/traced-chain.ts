/**
 * web, catalog and db, each behind proxies that trace, with an app in the middle that hands its trace on. One request goes through all of
 * it, and on the way to db it is sent three times: the first try gets 503, the retry gets no answer, and the hedge beside that gets 200.
 */
import { createServer, IncomingMessage, request, RequestListener } from 'node:http';
import { AddressInfo } from 'node:net';
import type { TracingConfig } from '../../src/contract';
import type { ReceivedSpan } from './otlp-receiver';
import { startProxy, TestProxy, TestProxyOptions } from './proxy';

type Cleanups = (() => unknown)[];

export const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
export const PARENT = '00f067aa0ba902b7';
export const SERVER = 2;
export const CLIENT = 3;

/** Of web and catalog a request and an attempt at each proxy before db; then one request, three attempts, and two spans for each of these. */
export const CHAIN_SPANS = 2 + 2 + 1 + 3 + 3 * 2;

export const parent = (flags: string): Record<string, string> => ({ traceparent: `00-${TRACE}-${PARENT}-${flags}` });
export const childrenOf = (spans: readonly ReceivedSpan[], id: string): ReceivedSpan[] => spans.filter(({ parentSpanId }) => parentSpanId === id);

/** What the apps of a test answer, and what came to them. */
export class Apps {
  readonly arrivals: { readonly path: string; readonly headers: IncomingMessage['headers'] }[] = [];
  /** What is answered to a request that arrives as number `n` of its path, beginning with 0; undefined: never. */
  answer: (path: string, n: number) => number | undefined = () => 200;

  constructor(private readonly cleanups: Cleanups) {}

  /** @returns its port */
  start(): Promise<number> {
    return listen(this.cleanups, (incoming, response) => {
      const path = incoming.url!;
      const status = this.answer(path, this.arrivals.filter((each) => each.path === path).length);
      this.arrivals.push({ path, headers: incoming.headers });
      if (status !== undefined) response.writeHead(status).end('body');
    });
  }
}

async function listen(cleanups: Cleanups, listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

export async function startTraced(cleanups: Cleanups, backends: readonly number[], options: TestProxyOptions): Promise<TestProxy> {
  const started = await startProxy(backends, options);
  cleanups.push(() => started.proxy.close());
  return started;
}

export function get(port: number, path: string, headers: Record<string, string | string[]> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers: { host: 'catalog', ...headers }, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode!));
    }).on('error', reject).end();
  });
}

/** An app that calls another service, and hands its trace on. */
function startMiddle(cleanups: Cleanups, next: { port: number }): Promise<number> {
  return listen(cleanups, (incoming, response) => {
    const { traceparent, tracestate } = incoming.headers as Record<string, string>;
    const handedOn = { traceparent, ...(tracestate !== undefined && { tracestate }) };
    get(next.port, '/rows', handedOn).then((status) => response.writeHead(status).end('items'), () => response.destroy());
  });
}

/** Starts it. @returns sends the request, whose trace is `TRACE`, below `PARENT`; resolves to its status */
export async function startChain(cleanups: Cleanups, tracing: TracingConfig): Promise<() => Promise<number>> {
  const apps = new Apps(cleanups);
  const inbound = (service: string, app: number, seed: number): Promise<TestProxy> => startTraced(cleanups, [app], { service, direction: 'inbound', tracing, seed });
  const dbs = await Promise.all([21, 22, 26].map(async (seed) => inbound('db', await apps.start(), seed)));
  const toDb = await startTraced(cleanups, dbs.map(({ port }) => port), {
    service: 'catalog', tracing, seed: 23,
    cluster: { loadBalancing: { type: 'roundRobin' }, retryBudget: { percent: 100, minimumPerSecond: 1_000 } },
    route: { retry: { maxRetries: 2, on: ['gatewayError'], backoffMs: 1 }, hedge: { percentile: 99, minimumDelayMs: 1 } },
  });
  const catalog = await inbound('catalog', await startMiddle(cleanups, toDb), 24);
  const web = await startTraced(cleanups, [catalog.port], { service: 'web', tracing, seed: 25 });
  // What is usual has to be known before a hedge starts.
  for (let i = 0; i < 60; i += 1) await get(toDb.port, '/warm', { traceparent: `00-${'1'.repeat(32)}-${PARENT}-00` });
  apps.answer = (_path, n) => [503, undefined, 200][n];
  return () => get(web.port, '/items', parent('01'));
}

/** Whether the spans of its request are one tree: who is whose parent, when they began and ended, and how the attempts went. */
export function expectChain(spans: readonly ReceivedSpan[]): void {
  expect(spans).toHaveLength(CHAIN_SPANS);
  const chain = ['web', 'web', 'catalog', 'catalog', 'catalog'];
  let at = PARENT;
  let above: ReceivedSpan | undefined;
  for (const [depth, service] of chain.entries()) {
    const [span, ...more] = childrenOf(spans, at);
    expect([more, span.resource['service.name'], span.kind]).toEqual([[], service, depth % 2 === 0 ? SERVER : CLIENT]);
    expect(above === undefined || span.start >= above.start).toBe(true);
    // Between proxies the callee may note the end a little later than the caller.
    expect(span.kind === SERVER || span.end <= above!.end).toBe(true);
    above = span;
    at = span.spanId;
  }
  expect(above!.events.map(({ name, attributes }) => [name, attributes['mesh.outcome'], attributes['mesh.retry'], attributes['mesh.hedge']])).toEqual([
    ['mesh.attempt', '503', false, false], ['mesh.attempt', 'hedge_lost', true, false], ['mesh.attempt', '200', false, true],
  ]);
  const attempts = childrenOf(spans, at);
  expect(attempts.map(({ attributes }) => attributes['mesh.outcome'] ?? attributes['http.response.status_code']).sort()).toEqual([200, 503, 'hedge_lost']);
  for (const attempt of attempts) {
    const [taken] = childrenOf(spans, attempt.spanId);
    expect([taken.resource['service.name'], childrenOf(spans, taken.spanId).length]).toEqual(['db', 1]);
  }
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
}
