import { request } from 'node:http';
import { AddressInfo, connect, createServer, Socket } from 'node:net';
import { AdminAddresses, AdminServer, AdminSources, Listening } from '../../../src/proxy/telemetry/admin';
import { ADMIN_LIMITS } from '../../../src/proxy/telemetry/page-server';
import { eventually } from '../../support/eventually';

const POD = '127.100.1.1';
const LOOPBACK = '127.0.0.1';

interface Answer { readonly status: number; readonly type: string | undefined; readonly body: string; readonly allow: string | undefined }

describe('the admin pages', () => {
  let sources: { -readonly [Name in keyof AdminSources]: AdminSources[Name] };
  let events: string[];
  let admin: AdminServer;
  const others: { close(): void }[] = [];
  let limited: number;
  let propagated: Promise<void>;

  beforeEach(() => {
    sources = {
      ready: () => ({ ready: true, why: 'all clusters are discovered' }),
      terminating: (from) => `from ${from}\n`,
      propagated: () => propagated,
      metrics: () => '# HELP a b\n# TYPE a counter\na 1\n',
      metricsTlsPort: () => undefined,
      config: () => ({ hash: 'abc' }),
      endpoints: () => ({ clusters: [] }),
      requests: () => [{ id: 'a"b', line: '{"path":"/x"}' }, { id: 'c', line: '{"path":"/y"}' }],
    };
    propagated = Promise.resolve();
    events = [];
    limited = 0;
    admin = new AdminServer(sources, (event, fields) => events.push(`${event} ${JSON.stringify(fields)}`), () => { limited += 1; });
  });

  afterEach(async () => {
    await admin.close();
    others.splice(0).forEach((server) => server.close());
  });

  const listen = (addresses: Partial<AdminAddresses> = {}): Promise<Listening> =>
    admin.listen({ port: 0, podAddresses: [POD], loopbackAddress: LOOPBACK, ...addresses });

  const ask = (address: string, path: string, method = 'GET', port = portOf(address), accept = '*/*'): Promise<Answer> => new Promise((resolve, reject) => {
    request({ host: address, port, path, method, headers: { accept }, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk) => { body += chunk; }).on('end', () => resolve({
        status: response.statusCode!, type: response.headers['content-type'], body, allow: response.headers.allow,
      }));
    }).on('error', reject).end();
  });

  const portOf = (address: string): number => admin.bound.find((bound) => bound.address === address)!.port;

  /** A socket of somebody else's. */
  const occupy = async (address: string, port = 0): Promise<number> => {
    const server = createServer();
    others.push(server);
    await new Promise<void>((resolve, reject) => { server.once('error', reject).listen({ host: address, port }, resolve); });
    return (server.address() as AddressInfo).port;
  };

  it.each([POD, LOOPBACK])('have health and metrics on %s', async (address) => {
    await listen();
    expect(await ask(address, '/ready')).toMatchObject({ status: 200, body: 'ready: all clusters are discovered\n' });
    expect(await ask(address, '/live')).toMatchObject({ status: 200, body: 'live\n' });
    expect(await ask(address, '/metrics')).toMatchObject({
      status: 200, body: '# HELP a b\n# TYPE a counter\na 1\n', type: 'text/plain; version=0.0.4; charset=utf-8',
    });
    expect(await ask(address, '/metrics?name=a')).toMatchObject({ status: 200 });
  });

  it('give metrics in the form that the scraper prefers, made piece by piece', async () => {
    await listen();
    sources.metrics = (format) => [`# ${format}\n`, 'é 1\n'];
    expect(await ask(POD, '/metrics', 'GET', portOf(POD), 'application/openmetrics-text')).toMatchObject({
      status: 200, body: '# openMetrics\né 1\n', type: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
    });
    expect(await ask(POD, '/metrics')).toMatchObject({ body: '# prometheus\né 1\n' });
    expect(await ask(POD, '/metrics', 'HEAD')).toMatchObject({ status: 200, body: '' });
  });

  it('take the notice that the pod is being terminated, with the address that it comes from', async () => {
    await listen();
    expect(await ask(POD, '/terminating')).toMatchObject({ status: 200, body: 'from 127.0.0.1\n' });
    expect(await ask(POD, '/terminating', 'POST')).toMatchObject({ status: 405 });
  });

  it('answer a pod that is a proxy alone when others had the time to learn of its termination', async () => {
    await listen();
    let isOver = false;
    propagated = new Promise((resolve) => { setImmediate(() => { isOver = true; resolve(); }); });
    expect(await ask(POD, '/terminating/wait')).toMatchObject({ status: 200, body: 'from 127.0.0.1\n' });
    expect(isOver).toBe(true);
  });

  it('say that the proxy is not ready, and why, while it stays alive', async () => {
    await listen();
    sources.ready = () => ({ ready: false, why: 'shutting down' });
    expect(await ask(POD, '/ready')).toMatchObject({ status: 503, body: 'not ready: shutting down\n' });
    expect(await ask(POD, '/live')).toMatchObject({ status: 200 });
  });

  it('show configuration, endpoints and requests on loopback alone', async () => {
    await listen();
    expect(await ask(LOOPBACK, '/config')).toMatchObject({ status: 200, type: 'application/json; charset=utf-8', body: '{\n  "hash": "abc"\n}\n' });
    expect(JSON.parse((await ask(LOOPBACK, '/endpoints')).body)).toEqual({ clusters: [] });
    expect(JSON.parse((await ask(LOOPBACK, '/requests')).body)).toEqual({ requests: [{ id: 'a"b', path: '/x' }, { id: 'c', path: '/y' }] });
    for (const path of ['/config', '/endpoints', '/requests']) {
      const refused = await ask(POD, path);
      expect(refused).toMatchObject({ status: 404, body: `not found; ${path} answers on loopback only, which kubectl port-forward reaches\n` });
    }
  });

  it('have metrics on loopback alone where they are to be had by mutual TLS', async () => {
    await listen();
    sources.metricsTlsPort = () => 15_021;
    expect(await ask(POD, '/metrics')).toMatchObject({ status: 404, body: 'not found; /metrics is to be had by mutual TLS only, at port 15021\n' });
    expect(await ask(LOOPBACK, '/metrics')).toMatchObject({ status: 200, body: expect.stringContaining('a 1') as string });
    for (const path of ['/ready', '/live', '/terminating']) expect(await ask(POD, path)).toMatchObject({ status: 200 });
  });

  it('give no more to a connection from outside, given a wildcard address', async () => {
    await listen({ podAddresses: ['0.0.0.0'] });
    expect(admin.bound).toHaveLength(1);
    const [{ port }] = admin.bound;
    expect(await ask(POD, '/config', 'GET', port)).toMatchObject({ status: 404 });
    expect(await ask(POD, '/ready', 'GET', port)).toMatchObject({ status: 200 });
    expect(await ask(LOOPBACK, '/config', 'GET', port)).toMatchObject({ status: 200 });
  });

  it('answer everything, given loopback as the only address, bound once', async () => {
    await listen({ podAddresses: [LOOPBACK, LOOPBACK] });
    expect(admin.bound).toHaveLength(1);
    expect(await ask(LOOPBACK, '/config')).toMatchObject({ status: 200 });
    expect(events).toEqual([]);
  });

  it.each(['/', '/unknown', '/ready/', '/config.json', '/__proto__', '/toString', '//ready'])('know no page %s', async (path) => {
    await listen();
    expect(await ask(LOOPBACK, path)).toMatchObject({ status: 404, body: 'not found\n' });
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('can\'t be changed by %s', async (method) => {
    await listen();
    expect(await ask(LOOPBACK, '/config', method)).toMatchObject({ status: 405, allow: 'GET, HEAD' });
  });

  it('answer the kubelet, however many others keep their connections', async () => {
    await listen();
    const kept = await Promise.all(Array.from({ length: 2 * ADMIN_LIMITS.maxConnections }, () => new Promise<Socket>((resolve, reject) => {
      const socket = connect({ host: POD, port: portOf(POD) }, () => resolve(socket));
      socket.on('error', reject);
      others.push({ close: () => socket.destroy() });
    })));
    expect(await ask(POD, '/live')).toMatchObject({ status: 200 });
    await eventually('the oldest made room', () => kept.filter(({ destroyed, readableEnded }) => destroyed || readableEnded).length > ADMIN_LIMITS.maxConnections);
    expect(limited).toBe(ADMIN_LIMITS.maxConnections + 1);
  });

  it('answer HEAD without a body', async () => {
    await listen();
    expect(await ask(POD, '/ready', 'HEAD')).toMatchObject({ status: 200, body: '' });
  });

  it('stay up without loopback, given that another process has it, and say so', async () => {
    const port = await occupy(LOOPBACK);
    expect(await listen({ port })).toEqual({ ok: true });
    expect(events).toHaveLength(1);
    expect(events[0]).toContain(`admin_loopback_unavailable {"problem":"the admin port can't be bound on ${LOOPBACK}:${port}: something else`);
    expect(await ask(POD, '/ready')).toMatchObject({ status: 200 });
    expect(await ask(POD, '/config')).toMatchObject({ status: 404 });
  });

  it('bind nothing and say why, given a pod\'s address that can\'t be bound', async () => {
    const port = await occupy(POD);
    expect(await listen({ port, podAddresses: ['127.100.1.2', POD] })).toEqual({
      ok: false, problem: `the admin port can't be bound on ${POD}:${port}: something else listens there; choose another port with admin.port`,
    });
    expect(admin.bound).toEqual([]);
    expect(await occupy('127.100.1.2', port)).toBe(port);
  });

  it('say that the address is not this machine\'s', async () => {
    expect(await listen({ podAddresses: ['203.0.113.7'] })).toEqual({
      ok: false, problem: 'the admin port can\'t be bound on 203.0.113.7:0: this machine does not have that address',
    });
  });

  it('answer 500 and go on, given contents that can\'t be made', async () => {
    await listen();
    sources.metrics = () => { throw new Error('out of order'); };
    expect(await ask(POD, '/metrics')).toMatchObject({ status: 500, body: 'the page could not be made; the log says why\n' });
    expect(events[0]).toContain('admin_failed');
    expect(events[0]).toContain('out of order');
    expect(await ask(POD, '/ready')).toMatchObject({ status: 200 });
  });

  it('serve a limited number of connections at a time', async () => {
    await listen();
    const sockets = Array.from({ length: ADMIN_LIMITS.maxConnections + 5 }, () => connect(portOf(POD), POD));
    sockets.forEach((socket) => socket.on('error', () => undefined));
    let closed = 0;
    sockets.forEach((socket) => socket.on('close', () => { closed++; }));
    await eventually('the surplus is turned away', () => closed === 5);
    sockets.forEach((socket) => socket.destroy());
    await eventually('all are gone', () => closed === sockets.length);
    const answered = async (): Promise<boolean> => (await ask(POD, '/ready').catch(() => undefined))?.status === 200;
    for (let attempt = 0; attempt < 100 && !await answered(); attempt++);
    expect(await answered()).toBe(true);
  });

  it('close open connections when they stop', async () => {
    await listen();
    const socket = connect(portOf(POD), POD).on('error', () => undefined);
    let closed = false;
    socket.on('close', () => { closed = true; }).resume();
    await eventually('it is connected', () => socket.readyState === 'open');
    await admin.close();
    await eventually('the connection is closed', () => closed);
    expect(admin.bound).toEqual([]);
  });
});
