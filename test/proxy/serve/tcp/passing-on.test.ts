/** What passes between the two sides of a connection of TCP, over real sockets: bytes, ends, resets, and no more than the slower side takes. */
import { drain, pour } from '../../../support/byte-streams';
import { cleanupsAfterEach } from '../../../support/cleanups';
import { until } from '../../../support/raw-http';
import { closedFor, joined, tcpClient, tcpProxy, tcpSeries, tcpServer } from '../../../support/tcp-proxy';

const cleanups = cleanupsAfterEach();
const MIB = 1_048_576;

describe('bytes', () => {
  test('pass on as they are, in both directions, whatever they are', async () => {
    const { client, peer } = await joined(cleanups);
    client.send('\x16\x03\x01 GET / HTTP/1.1\r\n\r\n\x00\xff');
    await peer.receives('\x16\x03\x01 GET / HTTP/1.1\r\n\r\n\x00\xff');
    peer.send('-ERR unknown command\r\n\x00');
    await client.receives('-ERR unknown command\r\n\x00');
    expect([peer.received, client.received]).toEqual(['\x16\x03\x01 GET / HTTP/1.1\r\n\r\n\x00\xff', '-ERR unknown command\r\n\x00']);
  });

  test('of a server that speaks first reach a client that says nothing', async () => {
    const { client } = await joined(cleanups, {}, (connection) => connection.send('220 mail.shop ESMTP\r\n'));
    await client.receives('220 mail.shop ESMTP\r\n');
  });

  test('are counted by direction, with the connection while it is open and when it is over', async () => {
    const { proxy, client, peer } = await joined(cleanups);
    client.send('12345');
    await peer.receives('12345');
    peer.send('123');
    await client.receives('123');
    const counted = (): number[] => ['connections_opened_total', 'connections_open', 'received_bytes_total', 'sent_bytes_total'].map((name) => tcpSeries(proxy, name));
    expect(counted()).toEqual([1, 1, 5, 3]);
    client.end();
    peer.end();
    await until('it is over', () => closedFor(proxy, '-') === 1);
    expect(counted()).toEqual([1, 0, 5, 3]);
    expect(tcpSeries(proxy, 'connection_duration_seconds_count')).toBe(1);
  });
});

describe('an end', () => {
  test('of the client is passed on by itself: the server goes on sending', async () => {
    const { proxy, client, peer } = await joined(cleanups);
    client.send('all of it');
    client.end();
    await until('the server sees the end', () => peer.ended);
    expect(peer.received).toBe('all of it');
    peer.send('an answer to it');
    await client.receives('an answer to it');
    expect([client.ended, peer.closed]).toEqual([false, false]);
    peer.end();
    await until('both are closed', () => client.closed && peer.closed);
    expect([client.error, peer.error]).toEqual([undefined, undefined]);
    await until('it is counted', () => closedFor(proxy, '-') === 1);
  });

  test('of the server is passed on by itself: the client goes on sending', async () => {
    const { client, peer } = await joined(cleanups);
    peer.send('no more from here');
    peer.end();
    await until('the client sees the end', () => client.ended);
    expect(client.received).toBe('no more from here');
    client.send('but from here');
    await peer.receives('but from here');
    expect(peer.ended).toBe(false);
    client.end();
    await until('both are closed', () => client.closed && peer.closed);
  });

  test('that comes with the first bytes, before there is an endpoint, is passed on behind them', async () => {
    const server = await tcpServer(cleanups);
    const client = await tcpClient(cleanups, await tcpProxy(cleanups, [server.port]));
    client.send('PING\r\n');
    client.end();
    const peer = await server.connection();
    await until('the server sees the end', () => peer.ended);
    expect(peer.received).toBe('PING\r\n');
  });
});

describe('a side that breaks', () => {
  test.each([
    ['the client', 'tcp_client_reset', 'client', 'peer'],
    ['the server', 'tcp_endpoint_reset', 'peer', 'client'],
  ] as const)('%s: the other one sees a reset, and not an end', async (_, reason, breaks, other) => {
    const sides = await joined(cleanups);
    sides.client.send('begun');
    await sides.peer.receives('begun');
    sides[breaks].reset();
    await until('the other side is broken', () => sides[other].closed);
    expect([sides[other].error?.code, sides[other].ended]).toEqual(['ECONNRESET', false]);
    await until('it is counted', () => closedFor(sides.proxy, reason) === 1);
    expect(tcpSeries(sides.proxy, 'connections_open')).toBe(0);
  });
});

test('a client that has sent its end, and more before it than the server takes, is broken off all the same', async () => {
  const { proxy, client, peer } = await joined(cleanups, { limits: { maxBufferedBytes: 64 * MIB } });
  // It takes something, so that the rest waits at another place than the first of it.
  let taken = 0;
  peer.socket.removeAllListeners('data');
  peer.socket.on('data', (bytes) => {
    taken += bytes.length;
    if (taken > 8 * MIB) peer.socket.pause();
  });
  client.socket.write(Buffer.alloc(64 * MIB));
  client.end();
  await until('all of it has come to the proxy, with its end', () => tcpSeries(proxy, 'received_bytes_total') === 64 * MIB && client.socket.writableFinished);
  const [connection] = [...proxy.proxy.listeners.all()[0]!.connections];
  await until('much of it is held', () => peer.socket.isPaused() && connection!.heldBytes > MIB);
  connection!.breakOff();
  await until('it is over', () => proxy.proxy.context.connections === 0);
  expect(closedFor(proxy, 'memory_shed')).toBe(1);
});

test('64 MiB arrive as they were sent, in both directions at the same time', async () => {
  const { proxy, client, peer } = await joined(cleanups);
  const arrived = [drain(peer.socket), drain(client.socket)];
  const sent = [pour(client.socket, 64 * MIB, 1), pour(peer.socket, 64 * MIB, 2)];
  expect(await Promise.all(arrived)).toEqual(await Promise.all(sent));
  expect([tcpSeries(proxy, 'received_bytes_total'), tcpSeries(proxy, 'sent_bytes_total')]).toEqual([64 * MIB, 64 * MIB]);
}, 60_000);

describe('a reader that takes nothing', () => {
  const KERNEL = 16 * MIB;

  test.each([['the server', 'client', 'peer'], ['the client', 'peer', 'client']] as const)('%s: the proxy holds no more than it may, and goes on when it reads again', async (_, from, to) => {
    const sides = await joined(cleanups, { limits: { maxBufferedBytes: 65_536 } });
    const { socket: writer } = sides[from];
    const { socket: reader } = sides[to];
    reader.removeAllListeners('data');
    reader.pause();
    // As much as the kernel's buffers of four sockets can take, twice over.
    const total = 64 * MIB;
    const sent = pour(writer, total, 3);
    const passed = (): number => tcpSeries(sides.proxy, from === 'client' ? 'received_bytes_total' : 'sent_bytes_total');
    let before = 0;
    let looks = 0;
    await until('nothing passes any more', () => {
      const now = passed();
      looks = now === before && writer.writableNeedDrain ? looks + 1 : 0;
      before = now;
      return looks === 20;
    });
    expect(passed()).toBeLessThan(KERNEL);
    const [connection] = [...sides.proxy.proxy.listeners.all()[0]!.connections];
    // One read more than what makes it hold back.
    expect(connection!.heldBytes).toBeLessThanOrEqual(2 * 65_536);
    const arrived = drain(reader);
    reader.resume();
    expect(await arrived).toBe(await sent);
    expect(passed()).toBe(total);
  }, 60_000);
});
