import { createServer, RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Flow } from '../../../../src/cli/up/traffic/flow';
import { failureOf } from '../../../../src/cli/up/traffic/sender';
import { Outcome, Traffic } from '../../../../src/cli/up/traffic/traffic';
import { seededRandom } from '../../../support/random';

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  }));
});

async function serve(listener: RequestListener): Promise<Flow['target']> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address() as AddressInfo;
  return () => ({ address: '127.0.0.1', port });
}

async function drive(
  target: Flow['target'], rate: number, durationMs: number, path = '/', fallbacks = new Set<string>(), random?: () => number,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const flow = { from: 'a', to: 'b', service: 'b', fallbacks, host: 'b.example', declared: new Map(), target, expected: () => new Map() };
  await new Traffic({ flow, rate, durationMs, path, ...(random && { random }), onOutcome: (outcome) => outcomes.push(outcome) }).finished;
  return outcomes;
}

test('sends as many requests as are due, with path and host, and says who answered', async () => {
  const seen: string[] = [];
  const target = await serve((request, response) => {
    seen.push(`${request.headers.host} ${request.url}`);
    response.writeHead(200, { 'x-mesh-service': 'b', 'x-mesh-pod': 'b-1', 'x-mesh-version': 'v1' }).end('fine');
  });
  const outcomes = await drive(target, 200, 250, '/items?x=1');
  expect(outcomes).toHaveLength(50);
  expect(new Set(seen)).toEqual(new Set(['b.example /items?x=1']));
  for (const outcome of outcomes) expect(outcome).toMatchObject({ pod: 'b-1', version: 'v1', failure: undefined });
});

test('sends at random times when it is given chance, as often on average', async () => {
  const target = await serve((_request, response) => { response.end(); });
  // An exponential time of half a chance is ln 2 of the mean: 3.47 ms of 5 ms.
  expect(await drive(target, 200, 250, '/', new Set(), () => 0.5)).toHaveLength(73);
  const random = seededRandom(1);
  const outcomes = await drive(target, 2_000, 250, '/', new Set(), random);
  expect(Math.abs(outcomes.length - 500)).toBeLessThan(5 * Math.sqrt(500));
});

test('an answer that another service gave says nothing about who passed it on', async () => {
  const target = await serve((_request, response) => { response.writeHead(200, { 'x-mesh-service': 'c', 'x-mesh-pod': 'c-1' }).end(); });
  expect(await drive(target, 100, 10)).toMatchObject([{ pod: undefined, version: undefined, failure: undefined }]);
});

test('an answer of a fallback says which one it was', async () => {
  const target = await serve((_request, response) => { response.writeHead(200, { 'x-mesh-service': 'c', 'x-mesh-pod': 'c-1', 'x-mesh-version': 'v2' }).end(); });
  const outcomes = await drive(target, 100, 10, '/', new Set(['c']));
  expect(outcomes).toMatchObject([{ pod: 'c-1', version: 'v2', fallback: 'c', failure: undefined }]);
});

test('latency counts from the moment a request is due, so a stall is seen by all who would have come meanwhile', async () => {
  // The server answers nothing for 300 ms; a closed loop would see one slow request.
  let open = false;
  const waiting: (() => void)[] = [];
  const target = await serve((_request, response) => {
    if (open) response.end();
    else waiting.push(() => response.end());
  });
  setTimeout(() => {
    open = true;
    for (const answer of waiting) answer();
  }, 300);
  const outcomes = await drive(target, 100, 400);
  expect(outcomes).toHaveLength(40);
  expect(outcomes.filter(({ latencyMs }) => latencyMs > 100).length).toBeGreaterThanOrEqual(15);
});

test.each([
  ['a connection that is refused', async (): Promise<Flow['target']> => () => ({ address: '127.0.0.1', port: 1 }), 'ECONNREFUSED'],
  ['no pod to send it', async (): Promise<Flow['target']> => () => undefined, 'not sent: no pod is ready to'],
  ['a status of the app', () => serve((_request, response) => { response.writeHead(500).end(); }), 'app answered 500'],
  ['an answer that breaks off', () => serve((_request, response) => {
    response.writeHead(200, { 'content-length': 10 }).write('half');
    setTimeout(() => response.destroy(), 5);
  }), 'answer cut off'],
])('names the failure: %s', async (_what, make, failure) => {
  const outcomes = await drive(await make(), 100, 50);
  expect(outcomes.map((outcome) => outcome.failure)).toEqual(Array.from({ length: 5 }, () => failure));
});

test('stop sends no more and waits for what is under way', async () => {
  let answered = 0;
  const target = await serve((_request, response) => {
    setTimeout(() => {
      answered++;
      response.end();
    }, 50);
  });
  const outcomes: Outcome[] = [];
  const flow = { from: 'a', to: 'b', service: 'b', host: 'b', declared: new Map(), target, expected: () => new Map() };
  const traffic = new Traffic({ flow, rate: 100, path: '/', onOutcome: (outcome) => outcomes.push(outcome) });
  while (outcomes.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  await traffic.stop();
  expect(answered).toBe(outcomes.length);
});

describe('failureOf', () => {
  test.each([
    [200, {}, undefined],
    [404, {}, undefined],
    [503, {}, 'app answered 503'],
    [503, { 'proxy-status': 'mesh; error=destination_unavailable; details="no_endpoints"' }, 'no_endpoints'],
    [431, { 'proxy-status': 'mesh; details="head_too_large"; error=http_request_error' }, 'head_too_large'],
    [502, { 'proxy-status': 'mesh; details="with \\"quotes\\""' }, 'with "quotes"'],
  ])('%i with %j is %s', (status, headers, failure) => {
    expect(failureOf(status, headers)).toBe(failure);
  });
});
