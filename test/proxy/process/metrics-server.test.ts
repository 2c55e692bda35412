/** Metrics by mutual TLS, over real sockets: who gets them, who does not, and what becomes of connections when certificates are replaced. */
import { Agent, request, RequestOptions } from 'node:https';
import { connect } from 'node:net';
import { issue, LeafOverrides, makeIssuer } from '../../../src/authority';
import { withDefaults } from '../../../src/contract';
import { MetricsServer } from '../../../src/proxy/process/metrics-server';
import { Clock, systemClock } from '../../../src/proxy/runtime/clock';
import { IdentityInstruments } from '../../../src/proxy/telemetry/credential-instruments';
import { expose } from '../../../src/proxy/telemetry/exposition';
import { ADMIN_LIMITS } from '../../../src/proxy/telemetry/page-server';
import { MetricRegistry } from '../../../src/proxy/telemetry/registry';
import { TlsInstruments } from '../../../src/proxy/telemetry/tls-instruments';
import { Identity } from '../../../src/proxy/tls/identity';
import { cleanupsAfterEach } from '../../support/cleanups';
import { holdingRelay } from '../../support/holding-relay';
import { idOf, MountedIdentity, TestAuthority } from '../../support/identities';
import { rawClient, until } from '../../support/raw-http';

const HOST = '127.0.0.1';

const authority = new TestAuthority();
const elsewhere = new TestAuthority();
const foreign = new TestAuthority('other.local');
const cleanups = cleanupsAfterEach();

interface Scraped { readonly status: number; readonly body: string; readonly connection: string | undefined; readonly reused: boolean }

interface Running {
  readonly server: MetricsServer;
  readonly port: number;
  readonly files: MountedIdentity;
  readonly identity: Identity;
  readonly events: string[];
  count(series: string): number;
}

/** @param late by how much the clock is */
async function run(clientIds = [idOf('prometheus')], late = { ms: 0 }): Promise<Running> {
  const clock: Clock = Object.create(systemClock, { wallTime: { value: () => systemClock.wallTime() + late.ms } }) as Clock;
  const registry = new MetricRegistry();
  const events: string[] = [];
  const files = new MountedIdentity(authority.leaf('catalog'), authority.root.certificate);
  cleanups.push(() => files.remove());
  const agent = (): never => { throw new Error('there is none'); };
  const identity = await Identity.load(files.config, clock, new IdentityInstruments(registry), () => {}, agent);
  identity.start();
  cleanups.push(() => identity.close());
  const server = new MetricsServer({
    metrics: (format) => [`# ${format}\n`, 'a 1\n'], instruments: new TlsInstruments(registry, 'metrics'), handshakeTimeoutMs: 5_000,
    onEvent: (event, fields) => events.push(`${event} ${JSON.stringify(fields)}`),
    onLimit: (limit) => events.push(limit),
  });
  cleanups.push(() => server.close());
  expect(await server.listen(0, [HOST])).toBeUndefined();
  server.follow(identity, { clientIds });
  return {
    server, files, identity, events, port: server.bound[0]!.port,
    count: (series) => Number(expose(registry).split('\n').find((line) => line.startsWith(`${series} `))?.slice(series.length + 1) ?? 0),
  };
}

const applied = (count: Running['count'], times: number): Promise<void> => (
  until('the files are taken over', () => count('mesh_identity_reloads_total{result="applied"}') === times));
const refusedFor = (fault: string): string => `mesh_mutual_tls_callers_refused_total{listener="metrics",fault="${fault}"}`;
const shown = ({ certificate: cert, key }: { readonly certificate: string; readonly key: string }): RequestOptions => ({ cert, key });
const prometheus = (overrides?: LeafOverrides): RequestOptions => shown(authority.leaf('prometheus', overrides));

function scrape(port: number, options: RequestOptions, path = '/metrics', method = 'GET'): Promise<Scraped> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: HOST, port, path, method, agent: false, rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'], ...options } as RequestOptions, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk) => { body += chunk; }).on('end', () => resolve({
        status: response.statusCode!, body, connection: response.headers.connection, reused: asked.reusedSocket,
      }));
    });
    asked.on('error', reject).end();
  });
}

test('metrics are for those whose ids are named, by TLS 1.3 with the proxy\'s own certificate', async () => {
  const { port, events, count } = await run([idOf('other'), idOf('prometheus')]);
  expect(await scrape(port, { ...prometheus(), ca: authority.root.certificate, rejectUnauthorized: true, checkServerIdentity: () => undefined })).toMatchObject({ status: 200, body: '# prometheus\na 1\n' });
  expect(await scrape(port, { ...prometheus(), headers: { accept: 'application/openmetrics-text' } })).toMatchObject({ status: 200, body: '# openMetrics\na 1\n' });
  expect(await scrape(port, prometheus(), '/metrics?name=a', 'HEAD')).toMatchObject({ status: 200, body: '' });
  expect(await scrape(port, { ...prometheus(), ALPNProtocols: undefined } as RequestOptions)).toMatchObject({ status: 200 });
  await expect(scrape(port, { ...prometheus(), maxVersion: 'TLSv1.2' })).rejects.toThrow(/version|alert/);
  await expect(scrape(port, { ...prometheus(), ALPNProtocols: ['h2'] } as RequestOptions)).rejects.toThrow(/protocol/);
  expect(events).toEqual([]);
  expect(count('mesh_tls_handshakes_total{listener="metrics"}')).toBe(4);
});

test('there is nothing else at the port, and nothing can be written', async () => {
  const { port } = await run();
  for (const path of ['/', '/ready', '/config', '/requests', '/terminating', '//metrics', '/metrics/']) {
    expect(await scrape(port, prometheus(), path)).toMatchObject({ status: 404, body: 'not found; there is /metrics only\n' });
  }
  expect(await scrape(port, prometheus(), '/metrics', 'POST')).toMatchObject({ status: 405 });
});

const NOW = Date.now();

test.each<[string, RequestOptions, string, RegExp]>([
  ['another service of the mesh', shown(authority.leaf('web')), 'other_id', /spiffe:\/\/cluster\.local\/ns\/shop\/sa\/web is none of the ids that may read them/],
  ['an id that begins with the one named', shown(authority.leaf('prometheus2')), 'other_id', /is none of the ids/],
  ['nobody', {}, 'no_certificate', /it showed no certificate/],
  ['a holder of the id by another authority of the same name', shown(elsewhere.leaf('prometheus')), 'untrusted', /does not lead to a root of the trust bundle/],
  ['the same account of a foreign domain', shown(foreign.leaf('prometheus')), 'untrusted', /does not lead to a root/],
  ['a foreign id that the own authority has signed', shown(issue(authority.issuer, 'spiffe://other.local/ns/shop/sa/prometheus', { now: Date.now() })), 'spiffe', /not of the trust domain 'cluster\.local'/],
  ['the id in an expired certificate', prometheus({ notBefore: NOW - 7_200_000, notAfter: NOW - 3_600_000 }), 'expired', /has expired/],
])('%s gets 403 and the reason', async (_who, options, fault, reason) => {
  const { port, events, count } = await run();
  const answer = await scrape(port, options);
  expect(answer).toMatchObject({ status: 403, connection: 'close', body: expect.stringMatching(reason) as string });
  expect(answer.body).not.toContain('a 1');
  expect(count(refusedFor(fault))).toBe(1);
  expect(events).toEqual([expect.stringMatching(/^scrape_refused \{"from":"127\.0\.0\.1","problem":"/)]);
});

test('without TLS there is nothing', async () => {
  const { port, count } = await run();
  const client = await rawClient(port);
  client.send('GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.closes();
  expect(client.received).not.toContain('a 1');
  expect(count('mesh_tls_handshake_failures_total{listener="metrics",kind="plain_http"}')).toBe(1);
});

test('a proxy without an identity has no metrics for anybody, and no listed ids are nobody', async () => {
  const { server, port, identity } = await run();
  server.follow(identity, undefined);
  expect(await scrape(port, prometheus())).toMatchObject({ status: 403 });
  server.follow(undefined, { clientIds: [idOf('prometheus')] });
  await expect(scrape(port, prometheus())).rejects.toThrow();
  server.follow(identity, { clientIds: [idOf('prometheus')] });
  expect(await scrape(port, prometheus())).toMatchObject({ status: 200 });
});

test('a handshake that a client holds up is no proof when its root, or the identity, has been replaced meanwhile', async () => {
  const { server, port, files, identity, count } = await run();
  const [first, second] = [await holdingRelay(cleanups, port), await holdingRelay(cleanups, port)];
  const asked = scrape(first.port, prometheus());
  await first.holds;
  // Accepted by the time that this is answered.
  expect(await scrape(port, prometheus())).toMatchObject({ status: 200 });
  files.swap(elsewhere.leaf('catalog'), elsewhere.root.certificate);
  await applied(count, 1);
  first.release();
  expect(await asked).toMatchObject({ status: 403, body: expect.stringMatching(/a root was taken out of the trust bundle during its handshake/) as string });
  const again = scrape(second.port, shown(elsewhere.leaf('prometheus')));
  await second.holds;
  expect(await scrape(port, shown(elsewhere.leaf('prometheus')))).toMatchObject({ status: 200 });
  const others = (await run()).identity;
  server.follow(others, { clientIds: [idOf('prometheus')] });
  second.release();
  expect(await again).toMatchObject({ status: 403 });
  expect(identity).not.toBe(others);
});

describe('a connection that is kept', () => {
  function keeping(): Agent {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    cleanups.push(() => agent.destroy());
    return agent;
  }

  const isClosed = (agent: Agent): Promise<void> => until('the connection is closed', () => Object.keys(agent.freeSockets).length === 0);

  test('is used again, and no more by an id that is struck from the list', async () => {
    const { server, port, identity, count } = await run();
    const options = { ...prometheus(), agent: keeping() };
    expect(await scrape(port, options)).toMatchObject({ status: 200, reused: false });
    expect(await scrape(port, options)).toMatchObject({ status: 200, reused: true });
    expect(count('mesh_tls_handshakes_total{listener="metrics"}')).toBe(1);
    server.follow(identity, { clientIds: [idOf('other')] });
    expect(await scrape(port, options)).toMatchObject({ status: 403, reused: true, connection: 'close' });
  });

  test('ends when the certificate is renewed, whose successor is shown to the next', async () => {
    const { port, files, count } = await run();
    const options = { ...prometheus(), agent: keeping() };
    await scrape(port, options);
    files.swap(authority.leaf('catalog'), authority.root.certificate);
    await applied(count, 1);
    await isClosed(options.agent);
    expect(await scrape(port, options)).toMatchObject({ status: 200, reused: false });
  });

  test('carries nothing after the root of its client was taken out', async () => {
    const { port, files, count } = await run();
    const other = new TestAuthority();
    files.swap(authority.leaf('catalog'), authority.root.certificate + other.root.certificate);
    await applied(count, 1);
    const options = { ...shown(other.leaf('prometheus')), agent: keeping() };
    expect(await scrape(port, options)).toMatchObject({ status: 200 });
    files.swap(authority.leaf('catalog'), authority.root.certificate);
    await applied(count, 2);
    await isClosed(options.agent);
    expect(await scrape(port, options)).toMatchObject({ status: 403 });
  });

  test('carries nothing after a certificate has expired', async () => {
    const late = { ms: 0 };
    const { port } = await run(undefined, late);
    const options = { ...prometheus(), agent: keeping() };
    expect(await scrape(port, options)).toMatchObject({ status: 200 });
    late.ms = 25 * 3_600_000;
    // A client that is told nothing may send it again by another connection (RFC 9110 section 9.2.2).
    await expect(scrape(port, options)).rejects.toThrow(/hang up|ECONNRESET/);
  });

  test('of those that say nothing, the oldest makes room', async () => {
    const { port, events } = await run();
    const idle = await Promise.all(Array.from({ length: ADMIN_LIMITS.maxConnections }, () => new Promise((resolve) => {
      const socket = connect(port, HOST, () => resolve(socket));
      cleanups.push(() => socket.destroy());
      socket.on('error', () => {});
    })));
    expect(idle).toHaveLength(ADMIN_LIMITS.maxConnections);
    expect(await scrape(port, prometheus())).toMatchObject({ status: 200 });
    expect(events).toEqual(['adminConnections']);
  });
});

test('a port that is taken is told, with what to change', async () => {
  const { port, server } = await run();
  const other = new MetricsServer({ metrics: () => [], instruments: new TlsInstruments(new MetricRegistry(), 'metrics'), handshakeTimeoutMs: 1, onEvent() {}, onLimit() {} });
  expect(await other.listen(port, [HOST])).toBe(`the port for metrics can't be bound on ${HOST}:${port}: something else listens there; choose another port with admin.metricsMutualTls.port`);
  expect(other.bound).toEqual([]);
  expect(server.bound).toHaveLength(1);
});

test('the issuer of a client may be one of several of the bundle', async () => {
  const { port } = await run();
  const second = makeIssuer(authority.root, { now: Date.now() }, 'second issuer');
  expect(await scrape(port, shown(issue(second, idOf('prometheus'), { now: Date.now() })))).toMatchObject({ status: 200 });
});

test('the port has a default', () => {
  const document = withDefaults({
    version: 'v1', node: { service: 'web', namespace: 'shop', version: 'v1' }, listeners: [], clusters: [], admin: { metricsMutualTls: { clientIds: [idOf('prometheus')] } },
  });
  expect(document.admin).toEqual({ port: 15_020, loopbackAddress: '127.0.0.1', metricsMutualTls: { port: 15_021, clientIds: [idOf('prometheus')] } });
});
