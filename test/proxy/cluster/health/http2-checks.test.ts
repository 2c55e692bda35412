/** Active health checks of endpoints that speak HTTP/2, by GET and by grpc.health.v1, against @grpc/grpc-js and node:http2. */
import { createServer, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import * as grpc from '@grpc/grpc-js';
import type { ClusterConfig } from '../../../../src/contract';
import { cleanupsAfterEach } from '../../../support/cleanups';
import { eventually } from '../../../support/eventually';
import { echoServer } from '../../../support/grpc';
import { freePort, startProxy, TestProxy } from '../../../support/proxy';
import { sampleOf } from '../../../support/prometheus';
import { RawBackend } from '../../../support/raw-http';

const cleanups = cleanupsAfterEach();
const TIMING = { intervalMs: 100, idleIntervalMs: 100, timeoutMs: 100 };
/** Of checks that have to pass on a machine that is busy. */
const PATIENT = { intervalMs: 400, idleIntervalMs: 400, timeoutMs: 400 };
const GRPC = { type: 'grpc' as const, ...TIMING };
const HTTP = { type: 'http' as const, path: '/healthz', ...TIMING };

const bytes = (message: Buffer): Buffer => message;
const HEALTH = {
  Check: {
    path: '/grpc.health.v1.Health/Check', requestStream: false, responseStream: false,
    requestSerialize: bytes, requestDeserialize: bytes, responseSerialize: bytes, responseDeserialize: bytes,
  },
} as const;

/** A server with grpc.health.v1; undefined: without it. */
async function serving(check?: grpc.handleUnaryCall<Buffer, Buffer>): Promise<number> {
  const { port, server } = await echoServer(cleanups);
  if (check) server.addService(HEALTH, { Check: check });
  return port;
}

/** `HealthCheckResponse { status }` */
const status = (value: number): Buffer => (value === 0 ? Buffer.alloc(0) : Buffer.from([0x08, value]));

async function http2Server(onStream: (stream: ServerHttp2Stream, path: string) => void): Promise<number> {
  const server = createServer();
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream, headers) => { stream.on('error', () => {}); onStream(stream, headers[':path']!); });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  cleanups.push(() => { for (const session of sessions) session.destroy(); server.close(); });
  return (server.address() as AddressInfo).port;
}

/** A proxy over an endpoint that works and another one. */
async function besides(port: number, healthCheck: ClusterConfig['healthCheck'], well = serving((_, done) => done(null, status(1)))): Promise<TestProxy> {
  const test = await startProxy([await well, port], { cluster: { protocol: 'http2', healthCheck } });
  cleanups.push(() => test.proxy.close());
  return test;
}

const endpoint = ({ proxy }: TestProxy): { readonly state: string; readonly stateReason: string | undefined } => proxy.clusters.get('backend').endpoints[1]!;
const becomes = (test: TestProxy, state: string): Promise<boolean> => eventually(`it is ${state}`, () => endpoint(test).state === state);
const checks = (test: TestProxy, result: string): number => sampleOf(test.metrics(), `mesh_health_checks_total{cluster="backend",result="${result}"}`) ?? 0;

describe('by gRPC', () => {
  test('what serves is ready, and is asked about the service that is named', async () => {
    const asked: string[] = [];
    const port = await serving((call, done) => {
      asked.push(call.request.toString('latin1'));
      done(null, status(1));
    });
    const test = await besides(port, { ...GRPC, ...PATIENT, service: 'shop.v1.Catalog' });
    await eventually('checks', () => checks(test, 'passed') > 3 && asked.length > 1);
    expect(endpoint(test)).toMatchObject({ state: 'ready', stateReason: undefined });
    expect(asked[0]).toBe('\x0a\x0fshop.v1.Catalog');
  });

  test.each<[string, () => Promise<number>, string]>([
    ['does not serve', () => serving((_, done) => done(null, status(2))), 'was answered with NOT_SERVING'],
    ['does not know', () => serving((_, done) => done(null, status(0))), 'was answered with UNKNOWN'],
    ['has no such service', () => serving((_, done) => done({ code: grpc.status.NOT_FOUND })), 'was answered with grpc-status 5'],
    ['has no health checks', () => serving(), 'was answered with grpc-status 12'],
    ['answers with another message', () => serving((_, done) => done(null, Buffer.from('some text'))), 'was answered with what is no HealthCheckResponse'],
    ['answers with nothing of gRPC', () => http2Server((stream) => { stream.respond({ ':status': 404 }); stream.end('no'); }), 'was answered with 404'],
    ['resets the call', () => http2Server((stream) => stream.close(2)), 'was answered with a reset with INTERNAL_ERROR'],
  ])('what %s is unhealthy', async (_, start, why) => {
    const test = await besides(await start(), GRPC);
    await becomes(test, 'unhealthy');
    expect(endpoint(test).stateReason).toBe(`the call of grpc.health.v1.Health/Check ${why}`);
  });

  test('an endpoint that speaks HTTP/1.1 is unhealthy', async () => {
    const backend = await RawBackend.answering(() => 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
    cleanups.push(() => backend.close());
    const test = await besides(backend.port, GRPC);
    await becomes(test, 'unhealthy');
    expect(endpoint(test).stateReason).toMatch(/^the call of grpc\.health\.v1\.Health\/Check was answered with what is not HTTP\/2: /);
  });

  test('a port that refuses is unhealthy, and what serves again is ready again', async () => {
    let value = 2;
    const port = await serving((_, done) => done(null, status(value)));
    const test = await besides(port, GRPC);
    await becomes(test, 'unhealthy');
    value = 1;
    await becomes(test, 'ready');
    const refused = await besides(await freePort(), GRPC);
    await becomes(refused, 'unhealthy');
    expect(endpoint(refused).stateReason).toBe('no connection could be made: ECONNREFUSED');
  });

  test('a sidecar passes the check on to its app, and one that turns it away says nothing', async () => {
    const port = await serving((_, done) => done(null, status(1)));
    const inbound = { direction: 'inbound', protocol: 'http2', cluster: { protocol: 'http2' } } as const;
    const free = await startProxy([port], inbound);
    const full = await startProxy([port], { ...inbound, seed: 2, admission: { rateLimit: { requestsPerSecond: 0.001, burst: 1 } } });
    cleanups.push(() => Promise.all([free, full].map(({ proxy }) => proxy.close())));
    const test = await besides(full.port, { ...GRPC, ...PATIENT }, Promise.resolve(free.port));
    await eventually('checks', () => checks(test, 'busy') > 2);
    expect(endpoint(test)).toMatchObject({ state: 'ready', stateReason: undefined });
  });
});

describe('by GET', () => {
  const answering = (code: number): Promise<number> => http2Server((stream, path) => {
    stream.respond({ ':status': path === '/healthz' ? code : 404 });
    stream.end('words');
  });

  test('what answers with success is ready', async () => {
    const test = await besides(await answering(204), { ...HTTP, ...PATIENT }, answering(200));
    await eventually('checks', () => checks(test, 'passed') > 3);
    expect(endpoint(test)).toMatchObject({ state: 'ready', stateReason: undefined });
  });

  test('what does not is unhealthy', async () => {
    const test = await besides(await answering(500), HTTP, answering(200));
    await becomes(test, 'unhealthy');
    expect(endpoint(test).stateReason).toBe('GET /healthz was answered with 500, and not 200 to 299');
  });
});
