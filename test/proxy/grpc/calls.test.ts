/** gRPC by real clients and servers through the proxy: what passes, and what a call is told that the proxy itself ends. */
import { once } from 'node:events';
import { connect, constants, createServer, ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import * as grpc from '@grpc/grpc-js';
import type { RouteConfig } from '../../../src/contract';
import { systemClock } from '../../../src/proxy/runtime/clock';
import { cleanupsAfterEach } from '../../support/cleanups';
import { EchoClient, echoServer, ended } from '../../support/grpc';
import { Http2Client } from '../../support/http2-client';
import { freePort, startProxy, TestProxy, TestProxyOptions } from '../../support/proxy';
import { sampleOf } from '../../support/prometheus';
import { until } from '../../support/raw-http';

const cleanups = cleanupsAfterEach();
const { status } = grpc;
interface Recorder {
  recordApplicationUtilizationMetric(value: number): void;
  recordQpsMetric(value: number): void;
  recordEpsMetric(value: number): void;
  recordNamedMetric(name: string, value: number): void;
}

const NO_RETRY: Partial<RouteConfig> = { retry: { maxRetries: 0 } };

async function proxyTo(ports: readonly number[], { cluster, ...options }: TestProxyOptions = {}): Promise<TestProxy> {
  const proxy = await startProxy(ports, { protocol: 'http2', route: { timeoutMs: 0 }, ...options, cluster: { protocol: 'http2', ...cluster } });
  cleanups.push(() => proxy.proxy.close());
  return proxy;
}

/** An endpoint that takes calls and never answers; `cancelled` is how many were reset. */
async function silentServer(): Promise<{ readonly port: number; readonly timeouts: (string | undefined)[]; readonly cancelled: number }> {
  const seen = { port: 0, timeouts: [] as (string | undefined)[], cancelled: 0 };
  const server = createServer();
  server.on('stream', (stream, headers) => {
    seen.timeouts.push(headers['grpc-timeout'] as string | undefined);
    stream.on('error', () => {}).on('aborted', () => { seen.cancelled += 1; });
  });
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => sessions.add(session));
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  cleanups.push(() => { for (const session of sessions) session.destroy(); server.close(); });
  seen.port = (server.address() as AddressInfo).port;
  return seen;
}

const clientOf = ({ port }: TestProxy): EchoClient => new EchoClient(cleanups, port);

describe('what passes', () => {
  it('calls of all four kinds, with metadata in both directions, and the status', async () => {
    const { port } = await echoServer(cleanups, {
      Once: (call, done) => {
        call.sendMetadata(Object.assign(new grpc.Metadata(), call.metadata.clone()));
        const trailers = new grpc.Metadata();
        trailers.set('x-end-bin', Buffer.from([0xab, 0xab]));
        done(null, call.request, trailers);
      },
    });
    const client = clientOf(await proxyTo([port]));

    const once = await client.once('hello', { metadata: { 'x-begin': 'here' } });
    expect(once).toMatchObject({ code: status.OK, messages: ['hello'] });
    expect(once.head!.get('x-begin')).toEqual(['here']);
    expect(once.trailers.get('x-end-bin')).toEqual([Buffer.from([0xab, 0xab])]);

    expect(await client.once('down', {}, 'Down')).toMatchObject({ code: status.OK, messages: ['down'] });
    for (const [name, messages] of [['Up', ['ab']], ['Both', ['a', 'b']]] as const) {
      const call = client.both({}, name);
      const end = ended(call);
      call.write(Buffer.from('a'));
      call.write(Buffer.from('b'));
      call.end();
      expect(await end).toMatchObject({ code: status.OK, messages });
    }
  });

  it('messages in turn, each before the next is sent', async () => {
    const { port } = await echoServer(cleanups);
    const call = clientOf(await proxyTo([port])).both();
    const end = ended(call);
    for (let turn = 0; turn < 5; turn += 1) {
      const answer = new Promise((resolve) => { call.once('data', resolve); });
      call.write(Buffer.from(`turn ${turn}`));
      expect(await answer).toEqual(Buffer.from(`turn ${turn}`));
    }
    call.end();
    expect((await end).code).toBe(status.OK);
  });

  it('messages that are larger than any buffer', async () => {
    const { port } = await echoServer(cleanups);
    const message = 'x'.repeat(3_000_000);
    expect((await clientOf(await proxyTo([port])).once(message)).messages).toEqual([message]);
  });

  it('a status and its message, also when there is nothing else in the response', async () => {
    const { port } = await echoServer(cleanups, {
      Once: (_, done) => done({ code: status.NOT_FOUND, details: 'kein Weg nach Köln, 100 %' }),
      Down: (call) => { call.write(Buffer.from('one')); call.emit('error', { code: status.ABORTED, details: 'later' }); },
    });
    const client = clientOf(await proxyTo([port]));
    expect(await client.once('')).toMatchObject({ code: status.NOT_FOUND, details: 'kein Weg nach Köln, 100 %' });
    expect(await client.once('', {}, 'Down')).toMatchObject({ code: status.ABORTED, details: 'later', messages: ['one'] });
  });

  it('a call that its client cancels, to the server', async () => {
    let cancelled = false;
    const { port } = await echoServer(cleanups, {
      Down: (call) => { call.write(Buffer.from('one')); call.on('cancelled', () => { cancelled = true; }); },
    });
    const call = clientOf(await proxyTo([port])).down('');
    const end = ended(call);
    await new Promise((resolve) => { call.once('data', resolve); });
    call.cancel();
    expect((await end).code).toBe(status.CANCELLED);
    await until('the server is told', () => cancelled);
  });

  it('each call to the endpoint whose turn it is, whatever connections there are', async () => {
    const seen = [0, 0, 0];
    const servers = await Promise.all(seen.map((_, i) => echoServer(cleanups, {
      Once: (call, done) => { seen[i]! += 1; done(null, call.request); },
    })));
    const client = clientOf(await proxyTo(servers.map(({ port }) => port)));
    for (let call = 0; call < 30; call += 1) await client.once('');
    expect(seen).toEqual([10, 10, 10]);
  });

  it('calls on streams that are silent for longer than a body may be', async () => {
    const { port } = await echoServer(cleanups, {
      Down: (call) => {
        setTimeout(() => { call.write(Buffer.from('late')); call.end(); }, 300);
      },
      Both: (call) => { call.on('data', () => {}).on('end', () => { call.write(Buffer.from('late')); call.end(); }); },
    });
    const client = clientOf(await proxyTo([port], { limits: { bodyTimeoutMs: 50, tunnelIdleTimeoutMs: 50 } }));
    const call = client.both();
    const end = ended(call);
    call.write(Buffer.from('early'));
    expect(await client.once('', {}, 'Down')).toMatchObject({ code: status.OK, messages: ['late'] });
    call.end();
    expect(await end).toMatchObject({ code: status.OK, messages: ['late'] });
  });
});

describe('how long a caller waits', () => {
  it('ends the call at the proxy, which has told the server what is left, and cancels it there', async () => {
    const app = await silentServer();
    const client = clientOf(await proxyTo([app.port]));
    expect(await client.once('', { deadlineMs: 200 })).toMatchObject({ code: status.DEADLINE_EXCEEDED });
    await until('the server is told', () => app.cancelled === 1);
    const [, left] = /^([0-9]+)m$/.exec(app.timeouts[0]!)!;
    expect(Number(left)).toBeGreaterThan(0);
    expect(Number(left)).toBeLessThanOrEqual(200);
  });

  it('may be over in less than a millisecond', async () => {
    const client = await Http2Client.to((await proxyTo([(await silentServer()).port])).port);
    cleanups.push(() => client.close());
    const answer = await client.ask({
      ':method': 'POST', ':path': '/mesh.test.Echo/Once', ':authority': 'catalog', 'content-type': 'application/grpc+proto', 'te': 'trailers', 'grpc-timeout': '50u',
    }, Buffer.from([0, 0, 0, 0, 0]));
    expect(answer.headers).toMatchObject({ ':status': 200, 'grpc-status': String(status.DEADLINE_EXCEEDED), 'content-type': 'application/grpc' });
    expect(answer.headers['grpc-message']).toMatch(/^deadline_exceeded: /);
  });

  it('is told as over when the server breaks the call off a moment before the proxy would', async () => {
    let later = 0;
    const server = createServer().on('stream', (stream) => {
      later = 60_000;
      stream.on('error', () => {}).close(constants.NGHTTP2_INTERNAL_ERROR);
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    cleanups.push(() => server.close());
    const clock = { ...systemClock, now: () => systemClock.now() + later };
    const client = clientOf(await proxyTo([(server.address() as AddressInfo).port], { clock }));
    expect(await client.once('', { deadlineMs: 60_000 })).toMatchObject({
      code: status.DEADLINE_EXCEEDED, details: expect.stringMatching(/^deadline_exceeded: .*upstream/),
    });
  });

  it('may be what its route says', async () => {
    const app = await silentServer();
    const client = clientOf(await proxyTo([app.port], { route: { timeoutMs: 50, ...NO_RETRY } }));
    expect(await client.once('')).toMatchObject({ code: status.DEADLINE_EXCEEDED, details: expect.stringMatching(/^request_timeout: /) });
    // Once a response has begun, the route's time is over, and the app must not end the stream by it.
    expect(app.timeouts).toEqual([undefined]);
  });

  it('of its route ends with the head of its response', async () => {
    const { port } = await echoServer(cleanups, {
      Down: (call) => {
        call.write(Buffer.from('first'));
        setTimeout(() => { call.write(Buffer.from('second')); call.end(); }, 300);
      },
    });
    const client = clientOf(await proxyTo([port], { route: { timeoutMs: 100 } }));
    expect(await client.once('', {}, 'Down')).toMatchObject({ code: status.OK, messages: ['first', 'second'] });
  });
});

describe('a call that the proxy itself ends', () => {
  it('is UNAVAILABLE when no endpoint can be reached', async () => {
    const client = clientOf(await proxyTo([await freePort()], { route: NO_RETRY }));
    expect(await client.once('')).toMatchObject({ code: status.UNAVAILABLE, details: expect.stringMatching(/^connect_failed: /) });
  });

  it('is UNIMPLEMENTED when no route takes it', async () => {
    const { port } = await echoServer(cleanups);
    const client = clientOf(await proxyTo([port], {
      routes: [{ name: 'other', matches: [{ path: { type: 'prefix', value: '/other.Service' } }], split: [{ cluster: 'backend', weight: 1 }] }],
    }));
    expect(await client.once('')).toMatchObject({ code: status.UNIMPLEMENTED, details: expect.stringMatching(/^no_route: /) });
  });

  it('is PERMISSION_DENIED when nobody may send it', async () => {
    const { port } = await echoServer(cleanups);
    const client = clientOf(await proxyTo([port], { direction: 'inbound', authorization: { rules: [] } }));
    expect(await client.once('')).toMatchObject({ code: status.PERMISSION_DENIED, details: expect.stringMatching(/^not_authorized: /) });
  });

  it('is RESOURCE_EXHAUSTED when a limit refuses it', async () => {
    const { port } = await echoServer(cleanups);
    const client = clientOf(await proxyTo([port], { direction: 'inbound', admission: { rateLimit: { requestsPerSecond: 0.001, burst: 1 } } }));
    expect((await client.once('')).code).toBe(status.OK);
    expect(await client.once('')).toMatchObject({ code: status.RESOURCE_EXHAUSTED, details: expect.stringMatching(/^rate_limited: /) });
  });

  it('is UNAVAILABLE when the endpoint breaks off in the middle of a stream, after all that has come', async () => {
    const { port, server } = await echoServer(cleanups, { Down: (call) => { call.write(Buffer.from('one')); } });
    const call = clientOf(await proxyTo([port], { route: { timeoutMs: 0, ...NO_RETRY } })).down('');
    const end = ended(call);
    await new Promise((resolve) => { call.once('data', resolve); });
    server.forceShutdown();
    expect(await end).toMatchObject({ code: status.UNAVAILABLE, messages: ['one'], details: expect.stringMatching(/^upstream_broken_body: /) });
  });
});

it('a stream that breaks off while its client is behind ends with all that has come, and UNAVAILABLE', async () => {
  const sessions: ServerHttp2Session[] = [];
  const server = createServer();
  server.on('session', (session) => sessions.push(session));
  server.on('stream', (stream) => {
    stream.on('error', () => {});
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    stream.write(Buffer.alloc(40_000));
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  cleanups.push(() => server.close());
  const proxy = await proxyTo([(server.address() as AddressInfo).port], { route: NO_RETRY });
  const session = connect(`http://127.0.0.1:${proxy.port}`, { settings: { initialWindowSize: 16_384 } });
  cleanups.push(() => session.destroy());
  const stream = session.request({ ':method': 'POST', ':path': '/a.B/C', ':authority': 'catalog', 'content-type': 'application/grpc', 'te': 'trailers' });
  stream.end(Buffer.alloc(5));
  await once(stream, 'response');
  await until('all of it is in the proxy', () => proxy.metrics().includes('mesh_upstream_requests_in_flight{cluster="backend"} 1'));
  for (const each of sessions) each.destroy();
  await until('it is broken off', () => proxy.metrics().includes('code="503",reason="upstream_broken_body",grpc_response_status="14"} 1'));
  let got = 0;
  stream.on('data', (data: Buffer) => { got += data.length; });
  const [trailers] = await once(stream, 'trailers') as [Record<string, string>];
  expect([trailers['grpc-status'], got]).toEqual([String(status.UNAVAILABLE), 40_000]);
});

it('a call that announces more than a body may have is RESOURCE_EXHAUSTED', async () => {
  const { port } = await echoServer(cleanups);
  const client = await Http2Client.to((await proxyTo([port], { limits: { maxBodyBytes: 10 } })).port);
  cleanups.push(() => client.close());
  const answer = await client.ask({
    ':method': 'POST', ':path': '/mesh.test.Echo/Once', ':authority': 'catalog', 'content-type': 'application/grpc', 'te': 'trailers', 'content-length': 20,
  }, Buffer.alloc(20));
  expect(answer.headers).toMatchObject({ ':status': 200, 'grpc-status': String(status.RESOURCE_EXHAUSTED) });
});

describe('a load report that a server sends at the end of a call', () => {
  const BY_REPORTS = { loadBalancing: { type: 'clientSideWeightedRoundRobin' } } as const;
  const reporting = (): Promise<{ readonly port: number }> => echoServer(cleanups, {
    Once: (call, done) => {
      // Of the types of its services, grpc-js has the recorder in none but the implementation's.
      const recorder = (call as unknown as { getMetricsRecorder(): Recorder }).getMetricsRecorder();
      recorder.recordApplicationUtilizationMetric(0.5);
      recorder.recordQpsMetric(100);
      recorder.recordEpsMetric(2);
      recorder.recordNamedMetric('queue', 0.75);
      if (call.request.length > 0) done({ code: status.NOT_FOUND });
      else done(null, call.request);
    },
  }, { 'grpc.server_call_metric_recording': 1 });

  it('is read by the proxy of the caller, and does not reach the app', async () => {
    const proxy = await proxyTo([(await reporting()).port], { cluster: { ...BY_REPORTS, loadReports: { utilizationMetrics: ['named_metrics.queue'] } } });
    const end = await clientOf(proxy).once('');
    expect([end.code, end.trailers.get('endpoint-load-metrics-bin')]).toEqual([status.OK, []]);
    expect(proxy.proxy.clusters.get('backend').endpoints[0]!.stats.reported).toMatchObject({ utilization: 0.75, requestsPerSecond: 100, errorsPerSecond: 2 });
    expect(sampleOf(proxy.metrics(), 'mesh_load_reports_total{cluster="backend",result="used"}')).toBe(1);
  });

  it('does not reach the app, GIVEN that nobody goes by it, or that the response has nothing else', async () => {
    const proxy = await proxyTo([(await reporting()).port]);
    const client = clientOf(proxy);
    for (const [message, code] of [['', status.OK], ['none', status.NOT_FOUND]] as const) {
      const end = await client.once(message);
      expect([end.code, end.trailers.get('endpoint-load-metrics-bin')]).toEqual([code, []]);
    }
    expect(proxy.proxy.clusters.get('backend').endpoints[0]!.stats.reported).toBeUndefined();
  });

  it('comes through the proxy beside the app, which makes none then', async () => {
    const beside = await proxyTo([(await reporting()).port], { direction: 'inbound', service: 'catalog', seed: 2 });
    const caller = await proxyTo([beside.port], { cluster: BY_REPORTS, seed: 3 });
    const client = clientOf(caller);
    for (let call = 0; call < 3; call += 1) await client.once('');
    const { reported } = caller.proxy.clusters.get('backend').endpoints[0]!.stats;
    expect(reported).toMatchObject({ utilization: 0.5, requestsPerSecond: 100 });
  });
});

describe('how a call went', () => {
  it('is judged by its status, in trailers as well as alone', async () => {
    const { port } = await echoServer(cleanups, {
      Once: (_, done) => done({ code: status.UNAVAILABLE }),
      Down: (call) => { call.write(Buffer.from('one')); call.emit('error', { code: status.INTERNAL }); },
    });
    const proxy = await proxyTo([port], { route: NO_RETRY });
    const client = clientOf(proxy);
    await client.once('');
    await client.once('', {}, 'Down');
    await until('both are counted', () => ['503', '500'].every((code) => proxy.metrics().includes(`code="${code}",reason="-",`)));
  });

  it('is counted by its gRPC status, whether the app, the proxy or the client ended it', async () => {
    const { port } = await echoServer(cleanups, {
      Once: (call, done) => done(call.request.length > 0 ? { code: Number(call.request.toString()) } : null, call.request),
      Down: (call) => { call.write(Buffer.from('one')); },
      Up: (_, done) => done({ code: status.INTERNAL }),
    });
    const proxy = await proxyTo([port], { route: NO_RETRY });
    const client = clientOf(proxy);
    for (const code of ['', '3', '9', '3', '14']) await client.once(code);
    const cancelled = client.down('');
    await new Promise((resolve) => { cancelled.once('data', resolve); });
    cancelled.on('error', () => {}).cancel();
    await ended(client.both({}, 'Up'));
    const labels = 'listener="test",direction="outbound",cluster="backend",route="default",caller="-",method="POST"';
    const count = (code: number, reason: string, grpcStatus: number): number | undefined => (
      sampleOf(proxy.metrics(), `mesh_requests_total{${labels},code="${code}",reason="${reason}",grpc_response_status="${grpcStatus}"}`));
    await until('all are counted', () => count(499, 'client_abort', status.CANCELLED) === 1 && count(500, '-', status.INTERNAL) === 1);
    expect([count(200, '-', 0), count(400, '-', 3), count(400, '-', 9), count(503, '-', 14)]).toEqual([1, 2, 1, 1]);
    // What the proxy itself ends.
    const unreachable = await proxyTo([await freePort()], { route: NO_RETRY });
    await clientOf(unreachable).once('');
    await until('it is counted', () => /code="503",reason="connect_failed",grpc_response_status="14"} 1$/m.test(unreachable.metrics()));
  });

  it('without a status of gRPC it is counted as what its client takes it for', async () => {
    const server = createServer();
    server.on('stream', (stream, headers) => {
      stream.on('error', () => {});
      stream.respond({ ':status': headers[':path'] === '/mesh.test.Echo/Once' ? 429 : 200, 'content-type': 'application/grpc' }, { endStream: true });
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    cleanups.push(() => server.close());
    const proxy = await proxyTo([(server.address() as AddressInfo).port], { route: NO_RETRY });
    cleanups.push(() => proxy.proxy.close());
    const client = clientOf(proxy);
    expect((await client.once('')).code).toBe(status.UNAVAILABLE);
    expect((await client.once('', {}, 'Down')).code).toBe(status.UNKNOWN);
    await until('both are counted', () => [
      'code="429",reason="-",grpc_response_status="14"} 1', 'code="500",reason="-",grpc_response_status="2"} 1',
    ].every((end) => proxy.metrics().includes(end)));
  });

  it('ejects an endpoint that fails every call, by its status alone', async () => {
    const bad = await echoServer(cleanups, { Once: (_, done) => done({ code: status.UNAVAILABLE }) });
    const good = await Promise.all([1, 2].map(() => echoServer(cleanups)));
    const proxy = await proxyTo([bad.port, ...good.map(({ port }) => port)], {
      route: NO_RETRY, cluster: { outlierDetection: { consecutiveGatewayErrors: 3 } },
    });
    const client = clientOf(proxy);
    const codes = new Set<number>();
    for (let call = 0; call < 12; call += 1) codes.add((await client.once('')).code);
    expect(codes).toContain(status.UNAVAILABLE);
    for (let call = 0; call < 12; call += 1) expect((await client.once('')).code).toBe(status.OK);
    expect(sampleOf(proxy.metrics(), 'mesh_endpoints{cluster="backend",state="ejected"}')).toBe(1);
  });

  it('lets one be sent again that a callee\'s proxy turned away, to another endpoint', async () => {
    const { port } = await echoServer(cleanups);
    const full = await proxyTo([port], { direction: 'inbound', service: 'full', seed: 2, admission: { rateLimit: { requestsPerSecond: 0.001, burst: 1 } } });
    const free = await proxyTo([port], { direction: 'inbound', service: 'free', seed: 3 });
    const client = clientOf(await proxyTo([full.port, free.port], { route: { timeoutMs: 0 } }));
    for (let call = 0; call < 6; call += 1) expect((await client.once('hi')).code).toBe(status.OK);
  });
});
