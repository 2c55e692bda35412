/**
 * A request that nobody waits for any more ends where it is being worked on: given up by its client, or by the proxy itself,
 * directly or across the two sidecars of a mesh. The endpoint sees its connection reset.
 */
import { cleanupsAfterEach } from '../../support/cleanups';
import { startProxy, TestProxy, TestProxyOptions } from '../../support/proxy';
import { RawBackend, rawClient, RawConnection, until } from '../../support/raw-http';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const SLOW = 'GET /slow HTTP/1.1\r\nHost: a\r\n\r\n';

const cleanups = cleanupsAfterEach();

async function app(onConnection?: (connection: RawConnection) => void): Promise<RawBackend> {
  const backend = await RawBackend.start(onConnection);
  cleanups.push(() => backend.close());
  return backend;
}

async function proxyTo(ports: readonly number[], options?: TestProxyOptions): Promise<TestProxy> {
  const test = await startProxy(ports, options);
  cleanups.push(() => test.proxy.close());
  return test;
}

async function clientOf(test: TestProxy): Promise<RawConnection> {
  const client = await rawClient(test.port);
  cleanups.push(() => client.socket.destroy());
  return client;
}

const isReset = (connection: RawConnection | undefined): boolean => connection?.error?.code === 'ECONNRESET';
const counted = (test: TestProxy): string[] => test.metrics().split('\n').filter((line) => line.startsWith('mesh_requests_total{'));

const goes = [
  ['closes its connection', (client: RawConnection) => client.end()],
  ['resets its connection', (client: RawConnection) => client.reset()],
] as const;

describe.each(goes)('GIVEN a client that %s while its request is under way', (_, go) => {
  test('the request is ended, and counted as given up', async () => {
    const backend = await app();
    const test = await proxyTo([backend.port]);
    const client = await clientOf(test);
    client.send(SLOW);
    await until('the request arrives', () => backend.received.includes('GET'));
    go(client);
    await until('the app sees it', () => isReset(backend.connections[0]));
    expect(counted(test)).toEqual([expect.stringMatching(/code="499",reason="client_abort"} 1$/)]);
    expect(test.proxy.clusters.get('backend').endpoints[0]!.inFlight).toBe(0);
    await until('the connection is gone', () => test.proxy.context.connections === 0);
  });

  test('the app sees it behind two sidecars, too', async () => {
    const backend = await app();
    const inbound = await proxyTo([backend.port], { direction: 'inbound' });
    const outbound = await proxyTo([inbound.port]);
    const client = await clientOf(outbound);
    client.send(SLOW);
    await until('the request arrives', () => backend.received.includes('GET'));
    go(client);
    await until('the app sees it', () => isReset(backend.connections[0]));
    for (const each of [inbound, outbound]) expect(counted(each)).toEqual([expect.stringMatching(/code="499",reason="client_abort"} 1$/)]);
  });

  test('it is seen in the middle of the response', async () => {
    const backend = await app((connection) => connection.socket.once('data', () => connection.send('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart')));
    const test = await proxyTo([backend.port]);
    const client = await clientOf(test);
    client.send(SLOW);
    await client.receives('part');
    go(client);
    await until('the app sees it', () => isReset(backend.connections[0]));
    expect(counted(test)).toEqual([expect.stringMatching(/code="200",reason="client_abort"} 1$/)]);
  });

  test('it is seen though other requests follow, and none of those begins', async () => {
    const backend = await app();
    const test = await proxyTo([backend.port]);
    const client = await clientOf(test);
    client.send(SLOW);
    await until('the request arrives', () => backend.received.includes('GET'));
    for (let i = 0; i < 3; i += 1) {
      client.send(SLOW);
      await new Promise((resolve) => { setImmediate(resolve); });
    }
    go(client);
    await until('the app sees it', () => isReset(backend.connections[0]));
    await until('the connection is gone', () => test.proxy.context.connections === 0);
    expect(counted(test)).toHaveLength(1);
    expect(backend.received.split('GET')).toHaveLength(2);
  });

  test('it is seen behind a body that had to wait', async () => {
    const size = 16 * 1024 * 1024;
    let got = 0;
    const backend = await app((connection) => {
      connection.socket.removeAllListeners('data');
      connection.socket.on('data', (chunk) => { got += chunk.length; });
      connection.socket.pause();
    });
    const test = await proxyTo([backend.port]);
    const client = await clientOf(test);
    client.send(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`);
    client.send(Buffer.alloc(size));
    await until('it has to wait', () => test.metrics().includes('mesh_limit_reached_total{limit="maxBufferedBytes"}'));
    backend.connections[0]!.socket.resume();
    await until('all has arrived', () => got > size);
    go(client);
    await until('the app sees it', () => isReset(backend.connections[0]));
  });
});

test('a client that closes behind requests that were answered at once gets the answers', async () => {
  const test = await proxyTo([]);
  const client = await clientOf(test);
  client.send(SLOW + SLOW);
  client.end();
  expect((await client.closes()).split('details="no_endpoints"')).toHaveLength(3);
});

test('what a client sends behind its request is read no further than a head may be long, and nothing of it is lost', async () => {
  let released = false;
  const backend = await app((connection) => {
    connection.socket.removeAllListeners('data');
    connection.socket.on('data', (chunk) => {
      if (chunk.toString('latin1').endsWith('\r\n\r\n') && released) connection.send(OK);
    });
  });
  const test = await proxyTo([backend.port]);
  const client = await clientOf(test);
  const head = `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(8_000)}\r\n\r\n`;
  const count = 2_000;
  client.send(head.repeat(count));
  let [left, looks] = [Infinity, 0];
  await until('no more is taken', () => {
    looks = client.socket.writableLength === left ? looks + 1 : 0;
    left = client.socket.writableLength;
    return looks > 25;
  });
  // The kernel holds some megabytes, the proxy what one read brings besides the length of a head.
  expect(left).toBeGreaterThan(0);
  released = true;
  backend.connections[0]!.send(OK);
  await until('all are answered', () => client.received.split('\r\n\r\nok').length - 1 === count, 20_000);
});

describe('a call that the proxy gives up is reset, so that a sidecar there and its app give it up, too', () => {
  /** Apps behind sidecars of their own; the first one never answers what is slow. */
  async function two(options: TestProxyOptions): Promise<{ first: RawBackend; test: TestProxy }> {
    const first = await RawBackend.answering((head) => (head.includes('/slow') ? '' : OK));
    const second = await RawBackend.answering(() => OK);
    cleanups.push(() => first.close(), () => second.close());
    const sidecars = await Promise.all([first, second].map(({ port }) => proxyTo([port], { direction: 'inbound' })));
    const endpoints = sidecars.map(({ port }, priority) => ({ address: '127.0.0.1', port, priority }));
    return { first, test: await proxyTo([], { ...options, cluster: { discovery: { type: 'static', endpoints } } }) };
  }

  test.each([
    ['its time for one try is over', { retry: { tryTimeoutMs: 500 } }, '200 OK'],
    ['another endpoint is faster', { hedge: { minimumDelayMs: 5 } }, '200 OK'],
    // The sidecar there, which was told of the deadline, may be the first to say so.
    ['the route\'s time is over', { timeoutMs: 500 }, '504 Gateway Timeout'],
  ])('WHEN %s', async (_, route, answer) => {
    const { first, test } = await two({ route });
    const client = await clientOf(test);
    // What hedging is measured by.
    const known = 60;
    client.send('GET /fast HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(known));
    await until('all are answered', () => client.received.split('200 OK').length - 1 === known);
    client.received = '';
    client.send(SLOW);
    await client.receives(answer);
    const asked = first.connections.find(({ received }) => received.includes('/slow'));
    await until('the app sees it', () => isReset(asked));
  });
});

test('a connection is closed in order, GIVEN that no request is on it', async () => {
  const backend = await app((connection) => connection.socket.on('data', () => connection.send(OK)));
  const test = await proxyTo([backend.port], { cluster: { idleTimeoutMs: 20 } });
  const client = await clientOf(test);
  client.send(SLOW);
  await client.receives('ok');
  await until('it is closed', () => backend.connections[0]!.ended);
  expect(backend.connections[0]!.error).toBeUndefined();
});
