/** How the proxy itself ends connections of TCP: for their age, for silence, at a drain, and how it leaves them alone at a reload. */
import type { FinishedConnection } from '../../../../src/proxy/telemetry/connection-record';
import { cleanupsAfterEach } from '../../../support/cleanups';
import { FakeClock } from '../../../support/fake-clock';
import { sampleOf } from '../../../support/prometheus';
import { RawConnection, until } from '../../../support/raw-http';
import { changed, closedFor, joined, tcpClient, tcpSeries, tcpServer } from '../../../support/tcp-proxy';

const cleanups = cleanupsAfterEach();
const HOUR = 3_600_000;

/** Both sides end theirs when the other side has. */
function politely(...connections: readonly RawConnection[]): void {
  for (const { socket } of connections) socket.on('end', () => socket.end());
}

/** A side that has seen the end of the stream learns of a reset when it sends something. */
async function brokenFor(connection: RawConnection): Promise<void> {
  await until('it is broken', () => {
    if (!connection.closed) connection.send('x');
    return connection.closed;
  });
  expect(connection.error?.code).toMatch(/ECONNRESET|EPIPE/);
}

describe('a connection on which nothing passes', () => {
  test('is ended after an hour, with the end of the stream on both sides', async () => {
    const clock = new FakeClock();
    const { proxy, client, peer } = await joined(cleanups, { clock });
    politely(client, peer);
    client.send('PING\r\n');
    await peer.receives('PING\r\n');
    clock.advance(HOUR - 1);
    expect(tcpSeries(proxy, 'connections_open')).toBe(1);
    clock.advance(2_000);
    await until('both are closed', () => client.closed && peer.closed);
    expect([client.error, peer.error, client.ended, peer.ended]).toEqual([undefined, undefined, true, true]);
    await until('it is counted', () => closedFor(proxy, 'tcp_idle_timeout') === 1);
    expect(sampleOf(proxy.metrics(), 'mesh_limit_reached_total{limit="tcp.idleTimeoutMs"}')).toBe(1);
  });

  test.each(['client', 'peer'] as const)('has all of its time again when a byte of the %s passes', async (side) => {
    const clock = new FakeClock();
    const sides = await joined(cleanups, { clock, tcp: { idleTimeoutMs: 10_000 } });
    for (let i = 1; i <= 5; i += 1) {
      clock.advance(9_000);
      sides[side].send('.');
      await until('it has passed', () => (side === 'client' ? sides.peer : sides.client).received.length === i);
    }
    expect(tcpSeries(sides.proxy, 'connections_open')).toBe(1);
    clock.advance(11_000);
    await until('it is ended', () => sides.client.ended);
  });

  test('stays, where that has no limit', async () => {
    const clock = new FakeClock();
    const { client, peer } = await joined(cleanups, { clock, tcp: { idleTimeoutMs: 0 } });
    clock.advance(1_000 * HOUR);
    client.send('still there');
    await peer.receives('still there');
  });

  test('is broken off a moment later where a side does not end its own', async () => {
    const clock = new FakeClock();
    const { proxy, client, peer } = await joined(cleanups, { clock, tcp: { idleTimeoutMs: 10_000 } });
    clock.advance(11_000);
    await until('it is ended', () => client.ended && peer.ended);
    expect(proxy.proxy.context.connections).toBe(1);
    clock.advance(2_000);
    await until('it is closed', () => proxy.proxy.context.connections === 0);
    await Promise.all([brokenFor(client), brokenFor(peer)]);
  });
});

describe('a connection that has lasted as long as it may', () => {
  test('is ended, whatever passes', async () => {
    const clock = new FakeClock();
    const { proxy, client, peer } = await joined(cleanups, { clock, tcp: { maxDurationMs: 60_000 } });
    politely(client, peer);
    for (let i = 0; i < 5; i += 1) {
      clock.advance(10_000);
      client.send('.');
      await until('it has passed', () => peer.received.length === i + 1);
    }
    clock.advance(20_000);
    await until('both are closed', () => client.closed && peer.closed);
    await until('it is counted', () => closedFor(proxy, 'tcp_max_duration') === 1);
    expect(sampleOf(proxy.metrics(), 'mesh_limit_reached_total{limit="tcp.maxDurationMs"}')).toBe(1);
  });
});

describe('a drain', () => {
  test('accepts nobody, leaves connections alone for its time, and ends them in order then', async () => {
    const clock = new FakeClock();
    const { proxy, client, peer } = await joined(cleanups, { clock, drainMs: 10_000 });
    politely(client, peer);
    const drained = proxy.proxy.drain();
    await expect(tcpClient(cleanups, proxy)).rejects.toThrow(/ECONNREFUSED/);
    clock.advance(8_000);
    client.send('still at work');
    await peer.receives('still at work');
    peer.send('still here');
    await client.receives('still here');
    clock.advance(1_500);
    await until('both are closed', () => client.closed && peer.closed);
    expect([client.error, peer.error]).toEqual([undefined, undefined]);
    expect(await drained).toEqual({ cut: 1 });
    expect(closedFor(proxy, 'shutting_down')).toBe(1);
  });

  test('is over as soon as the last connection has ended by itself', async () => {
    const clock = new FakeClock();
    const { proxy, client, peer } = await joined(cleanups, { clock, drainMs: 10_000 });
    politely(client, peer);
    const drained = proxy.proxy.drain();
    client.end();
    expect(await drained).toEqual({ cut: 0 });
    expect(closedFor(proxy, '-')).toBe(1);
  });

  test('breaks off at its end what a side does not end', async () => {
    const clock = new FakeClock();
    const { proxy, client, peer } = await joined(cleanups, { clock, drainMs: 10_000 });
    const drained = proxy.proxy.drain();
    clock.advance(10_000);
    await drained;
    await Promise.all([brokenFor(client), brokenFor(peer)]);
  });
});

describe('another configuration', () => {
  test('leaves open connections where they are, and sends new ones where it says', async () => {
    const { proxy, client, peer } = await joined(cleanups);
    const other = await tcpServer(cleanups);
    const text = changed(proxy, { discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: other.port }] } }, { tcp: { idleTimeoutMs: 5_000 } });
    expect(await proxy.proxy.apply(text)).toMatchObject({ ok: true });
    client.send('to the old one');
    await peer.receives('to the old one');
    peer.send('from it');
    await client.receives('from it');
    const second = await tcpClient(cleanups, proxy);
    second.send('to the new one');
    await (await other.connection()).receives('to the new one');
    expect([client.closed, tcpSeries(proxy, 'connections_open')]).toEqual([false, 2]);
  });

  test('in which the listener and its cluster are gone does so, too', async () => {
    const { proxy, client, peer } = await joined(cleanups, { direction: 'inbound' });
    expect(await proxy.proxy.apply(JSON.stringify({ ...proxy.config, listeners: [], clusters: [] }))).toMatchObject({ ok: true });
    await expect(tcpClient(cleanups, proxy)).rejects.toThrow(/ECONNREFUSED/);
    client.send('still there');
    await peer.receives('still there');
    peer.end();
    client.end();
    await until('it is over', () => client.closed && proxy.proxy.context.connections === 0);
    expect(proxy.metrics()).not.toContain('cluster="backend"');
  });

  test('by which the port speaks HTTP from now on does so, too', async () => {
    const { proxy, client, peer } = await joined(cleanups);
    expect(await proxy.proxy.apply(changed(proxy, { protocol: 'http1' }, { protocol: 'http1' }))).toMatchObject({ ok: true });
    client.send('still TCP');
    await peer.receives('still TCP');
    const second = await tcpClient(cleanups, proxy);
    second.send('no HTTP\r\n\r\n');
    await second.closes();
    expect(second.received).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('back to TCP takes connections of TCP again', async () => {
    const { proxy, server } = await joined(cleanups);
    for (const protocol of ['http1', 'tcp'] as const) expect(await proxy.proxy.apply(changed(proxy, { protocol }, { protocol }))).toMatchObject({ ok: true });
    const client = await tcpClient(cleanups, proxy);
    client.send('hello');
    await (await server.connection(1)).receives('hello');
  });
});

test('a connection whose memory is needed is broken off, and no other', async () => {
  const sides = await joined(cleanups, { limits: { maxBufferedBytes: 4 * 1024 * 1024 } });
  const idle = await tcpClient(cleanups, sides.proxy);
  sides.peer.socket.pause();
  const [held] = [...sides.proxy.proxy.listeners.all()[0]!.connections];
  sides.client.socket.write(Buffer.alloc(32 * 1024 * 1024));
  await until('much is held', () => held!.heldBytes > 1024 * 1024);
  held!.breakOff();
  await until('it is broken', () => sides.client.closed);
  await until('it is counted', () => closedFor(sides.proxy, 'memory_shed') === 1);
  expect(idle.closed).toBe(false);
});

test('a connection is told to the access log once, with what passed, how long it lasted, and why it ended', async () => {
  const clock = new FakeClock();
  const { proxy, client, peer, server } = await joined(cleanups, { clock, direction: 'inbound' });
  const told: FinishedConnection[] = [];
  proxy.proxy.context.onTcpClosed = (connection) => { told.push(connection); };
  client.send('12345');
  await peer.receives('12345');
  peer.send('123');
  await client.receives('123');
  clock.advance(1_234);
  peer.reset();
  await until('it is told', () => told.length > 0);
  expect(told).toEqual([{
    listener: 'test', accessLog: undefined, client: undefined, caller: undefined, reason: 'tcp_endpoint_reset', detail: '', durationMs: 1_234, connectMs: 0,
    cluster: 'backend', endpoint: `127.0.0.1:${server.port}`, attempts: 1, attemptRecords: [], bytesIn: 5, bytesOut: 3,
  }]);
});
