/** TCP between sidecars by mutual TLS: who is let in, what becomes of ends and resets under TLS, and what the callee's sidecar says of its app. */
import { connect as connectTls } from 'node:tls';
import { readGreeting, refusalByte } from '../../../../src/proxy/cluster/tcp/greeting';
import type { FinishedConnection } from '../../../../src/proxy/telemetry/connection-record';
import { cleanupsAfterEach } from '../../../support/cleanups';
import { FakeClock } from '../../../support/fake-clock';
import { idOf, MountedIdentity, TestAuthority } from '../../../support/identities';
import { freePort } from '../../../support/ports';
import { sampleOf } from '../../../support/prometheus';
import type { TestProxy, TestProxyOptions } from '../../../support/proxy';
import { RawBackend, RawConnection, until } from '../../../support/raw-http';
import { closedFor, tcpClient, tcpProxy, tcpSeries, tcpServer, turnedAway } from '../../../support/tcp-proxy';

const cleanups = cleanupsAfterEach();
const authority = new TestAuthority();
const RESET = { received: '', error: 'ECONNRESET' };

function identity(service: string, from = authority, bundle = authority.root.certificate): NonNullable<TestProxyOptions['identity']> {
  const mounted = new MountedIdentity(from.leaf(service), bundle);
  cleanups.push(() => mounted.remove());
  return mounted.config;
}

/** Stands still, but for the date, by which certificates are judged. */
class DatedClock extends FakeClock {
  override wallTime(): number { return Date.now(); }
}

/** The sidecar of `redis`, which lets in `web`. */
function callee(ports: readonly number[], options: TestProxyOptions = {}): Promise<TestProxy> {
  return tcpProxy(cleanups, ports, {
    direction: 'inbound', mutualTls: {}, identity: identity('redis'),
    authorization: { rules: [{ name: 'callers', callers: [idOf('web')] }] }, ...options,
  });
}

/** The sidecar of a service that calls it. */
function caller(ports: readonly number[], service = 'web', options: TestProxyOptions = {}): Promise<TestProxy> {
  return tcpProxy(cleanups, ports, {
    identity: identity(service), ...options, cluster: { mutualTls: { serverIds: [idOf('redis')] }, ...options.cluster },
  });
}

interface Hops {
  readonly inbound: TestProxy;
  readonly outbound: TestProxy;
  readonly client: RawConnection;
  readonly peer: RawConnection;
}

async function hops(onConnection?: (connection: RawConnection) => void): Promise<Hops> {
  const app = await tcpServer(cleanups, onConnection);
  const inbound = await callee([app.port]);
  const outbound = await caller([inbound.port]);
  const client = await tcpClient(cleanups, outbound);
  return { inbound, outbound, client, peer: await app.connection() };
}

/** Why connections to it were closed, as the access log has it. */
function reasonsOf(proxy: TestProxy): FinishedConnection[] {
  const told: FinishedConnection[] = [];
  proxy.proxy.context.onTcpClosed = (connection) => { told.push(connection); };
  return told;
}

describe('a connection', () => {
  test('passes bytes in both directions, and is counted by its caller', async () => {
    const { inbound, client, peer } = await hops();
    client.send('PING\r\n');
    await peer.receives('PING\r\n');
    peer.send('+PONG\r\n');
    await client.receives('+PONG\r\n');
    expect(tcpSeries(inbound, 'connections_open', { direction: 'inbound', caller: idOf('web') })).toBe(1);
    expect([peer.received, client.received]).toEqual(['PING\r\n', '+PONG\r\n']);
  });

  test('to a server that speaks first gets its words without a byte of the client', async () => {
    const { client } = await hops((connection) => connection.send('220 mail\r\n'));
    await client.receives('220 mail\r\n');
    expect(client.received).toBe('220 mail\r\n');
  });

  test('whose client ends its side still gets all of the answer, and its end', async () => {
    const { client, peer } = await hops();
    client.send('question');
    client.end();
    await until('the app sees the end', () => peer.ended);
    expect(peer.received).toBe('question');
    const answer = 'x'.repeat(300_000);
    peer.send(answer);
    peer.end();
    await until('the client sees the end', () => client.ended);
    expect(client.received).toBe(answer);
    await until('both are closed', () => client.closed && peer.closed);
    expect([client.error, peer.error]).toEqual([undefined, undefined]);
  });

  test('whose app ends its side still carries what the client sends', async () => {
    const { client, peer } = await hops();
    peer.send('no more');
    peer.end();
    await until('the client sees the end', () => client.ended);
    client.send('but this');
    await peer.receives('but this');
    client.end();
    await until('both are closed', () => client.closed && peer.closed);
  });

  test.each([['client', 'peer', 'tcp_client_reset'], ['peer', 'client', 'tcp_endpoint_reset']] as const)('that the %s resets is reset for the other one', async (breaks, other, reason) => {
    const sides = await hops();
    sides.client.send('begun');
    await sides.peer.receives('begun');
    sides[breaks].reset();
    await until('the other side is broken', () => sides[other].closed);
    expect([sides[other].error?.code, sides[other].ended]).toEqual(['ECONNRESET', false]);
    await until('both sidecars know why', () => closedFor(sides.outbound, reason) === 1
      && closedFor(sides.inbound, reason, { direction: 'inbound', caller: idOf('web') }) === 1);
  });

  test('carries megabytes in both directions', async () => {
    const { client, peer } = await hops();
    const megabytes = Buffer.alloc(8 * 1_048_576, 'abcdefg');
    client.socket.write(megabytes);
    peer.socket.write(megabytes);
    await until('all of it has come', () => client.received.length === megabytes.length && peer.received.length === megabytes.length, 30_000);
    expect([client.received === peer.received, client.received === megabytes.toString('latin1')]).toEqual([true, true]);
  }, 60_000);
});

describe('who calls', () => {
  test('is refused, told so and counted on both sides, when no rule is for it', async () => {
    const app = await tcpServer(cleanups);
    const inbound = await callee([app.port]);
    const outbound = await caller([inbound.port, inbound.port], 'report');
    const told = reasonsOf(outbound);
    expect(await turnedAway(outbound)).toEqual(RESET);
    await until('it is told', () => told.length === 1);
    // Another endpoint would say the same.
    expect(told[0]).toMatchObject({ reason: 'not_authorized', attempts: 1 });
    expect(closedFor(outbound, 'not_authorized')).toBe(1);
    await until('the callee counts it', () => closedFor(inbound, 'not_authorized', { direction: 'inbound', cluster: '-', caller: idOf('report') }) === 1);
    expect(sampleOf(inbound.metrics(), 'mesh_authorization_decisions_total{listener="test",decision="denied",rule="-",cause="unknown_caller"}')).toBe(1);
    expect(app.connections).toHaveLength(0);
  });

  test('without TLS is refused without a word', async () => {
    const app = await tcpServer(cleanups);
    const inbound = await callee([app.port]);
    const plain = await tcpClient(cleanups, inbound);
    plain.send('PING\r\n');
    await until('it is closed', () => plain.closed);
    expect(plain.received).toBe('');
    await until('it is counted', () => closedFor(inbound, 'mutual_tls_required', { direction: 'inbound', cluster: '-' }) === 1);
    expect(app.connections).toHaveLength(0);
  });

  test('with a certificate of another authority is told that it is not verified', async () => {
    const elsewhere = new TestAuthority();
    const inbound = await callee([(await tcpServer(cleanups)).port]);
    const outbound = await tcpProxy(cleanups, [inbound.port], {
      identity: identity('web', elsewhere, authority.root.certificate + elsewhere.root.certificate), cluster: { mutualTls: { serverIds: [idOf('redis')] } },
    });
    expect(await turnedAway(outbound)).toEqual(RESET);
    await until('it is counted', () => closedFor(outbound, 'caller_unverified') === 1);
    expect(closedFor(inbound, 'caller_unverified', { direction: 'inbound', cluster: '-' })).toBe(1);
  });

  test('another port than one of TCP has no protocol in common', async () => {
    const inbound = await callee([(await tcpServer(cleanups)).port]);
    const { leaf } = { leaf: authority.leaf('web') };
    const error = await new Promise<NodeJS.ErrnoException>((resolve) => {
      connectTls({
        port: inbound.port, host: '127.0.0.1', cert: leaf.certificate, key: leaf.key, rejectUnauthorized: false, ALPNProtocols: ['mesh/h1'],
      }).on('error', resolve);
    });
    expect(error.message).toMatch(/no application protocol|SSL alert number 120/i);
  });

  test('keeps an open connection while rules let it in, and loses it when they don\'t any more', async () => {
    const app = await tcpServer(cleanups);
    const inbound = await callee([app.port]);
    const outbound = await caller([inbound.port]);
    const client = await tcpClient(cleanups, outbound);
    const peer = await app.connection();
    const apply = async (callers: string[]): Promise<void> => {
      const listeners = inbound.config.listeners.map((listener) => ({ ...listener, authorization: { rules: [{ name: 'callers', callers }] } }));
      expect(await inbound.proxy.apply(JSON.stringify({ ...inbound.config, listeners }))).toMatchObject({ ok: true });
    };
    await apply([idOf('web'), idOf('report')]);
    client.send('still there');
    await peer.receives('still there');
    await apply([idOf('report')]);
    await until('it is broken off', () => client.closed && peer.closed);
    expect(closedFor(inbound, 'not_authorized', { direction: 'inbound', caller: idOf('web') })).toBe(1);
  });
});

describe('a callee whose app can\'t be connected to', () => {
  test('costs a client nothing while another one\'s can, and its endpoint is ejected for it', async () => {
    const app = await tcpServer(cleanups, (connection) => connection.send('a;'));
    const clock = new DatedClock();
    const dead = await callee([await freePort()]);
    const alive = [await callee([app.port]), await callee([app.port])];
    const outbound = await caller([dead.port, ...alive.map(({ port }) => port)], 'web', { clock, cluster: { outlierDetection: { consecutiveGatewayErrors: 3 } } });
    for (let i = 0; i < 12; i += 1) {
      await (await tcpClient(cleanups, outbound)).receives('a;');
      clock.advance(1);
    }
    expect(outbound.proxy.clusters.get('backend').endpoints[0]!.state).toBe('ejected');
    expect(sampleOf(outbound.metrics(), 'mesh_retries_total{cluster="backend",reason="connect_failed"}')).toBe(3);
    expect(closedFor(dead, 'connect_failed', { direction: 'inbound', caller: idOf('web') })).toBe(3);
  });

  test('fails health checks, which one with an app passes', async () => {
    const app = await tcpServer(cleanups);
    const [dead, alive] = [await callee([await freePort()]), await callee([app.port])];
    const outbound = await caller([dead.port, alive.port], 'web', { cluster: { healthCheck: { type: 'tcp' } } });
    const [first, second] = outbound.proxy.clusters.get('backend').endpoints;
    await until('both are checked', () => first!.unhealthy && sampleOf(outbound.metrics(), 'mesh_health_checks_total{cluster="backend",result="passed"}') === 1);
    expect(first!.complaint).toBe('the sidecar there has no connection to its app: connect_failed');
    expect(second!.unhealthy).toBe(false);
  });
});

test('a sidecar that says nothing is given up for another one within the time to connect', async () => {
  const app = await tcpServer(cleanups, (connection) => connection.send('a;'));
  const clock = new DatedClock();
  const inbound = await callee([app.port]);
  // Accepts connections, and never completes a handshake.
  const silent: RawBackend = await tcpServer(cleanups);
  const outbound = await caller([silent.port, inbound.port], 'web', { clock, cluster: { connectTimeoutMs: 500 } });
  const clients = [await tcpClient(cleanups, outbound), await tcpClient(cleanups, outbound)];
  await until('one has its endpoint', () => clients.some(({ received }) => received === 'a;'));
  await until('the other waits', () => silent.connections.length === 1);
  clock.advance(600);
  await until('it gets the other one', () => clients.every(({ received }) => received === 'a;'));
  expect(sampleOf(outbound.metrics(), 'mesh_retries_total{cluster="backend",reason="connect_timeout"}')).toBe(1);
});

test('each reason that has a number is read as it was written, and others as a failure to connect', () => {
  const reasons = ['connect_failed', 'connect_timeout', 'not_authorized', 'caller_unverified', 'terminating', 'tcp_connection_limit'] as const;
  expect(reasons.map((code) => refusalByte(code)[0])).toEqual([1, 2, 3, 4, 5, 6]);
  expect(reasons.map((code) => readGreeting(refusalByte(code)[0]!)!.code)).toEqual(reasons);
  expect([refusalByte('memory_limit')[0], readGreeting(255)!.code, readGreeting(200)!.code, readGreeting(0)]).toEqual([255, 'connect_failed', 'connect_failed', undefined]);
});
