import { createHash, randomBytes } from 'node:crypto';
import { createServer, RequestListener } from 'node:http';
import { createServer as createHttp2Server, Http2ServerRequest, Http2ServerResponse, ServerHttp2Session, Settings } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { FrameType } from '../../../src/proxy/http2/frames';
import { cleanupsAfterEach } from '../../support/cleanups';
import { Http2Client } from '../../support/http2-client';
import { block, frame, FrameEnd, PREFACE, settings } from '../../support/http2-frames';
import { startProxy, TestProxy } from '../../support/proxy';
import { until } from '../../support/raw-http';

const cleanups = cleanupsAfterEach();
const INITIAL_WINDOW_SIZE = 4;
/** END_STREAM and END_HEADERS. */
const WHOLE = 5;

async function serve(app: RequestListener): Promise<number> {
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => { server.closeAllConnections(); server.close(); });
  return (server.address() as AddressInfo).port;
}

async function clientOf(proxy: TestProxy): Promise<Http2Client> {
  cleanups.push(() => proxy.proxy.close());
  const client = await Http2Client.to(proxy.port);
  cleanups.push(() => client.close());
  return client;
}

describe('a listener of HTTP/2, with an app of HTTP/1.1 behind it', () => {
  it('passes a request and its response on', async () => {
    const app = await serve((request, response) => {
      response.setHeader('x-seen', `${request.method} ${request.url} ${request.headers.host} ${request.headers.cookie}`);
      response.end('hello');
    });
    const client = await clientOf(await startProxy([app], { protocol: 'http2' }));

    const answer = await client.ask({ ':path': '/a?b=c', ':authority': 'catalog', 'cookie': ['a=1', 'b=2'] });

    expect(answer.status).toBe(200);
    expect(answer.headers['x-seen']).toBe('GET /a?b=c catalog a=1; b=2');
    expect(answer.headers.connection).toBeUndefined();
    expect(answer.body.toString()).toBe('hello');
  });

  it('passes bodies of any length on, in both directions, with and without an announced length', async () => {
    const app = await serve((request, response) => {
      request.pipe(response);
    });
    const client = await clientOf(await startProxy([app], { protocol: 'http2' }));
    const body = randomBytes(3_000_000);

    const answers = await Promise.all([
      client.ask({ ':method': 'POST', ':authority': 'catalog' }, body),
      client.ask({ ':method': 'POST', ':authority': 'catalog', 'content-length': body.length }, body),
      client.ask({ ':method': 'POST', ':authority': 'catalog' }, Buffer.alloc(0)),
    ]);

    const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
    expect(answers.map(({ body: got }) => hash(got))).toEqual([hash(body), hash(body), hash(Buffer.alloc(0))]);
  });

  it('passes trailers of a response on', async () => {
    const app = await serve((_, response) => {
      response.setHeader('trailer', 'grpc-status');
      response.write('data');
      response.addTrailers({ 'grpc-status': '0' });
      response.end();
    });
    const client = await clientOf(await startProxy([app], { protocol: 'http2' }));

    const answer = await client.ask({ ':authority': 'catalog', 'te': 'trailers' });

    expect(answer.trailers['grpc-status']).toBe('0');
    expect(answer.body.toString()).toBe('data');
  });

  it('serves many requests at a time on one connection, each by an endpoint of its own', async () => {
    const apps = await Promise.all(['a', 'b'].map((name) => serve((_, response) => { response.end(name); })));
    const client = await clientOf(await startProxy(apps, { protocol: 'http2' }));

    const answers = await Promise.all(Array.from({ length: 50 }, () => client.ask({ ':authority': 'catalog' })));

    const counts = answers.map(({ body }) => body.toString());
    expect(counts.filter((name) => name === 'a')).toHaveLength(25);
    expect(counts.filter((name) => name === 'b')).toHaveLength(25);
  });

  it('answers by itself when there is no endpoint', async () => {
    const client = await clientOf(await startProxy([], { protocol: 'http2' }));
    const answer = await client.ask({ ':authority': 'catalog' });
    expect(answer.status).toBe(503);
    expect(answer.headers['proxy-status']).toContain('no_endpoints');
  });
});

describe('a cluster of HTTP/2', () => {
  /** An endpoint that speaks HTTP/2, by Node. */
  async function serveHttp2(app: (request: Http2ServerRequest, response: Http2ServerResponse) => void, settings: Settings = {}): Promise<Endpoint> {
    const server = createHttp2Server({ settings }, app);
    const sessions: ServerHttp2Session[] = [];
    server.on('session', (session) => sessions.push(session));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => {
      for (const session of sessions) session.destroy();
      server.close();
    });
    return { port: (server.address() as AddressInfo).port, sessions };
  }

  interface Endpoint {
    readonly port: number;
    readonly sessions: readonly ServerHttp2Session[];
  }

  const HTTP2 = { protocol: 'http2', cluster: { protocol: 'http2' } } as const;

  it('is called with all that was sent, and answers with all that comes back', async () => {
    const app = await serveHttp2((request, response) => {
      response.setHeader('x-seen', `${request.method} ${request.url} ${request.authority} ${request.headers.te}`);
      response.addTrailers({ 'grpc-status': '0' });
      request.pipe(response);
    });
    const client = await clientOf(await startProxy([app.port], HTTP2));
    const body = randomBytes(2_000_000);

    const answer = await client.ask({ ':method': 'POST', ':path': '/a', ':authority': 'catalog', 'te': 'trailers' }, body);

    expect(answer.headers['x-seen']).toBe('POST /a catalog trailers');
    expect(answer.body.equals(body)).toBe(true);
    expect(answer.trailers['grpc-status']).toBe('0');
  });

  it('has trailers of its own for each request, also where they have to wait for credit', async () => {
    const app = await serveHttp2((request, response) => {
      response.write('data');
      response.addTrailers({ 'x-end': request.url });
      response.end();
    });
    const proxy = await startProxy([app.port], HTTP2);
    cleanups.push(() => proxy.proxy.close());
    const client = await FrameEnd.to(proxy.port, PREFACE, settings([INITIAL_WINDOW_SIZE, 0]));
    cleanups.push(() => client.close());
    for (const [id, path] of [[1, '/first'], [3, '/other']] as const) {
      client.send(frame(FrameType.HEADERS, WHOLE, id, block([[':method', 'GET'], [':scheme', 'http'], [':path', path], [':authority', 'catalog']])));
      await until('all of it waits', () => new RegExp(`mesh_requests_total\\{[^}]*code="200"[^}]*\\} ${id === 1 ? 1 : 2}`).test(proxy.metrics()));
    }

    client.send(settings([INITIAL_WINDOW_SIZE, 100]));
    await until('both end', () => [1, 3].every((id) => client.of(FrameType.HEADERS, id).length === 2));

    expect([1, 3].map((id) => client.of(FrameType.HEADERS, id)[1]!.payload.toString('latin1'))).toEqual([
      expect.stringContaining('/first'), expect.stringContaining('/other'),
    ]);
  });

  it('gets all requests on few connections', async () => {
    const app = await serveHttp2((_, response) => { response.end('ok'); });
    const client = await clientOf(await startProxy([app.port], HTTP2));
    await Promise.all(Array.from({ length: 90 }, () => client.ask({ ':authority': 'catalog' })));
    expect(app.sessions).toHaveLength(1);
  });

  it('gets another connection when it takes no more requests on the first', async () => {
    const waiting: Http2ServerResponse[] = [];
    const app = await serveHttp2((_, response) => { waiting.push(response); }, { maxConcurrentStreams: 2 });
    const client = await clientOf(await startProxy([app.port], HTTP2));
    const answers = [1, 2, 3, 4, 5].map(() => client.ask({ ':authority': 'catalog' }));
    await until('all have arrived', () => waiting.length === 5);
    expect(app.sessions).toHaveLength(3);
    for (const response of waiting) response.end('ok');
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });

  it('loses no request when endpoints close their connections in order, at any time', async () => {
    const app = await serveHttp2((_, response) => { response.end('ok'); });
    const client = await clientOf(await startProxy([app.port], HTTP2));
    const statuses: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      const answers = Array.from({ length: 10 }, () => client.ask({ ':method': 'POST', ':authority': 'catalog' }, Buffer.from('x')));
      app.sessions.at(-1)?.close();
      statuses.push(...(await Promise.all(answers)).map(({ status }) => status));
    }
    expect(statuses.filter((status) => status === 200)).toHaveLength(200);
    expect(app.sessions.length).toBeGreaterThan(5);
  });

  it('is also called for clients of HTTP/1.1', async () => {
    const app = await serveHttp2((request, response) => { response.end(`${request.httpVersion} ${request.authority}`); });
    const proxy = await startProxy([app.port], { cluster: { protocol: 'http2' } });
    cleanups.push(() => proxy.proxy.close());
    const answer = await fetch(`http://127.0.0.1:${proxy.port}/`);
    expect(await answer.text()).toBe(`2.0 127.0.0.1:${proxy.port}`);
  });
});
