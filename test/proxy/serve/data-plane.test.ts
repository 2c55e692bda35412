import type { ConnectionPool } from '../../../src/proxy/cluster/pool';
import { request } from 'node:http';
import type { EndpointStats } from '../../../src/balancing';
import { cleanupsAfterEach } from '../../support/cleanups';
import { FakeClock } from '../../support/fake-clock';
import { RawBackend, rawClient, RawConnection, until } from '../../support/raw-http';
import { draining, freePort, ready, startProxy, TestProxy, TestProxyOptions } from '../../support/proxy';

const OK = 'HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 2\r\n\r\nok';
const GET = 'GET / HTTP/1.1\r\nHost: shop\r\n\r\n';

const cleanups = cleanupsAfterEach();

async function proxyFor(backend: RawBackend | readonly number[], options?: TestProxyOptions): Promise<TestProxy> {
  const test = await startProxy(backend instanceof RawBackend ? [backend.port] : backend, options);
  cleanups.push(() => test.proxy.close());
  return test;
}

async function start(onConnection?: (connection: RawConnection) => void): Promise<RawBackend> {
  const backend = await RawBackend.start(onConnection);
  cleanups.push(() => backend.close());
  return backend;
}

async function answering(answer: (head: string, connection: RawConnection) => string): Promise<RawBackend> {
  const backend = await RawBackend.answering(answer);
  cleanups.push(() => backend.close());
  return backend;
}

async function client(test: TestProxy): Promise<RawConnection> {
  const connection = await rawClient(test.port);
  cleanups.push(() => connection.socket.destroy());
  return connection;
}

/** Sends one request and returns all that comes back until it matches or the connection closes. */
async function ask(test: TestProxy, message: string, expected: string | RegExp): Promise<string> {
  const connection = await client(test);
  connection.send(message);
  return connection.receives(expected);
}

describe('connections', () => {
  test('to client and backend are kept for the next request', async () => {
    const backend = await answering(() => OK);
    const test = await proxyFor(backend);
    const connection = await client(test);
    for (let i = 1; i <= 3; i += 1) {
      connection.send(GET);
      await until('the response', () => connection.received.split('\r\n\r\nok').length === i + 1);
    }
    expect(backend.connections).toHaveLength(1);
    expect(connection.closed).toBe(false);
    expect(test.metrics()).toContain('mesh_requests_total{listener="test",direction="outbound",cluster="backend",route="default",caller="-",method="GET",code="200",reason="-"} 3');
  });

  test('close after the response, given Connection: close', async () => {
    const test = await proxyFor(await answering(() => OK));
    const connection = await client(test);
    connection.send('GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n');
    expect(await connection.closes()).toMatch(/connection: close\r\n/);
  });

  test('of HTTP/1.0 clients close, unless they ask to keep them', async () => {
    const test = await proxyFor(await answering(() => OK));
    const first = await client(test);
    first.send('GET / HTTP/1.0\r\n\r\n');
    expect(await first.closes()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    const second = await client(test);
    second.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    await second.receives(/connection: keep-alive\r\n[^]*ok/);
    expect(second.ended).toBe(false);
  });

  test('to a backend that says Connection: close are not used again', async () => {
    const backend = await answering(() => OK.replace('Date', 'Connection: close\r\nDate'));
    const test = await proxyFor(backend);
    const connection = await client(test);
    connection.send(GET);
    await connection.receives('ok');
    connection.send(GET);
    await until('the second response', () => connection.received.split('\r\n\r\nok').length === 3);
    expect(backend.connections).toHaveLength(2);
  });

  test('that are idle close after their time', async () => {
    const test = await proxyFor(await answering(() => OK), { limits: { idleTimeoutMs: 30 } });
    await (await client(test)).closes();
  });

  test('beyond the limit are answered with 503 connection_limit', async () => {
    const test = await proxyFor(await answering(() => OK), { limits: { maxConnections: 1 } });
    const first = await client(test);
    first.send(GET);
    await first.receives('ok');
    expect(await (await client(test)).closes()).toContain('details="connection_limit"');
    expect(test.metrics()).toContain('mesh_limit_reached_total{limit="maxConnections"} 1');
  });

  test.each([['inbound', true], ['outbound', false]] as const)('beyond the limit of an %s listener: a caller\'s sidecar learns that nobody has seen its request: %s', async (direction, learns) => {
    const test = await proxyFor(await answering(() => OK), { limits: { maxConnections: 1 }, direction });
    const first = await client(test);
    first.send(GET);
    await first.receives('ok');
    expect((await (await client(test)).closes()).includes('x-mesh-unsent: connection_limit\r\n')).toBe(learns);
  });
});

describe('pipelined requests', () => {
  test('are answered in order', async () => {
    const test = await proxyFor(await answering((head) => OK.replace('Date', `X-Path: ${head.split(' ')[1]}\r\nDate`)));
    const connection = await client(test);
    connection.send('GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /3 HTTP/1.1\r\nHost: a\r\n\r\n');
    await connection.receives('X-Path: /3');
    expect([...connection.received.matchAll(/X-Path: (\S+)/g)].map((match) => match[1])).toEqual(['/1', '/2', '/3']);
  });

  test('by the thousand, each refused at once, neither overflow the stack nor get lost', async () => {
    const test = await proxyFor([], {});
    const connection = await client(test);
    connection.send(GET.repeat(5_000));
    await until('all answers', () => connection.received.split('details="no_endpoints"').length === 5_001, 10_000);
  });
});

describe('bodies', () => {
  test('of a request reach the backend as declared, by length and in chunks', async () => {
    const backend = await start((connection) => connection.socket.on('data', () => {
      if (/abcde$|0\r\nT: 1\r\n\r\n$/.test(connection.received)) connection.send(OK);
    }));
    const test = await proxyFor(backend);
    await ask(test, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde', 'ok');
    await ask(test, 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n', 'ok');
    expect(backend.received).toMatch(/Content-Length: 5\r\n[^]*\r\n\r\nabcde/);
    expect(backend.received).toMatch(/transfer-encoding: chunked\r\n[^]*\r\n\r\n5\r\nabcde\r\n0\r\nT: 1\r\n\r\n/);
  });

  test.each([
    ['by length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde', /Content-Length: 5\r\n[^]*\r\n\r\nabcde$/],
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n', /chunked\r\n[^]*\r\n\r\n1\r\na\r\n1\r\nb\r\n1\r\nc\r\n1\r\nd\r\n1\r\ne\r\n0\r\n\r\n$/],
    ['empty', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', /Content-Length: 0\r\n[^]*\r\n\r\n$/],
    ['204', 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n', /^HTTP\/1.1 204 No Content\r\ndate: [^\r]*\r\n\r\n$/],
    ['304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n', /^HTTP\/1.1 304 Not Modified\r\nContent-Length: 9\r\n[^]*\r\n\r\n$/],
  ])('of a response reach the client, cut at every byte: %s', async (_, response, expected) => {
    const test = await proxyFor(await start((connection) => connection.socket.once('data', () => connection.sendSlowly(response))));
    const connection = await client(test);
    connection.send(GET);
    await connection.receives(expected);
    connection.send(GET);
    await until('the request is read', () => test.proxy.context.connections === 1);
  });

  test('that end with the backend\'s connection become chunks for HTTP/1.1 and end the connection for HTTP/1.0', async () => {
    const test = await proxyFor(await start((connection) => connection.socket.once('data', () => {
      connection.send('HTTP/1.1 200 OK\r\n\r\nabc');
      connection.end();
    })));
    await ask(test, GET, /transfer-encoding: chunked\r\n[^]*3\r\nabc\r\n0\r\n\r\n$/);
    const old = await client(test);
    old.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    expect(await old.closes()).toMatch(/connection: close\r\n[^]*\r\n\r\nabc$/);
  });

  test('are absent from the answer to HEAD, whatever its fields say', async () => {
    const test = await proxyFor(await answering(() => 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n'));
    const connection = await client(test);
    connection.send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
    await connection.receives(/Content-Length: 100\r\n[^]*\r\n\r\n$/);
    connection.send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
    await until('the second answer', () => connection.received.split('Content-Length: 100').length === 3);
  });

  test('of many megabytes pass both ways at once, with a reader slower than the writer', async () => {
    const size = 64 * 1024 * 1024;
    const backend = await start((connection) => {
      let got = 0;
      let answered = false;
      connection.socket.removeAllListeners('data');
      connection.socket.on('data', (chunk: Buffer) => {
        if (!answered) {
          answered = true;
          got = chunk.length - chunk.indexOf('\r\n\r\n') - 4;
          connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
          connection.send(chunk.subarray(chunk.indexOf('\r\n\r\n') + 4));
        } else {
          got += chunk.length;
          if (!connection.socket.write(chunk)) {
            connection.socket.pause();
            connection.socket.once('drain', () => connection.socket.resume());
          }
        }
        expect(got).toBeLessThanOrEqual(size);
      });
    });
    const test = await proxyFor(backend);
    const connection = await rawClient(test.port);
    connection.socket.removeAllListeners('data');
    cleanups.push(() => connection.socket.destroy());
    let received = 0;
    connection.socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received % 7 === 0) {
        connection.socket.pause();
        setImmediate(() => connection.socket.resume());
      }
    });
    connection.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`);
    const piece = Buffer.alloc(65_536, 'x');
    for (let sent = 0; sent < size; sent += piece.length) {
      if (!connection.socket.write(piece)) await new Promise((resolve) => { connection.socket.once('drain', resolve); });
    }
    await until('everything came back', () => received >= size, 20_000);
  });

  test('stop flowing when the other side takes nothing, in either direction', async () => {
    /** Bytes that a writer gets rid of before it is held up for good. */
    const fill = async (connection: RawConnection): Promise<number> => {
      const piece = Buffer.alloc(65_536, 'x');
      let written = 0;
      for (;;) {
        if (written > 64 * 1024 * 1024) return written;
        written += piece.length;
        if (connection.socket.write(piece)) continue;
        const moved = await Promise.race([
          new Promise<boolean>((resolve) => { connection.socket.once('drain', () => resolve(true)); }),
          new Promise<boolean>((resolve) => { setTimeout(() => resolve(false), 300); }),
        ]);
        if (!moved) return written;
      }
    };
    const backend = await start((connection) => connection.socket.pause());
    const test = await proxyFor(backend);
    const uploading = await client(test);
    uploading.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n');
    // The kernel's own buffers take a few megabytes on each of the two connections.
    expect(await fill(uploading)).toBeLessThan(32 * 1024 * 1024);

    const sender = await start((connection) => connection.socket.once('data', () => {
      connection.send('HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n');
    }));
    const downloading = await client(await proxyFor(sender));
    downloading.socket.pause();
    downloading.send(GET);
    const connection = await sender.connection();
    await until('the response has begun', () => connection.received.includes('GET'));
    expect(await fill(connection)).toBeLessThan(32 * 1024 * 1024);
  });

  test('beyond maxBodyBytes are refused with 413', async () => {
    const test = await proxyFor(await start(), { limits: { maxBodyBytes: 4 } });
    await ask(test, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n', /^HTTP\/1.1 413 [^]*details="body_too_large"/);
    await ask(test, 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n', /^HTTP\/1.1 413 [^]*details="body_too_large"/);
  });
});

describe('interim responses', () => {
  test('reach the client before the final one, and the body waits for nothing', async () => {
    const backend = await start((connection) => connection.socket.on('data', () => {
      if (connection.received.endsWith('\r\n\r\n')) connection.send('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n');
      else if (connection.received.endsWith('abc')) connection.send(OK);
    }));
    const test = await proxyFor(backend);
    const connection = await client(test);
    connection.send('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n');
    await connection.receives('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n');
    connection.send('abc');
    await connection.receives('ok');
  });

  test('do not reach an HTTP/1.0 client', async () => {
    const test = await proxyFor(await answering(() => `HTTP/1.1 103 Early Hints\r\n\r\n${OK}`));
    const connection = await client(test);
    connection.send('GET / HTTP/1.0\r\n\r\n');
    expect(await connection.closes()).toMatch(/^HTTP\/1.1 200/);
  });
});

describe('when the backend fails', () => {
  test('the answer is 503 connect_failed, given no listener there', async () => {
    const test = await proxyFor([await freePort()]);
    const answer = await ask(test, GET, /\n[^]*\n$/);
    expect(answer).toMatch(/^HTTP\/1.1 503 Service Unavailable\r\n/);
    expect(answer).toContain('proxy-status: web.shop; error=connection_refused; details="connect_failed"\r\n');
  });

  test('another endpoint is tried, given one that refuses connections, whatever the method', async () => {
    const backend = await answering(() => OK);
    const test = await proxyFor([await freePort(), backend.port]);
    for (let i = 0; i < 4; i += 1) await ask(test, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab', 'ok');
    expect(test.metrics()).toMatch(/mesh_retries_total\{cluster="backend",reason="connect_failed"\} [1-4]\n/);
  });

  test('another endpoint is tried, given a policy that prefers the one that refuses', async () => {
    const backend = await answering(() => OK);
    const test = await proxyFor([await freePort(), backend.port], { cluster: { loadBalancing: { type: 'leastRequest' } } });
    const busy = test.proxy.clusters.get('backend').endpoints[1]!;
    for (let i = 0; i < 10; i += 1) busy.stats.started();
    for (let i = 0; i < 20; i += 1) await ask(test, GET, 'ok');
  });

  test('the answer is 503 no_endpoints, given none', async () => {
    await ask(await proxyFor([]), GET, /^HTTP\/1.1 503 [^]*details="no_endpoints"/);
  });

  test('the answer is 502 upstream_closed, given a connection that closes before the response', async () => {
    const test = await proxyFor(await start((connection) => connection.socket.on('data', () => connection.reset())));
    await ask(test, GET, /^HTTP\/1.1 502 Bad Gateway\r\n[^]*details="upstream_closed"/);
    const half = await proxyFor(await start((connection) => connection.socket.on('data', () => { connection.send('HTTP/1.1 200'); connection.end(); })));
    await ask(half, GET, /^HTTP\/1.1 502 Bad Gateway\r\n[^]*details="upstream_closed"/);
  });

  test.each([
    ['by length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'],
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'],
  ])('in the middle of a body sent %s, the client sees a broken message', async (_, response) => {
    const test = await proxyFor(await start((connection) => connection.socket.on('data', () => { connection.send(response); connection.end(); })));
    const connection = await client(test);
    connection.send(GET);
    await until('the connection is reset', () => connection.closed);
    expect(connection.error?.code).toBe('ECONNRESET');
    expect(connection.received).not.toMatch(/\r\n0\r\n\r\n$/);
    expect(test.metrics()).toContain('reason="upstream_broken_body"} 1');
  });

  test.each([
    ['something that is not HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['Content-Length and Transfer-Encoding', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nab'],
    ['an unknown coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n'],
    ['a folded field', 'HTTP/1.1 200 OK\r\nA: 1\r\n 2\r\n\r\n'],
    ['white space before a colon', 'HTTP/1.1 200 OK\r\nA : 1\r\n\r\n'],
    ['a bare carriage return', 'HTTP/1.1 200 OK\r\nA: 1\r2\r\n\r\n'],
    ['status 99', 'HTTP/1.1 099 OK\r\n\r\n'],
    ['status 1000', 'HTTP/1.1 1000 OK\r\n\r\n'],
    ['HTTP/2', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['a 101 that nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'],
    ['a head beyond the limit', `HTTP/1.1 200 OK\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`],
  ])('the answer is 502 upstream_protocol_error, given %s', async (_, response) => {
    const test = await proxyFor(await answering(() => response));
    await ask(test, GET, /^HTTP\/1.1 502 Bad Gateway\r\n[^]*details="upstream_protocol_error"/);
  });

  test('bytes behind a response are never taken for the next one', async () => {
    const backend = await answering(() => `${OK}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`);
    const test = await proxyFor(backend);
    const connection = await client(test);
    connection.send(GET);
    await connection.receives('ok');
    connection.send(GET);
    await until('the second answer', () => connection.received.split('\r\n\r\nok').length === 3);
    expect(connection.received).not.toContain('evil');
    expect(backend.connections).toHaveLength(2);
  });

  test('bytes on an idle connection close it', async () => {
    const backend = await answering(() => OK);
    const test = await proxyFor(backend);
    await ask(test, GET, 'ok');
    backend.connections[0]!.send(OK);
    await until('the connection is closed', () => backend.connections[0]!.closed || backend.connections[0]!.ended);
    await ask(test, GET, 'ok');
    expect(backend.connections).toHaveLength(2);
  });

  test('an idempotent request goes on another connection, given a used one that closes without an answer; others do not', async () => {
    let requests = 0;
    const backend = await answering((_, connection) => {
      requests += 1;
      if (requests % 2 === 0) connection.reset();
      return OK;
    });
    const test = await proxyFor(backend);
    const connection = await client(test);
    connection.send(GET);
    await connection.receives('ok');
    connection.send(GET);
    await until('the second answer', () => connection.received.split('\r\n\r\nok').length === 3);
    expect(test.metrics()).toContain('mesh_retries_total{cluster="backend",reason="upstream_closed"} 1');
    connection.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
    await connection.receives('details="upstream_closed"');
    expect(requests).toBe(4);
  });

  test('the same goes for a connection that was open before and carried no request yet', async () => {
    let requests = 0;
    const backend = await answering((_, connection) => {
      requests += 1;
      if (requests === 1) connection.reset();
      return OK;
    });
    const test = await proxyFor(backend, { route: { retry: { on: [] } } });
    // Made for a request that needed none any more.
    const pool = test.proxy.clusters.get('backend').endpoints[0]!.pool as ConnectionPool;
    const waiter = { place: undefined, onConnection: () => {}, onConnectionFailed: () => {} };
    await until('there is one', () => {
      const connection = pool.acquire(waiter);
      pool.forget(waiter);
      if (typeof connection !== 'string') pool.release(connection);
      return connection instanceof Object;
    });
    await ask(test, GET, 'ok');
    expect([requests, backend.connections.length]).toEqual([2, 2]);
  });

  test('the answer does not say that nobody has seen the request, given a first try that somebody may have seen', async () => {
    let requests = 0;
    const backend = await answering((_, connection) => {
      requests += 1;
      if (requests === 2) {
        void backend.close();
        connection.reset();
      }
      return OK;
    });
    const test = await proxyFor(backend);
    const connection = await client(test);
    connection.send(GET);
    await connection.receives('ok');
    connection.send(GET);
    await connection.receives(/HTTP\/1.1 502 [^]*details="upstream_closed"/);
    expect(test.metrics()).toContain('mesh_retries_total{cluster="backend",reason="upstream_closed"} 1');
  });

  test('the answer is 504 request_timeout after the route\'s time, and the request to the backend ends', async () => {
    const backend = await start();
    const test = await proxyFor(backend, { route: { timeoutMs: 40 } });
    await ask(test, GET, /^HTTP\/1.1 504 Gateway Timeout\r\n[^]*details="request_timeout"/);
    await until('the backend\'s connection is closed', () => backend.connections[0]!.ended || backend.connections[0]!.closed);
  });

  test('a response that stalls is broken off', async () => {
    const test = await proxyFor(await answering(() => 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'), { limits: { bodyTimeoutMs: 40 } });
    const connection = await client(test);
    connection.send(GET);
    await until('the connection is reset', () => connection.closed);
    expect(test.metrics()).toContain('reason="body_timeout"} 1');
  });

  test('requests wait for a connection up to the limit, then get 503 pending_overflow', async () => {
    const backend = await start();
    const test = await proxyFor(backend, { cluster: { maxConnectionsPerEndpoint: 1, maxPendingRequests: 1 } });
    const first = await client(test);
    first.send(GET);
    await until('the first request arrives', () => backend.received.includes('GET'));
    const second = await client(test);
    second.send(GET);
    await until('the second request waits', () => test.proxy.clusters.get('backend').pending === 1);
    await ask(test, GET, 'details="pending_overflow"');
    backend.connections[0]!.send(OK);
    await first.receives('ok');
    await until('the second request arrives', () => backend.received.split('GET').length === 3);
    backend.connections[0]!.send(OK);
    await second.receives('ok');
    expect(backend.connections).toHaveLength(1);
  });
});

describe('when the client fails', () => {
  test('a request that stalls in its head or body is answered with 408', async () => {
    const test = await proxyFor(await start(), { limits: { headTimeoutMs: 40, bodyTimeoutMs: 40 } });
    await ask(test, 'GET / HT', /^HTTP\/1.1 408 [^]*details="client_timeout"/);
    await ask(test, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab', /^HTTP\/1.1 408 [^]*details="client_timeout"/);
  });

  test('bad bytes are answered, the connection is closed, and what follows is not read', async () => {
    const backend = await answering(() => OK);
    const test = await proxyFor(backend);
    const connection = await client(test);
    connection.send('GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await connection.closes()).toMatch(/^HTTP\/1.1 400 Bad Request\r\n[^]*details="bad_request"/);
    expect(backend.received).toBe('');
  });

  test('a request whose length and coding disagree never reaches the backend', async () => {
    const backend = await answering(() => OK);
    const test = await proxyFor(backend);
    await ask(test, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG', 'details="bad_request"');
    expect(backend.received).toBe('');
  });

  test('a chunk that is broken ends the request at the backend without its end', async () => {
    const backend = await start();
    const test = await proxyFor(backend);
    const connection = await client(test);
    connection.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
    await until('the first chunk arrives', () => backend.received.includes('abc'));
    connection.send('zz\r\n');
    await connection.receives(/^HTTP\/1.1 400 [^]*details="bad_request"/);
    await until('the backend\'s connection closes', () => backend.connections[0]!.closed || backend.connections[0]!.ended);
    expect(backend.received).not.toMatch(/\r\n0\r\n\r\n$/);
  });
});

describe('an early response', () => {
  test('reaches the client while it is still sending, and ends both connections', async () => {
    const backend = await start((connection) => connection.socket.once('data', () => connection.send('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig')));
    const test = await proxyFor(backend);
    const connection = await client(test);
    connection.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc');
    const answer = await connection.closes();
    expect(answer).toMatch(/^HTTP\/1.1 413 Too Large\r\n[^]*connection: close\r\n[^]*big$/);
    await until('the backend\'s connection closes', () => backend.connections[0]!.closed || backend.connections[0]!.ended);
  });

  test('is broken off, given a chunk that is broken behind it, and the proxy goes on', async () => {
    const backend = await start((connection) => connection.socket.once('data', () => connection.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nearly')));
    const test = await proxyFor(backend);
    const connection = await client(test);
    connection.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
    await connection.receives('early');
    connection.send('zz\r\n3\r\nabc\r\n');
    await until('the connection is reset', () => connection.closed);
    expect(connection.error?.code).toBe('ECONNRESET');
    expect(test.metrics()).toContain('code="200",reason="bad_request"} 1');
    expect(test.proxy.context.connections).toBe(0);
  });
});

describe('membership', () => {
  test('an endpoint that drains gets nothing new, unless no other is left', async () => {
    const [a, b] = [await answering(() => `${OK}`), await answering(() => OK)];
    const clusters = [{ name: 'backend', discovery: { type: 'endpointSlice' as const, namespace: 'shop', service: 'backend' } }];
    const test = await proxyFor([], { clusters });
    expect(test.proxy.readiness()).toEqual({ ready: false, why: 'waiting for the endpoints of backend' });
    test.sources.push('backend', [ready('127.0.0.1', a.port), ready('127.0.0.1', b.port)]);
    expect(test.proxy.readiness().ready).toBe(true);
    for (let i = 0; i < 4; i += 1) await ask(test, GET, 'ok');
    test.sources.push('backend', [draining('127.0.0.1', a.port), ready('127.0.0.1', b.port)]);
    const before = a.received.length;
    for (let i = 0; i < 4; i += 1) await ask(test, GET, 'ok');
    expect(a.received).toHaveLength(before);
    test.sources.push('backend', [draining('127.0.0.1', a.port)]);
    await ask(test, GET, 'ok');
    expect(a.received.length).toBeGreaterThan(before);
    test.sources.push('backend', []);
    await ask(test, GET, 'details="no_endpoints"');
  });

  test('an endpoint that leaves finishes the request under way', async () => {
    const backend = await start();
    const clusters = [{ name: 'backend', discovery: { type: 'endpointSlice' as const, namespace: 'shop', service: 'backend' } }];
    const test = await proxyFor([], { clusters });
    test.sources.push('backend', [ready('127.0.0.1', backend.port)]);
    const connection = await client(test);
    connection.send(GET);
    await until('the request arrives', () => backend.received.includes('GET'));
    test.sources.push('backend', []);
    backend.connections[0]!.send(OK);
    await connection.receives('ok');
    await until('its connection closes', () => backend.connections[0]!.ended || backend.connections[0]!.closed);
  });
});

describe('a hashing policy', () => {
  test.each(['ringHash', 'maglev', 'rendezvous'] as const)('%s sends the requests of one user to one backend, and users to all', async (type) => {
    const backends = await Promise.all(['a', 'b', 'c'].map((name) => answering(() => OK.replace('Date', `X-Backend: ${name}\r\nDate`))));
    const test = await proxyFor(backends.map(({ port }) => port), {
      // A small table is complete at once; the other two always are.
      cluster: { loadBalancing: type === 'maglev' ? { type, tableSize: 251 } : { type } },
      route: { hash: [{ type: 'header', name: 'x-user' }] },
    });
    const used = new Set<string>();
    for (let user = 0; user < 20; user += 1) {
      const answers = new Set<string>();
      for (let i = 0; i < 3; i += 1) {
        const answer = await ask(test, `GET / HTTP/1.1\r\nHost: shop\r\nX-User: ${user}\r\n\r\n`, 'ok');
        answers.add(/X-Backend: (.)/.exec(answer)![1]!);
      }
      expect(answers.size).toBe(1);
      used.add([...answers][0]!);
    }
    expect(used.size).toBe(3);
  });
});

describe('of an endpoint is learned', () => {
  const statsOf = (test: TestProxy, index = 0): EndpointStats => test.proxy.clusters.get('backend').endpoints[index]!.stats;

  test('how long its responses take to begin, and that nothing is in flight afterwards', async () => {
    const clock = new FakeClock();
    const backend = await start((connection) => connection.socket.once('data', () => {
      clock.advance(30);
      connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n');
    }));
    const test = await proxyFor(backend, { clock });
    const caller = await client(test);
    caller.send(GET);
    await caller.receives('\r\n\r\n');
    clock.advance(170);
    backend.connections[0]!.send('ok');
    await caller.receives('ok');
    await until('it is over', () => statsOf(test).inFlight === 0);
    expect(statsOf(test)).toMatchObject({ sent: 1, succeeded: 1, failed: 0 });
    expect(statsOf(test).meanLatencyMs).toBeCloseTo(30);
  });

  test.each([
    ['500', 'HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n', 5_000],
    ['503 with Retry-After', 'HTTP/1.1 503 Busy\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n', 60_000],
    ['429', 'HTTP/1.1 429 Slow down\r\nContent-Length: 0\r\n\r\n', 5_000],
    ['something that is not HTTP', 'what?\r\n\r\n', 5_000],
  ])('that it fails, and what it asks for, given %s', async (_, response, tollMs) => {
    const test = await proxyFor(await answering(() => response), { route: { retry: { maxRetries: 0 } } });
    await ask(test, GET, /HTTP[^]*\r\n\r\n/);
    await until('it is over', () => statsOf(test).failed === 1);
    expect(statsOf(test).inFlight).toBe(0);
    expect(Math.round(statsOf(test).tollMs)).toBe(tollMs);
  });

  test('that it refuses connections, though another answers', async () => {
    const backend = await answering(() => OK);
    const test = await proxyFor([await freePort(), backend.port]);
    for (let i = 0; i < 4; i += 1) await ask(test, GET, 'ok');
    expect(statsOf(test, 0).failed).toBeGreaterThan(0);
    expect(statsOf(test, 1)).toMatchObject({ failed: 0, succeeded: 4 });
  });

  test('nothing, given a client that goes away', async () => {
    const backend = await start();
    const test = await proxyFor(backend);
    const connection = await client(test);
    connection.send(GET);
    await until('the request arrives', () => backend.received.includes('GET'));
    connection.reset();
    await until('it is over', () => statsOf(test).inFlight === 0);
    expect(statsOf(test)).toMatchObject({ sent: 1, succeeded: 0, failed: 0 });
  });
});

describe('a configuration reload', () => {
  test('keeps the connections of clients and backends, and changes where the next request goes', async () => {
    const [a, b] = [await answering(() => OK), await answering(() => OK.replace('ok', 'OK'))];
    const test = await proxyFor(a);
    const connection = await client(test);
    connection.send(GET);
    await connection.receives('ok');
    const [cluster] = test.config.clusters;
    const next = { ...test.config, clusters: [cluster, { name: 'other', discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: b.port }] } }] };
    const listeners = [{ ...test.config.listeners[0]!, routes: [{ name: 'default', split: [{ cluster: 'other', weight: 1 }] }] }];
    expect(await test.proxy.apply(JSON.stringify({ ...next, listeners }))).toMatchObject({ ok: true });
    connection.send(GET);
    await connection.receives('\r\n\r\nOK');
    expect(await test.proxy.apply(JSON.stringify(test.config))).toMatchObject({ ok: true });
    connection.send(GET);
    await until('the third answer', () => a.received.split('GET').length === 3);
    expect(a.connections).toHaveLength(1);
    expect(connection.closed).toBe(false);
  });

  test('keeps what the app may still call, given a document without it', async () => {
    const backend = await answering(() => OK);
    const test = await proxyFor(backend);
    const without = { ...test.config, listeners: [], clusters: [] };
    expect(await test.proxy.apply(JSON.stringify(without))).toMatchObject({ ok: true });
    await ask(test, GET, 'ok');
  });

  test('changes nothing, given a document with an error or a port that is taken', async () => {
    const backend = await answering(() => OK);
    const test = await proxyFor(backend);
    const connection = await client(test);
    const broken = await test.proxy.apply(JSON.stringify({ ...test.config, clusters: [] }));
    expect(broken).toMatchObject({ ok: false, problems: [expect.stringContaining('there is no cluster \'backend\'')] });
    const listeners = [...test.config.listeners, { ...test.config.listeners[0]!, name: 'taken', port: backend.port }];
    const taken = await test.proxy.apply(JSON.stringify({ ...test.config, listeners }));
    expect(taken).toMatchObject({ ok: false, problems: [`listener 'taken' can't bind 127.0.0.1:${backend.port}: the port is taken; stop what listens there or choose another port`] });
    connection.send(GET);
    await connection.receives('ok');
    expect(test.proxy.listeners.all()).toHaveLength(1);
  });
});

describe('draining', () => {
  test('answers what is under way, closes its connection, and takes no new one', async () => {
    const backend = await start();
    const test = await proxyFor(backend);
    const connection = await client(test);
    connection.send(GET);
    await until('the request arrives', () => backend.received.includes('GET'));
    const drained = test.proxy.drain();
    await expect(rawClient(test.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    backend.connections[0]!.send(OK);
    expect(await connection.closes()).toMatch(/connection: close\r\n[^]*ok$/);
    connection.end();
    expect(await drained).toEqual({ cut: 0 });
  });

  test('answers what takes longer than its time by itself, and says why', async () => {
    const backend = await start();
    const test = await proxyFor(backend, { drainMs: 1_000 });
    const connection = await client(test);
    connection.send(GET);
    await until('the request arrives', () => backend.received.includes('GET'));
    const drained = test.proxy.drain();
    expect(await connection.closes()).toMatch(/^HTTP\/1\.1 502 [^]*details="shutting_down"[^]*connection: close/);
    connection.end();
    expect(await drained).toEqual({ cut: 1 });
    expect(test.metrics()).toContain('code="502",reason="shutting_down"} 1');
  });

  test('breaks off a response that takes longer than its time', async () => {
    const backend = await start();
    const test = await proxyFor(backend, { drainMs: 500 });
    const connection = await client(test);
    connection.send(GET);
    await until('the request arrives', () => backend.received.includes('GET'));
    backend.connections[0]!.send('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart');
    await connection.receives('part');
    expect(await test.proxy.drain()).toEqual({ cut: 1 });
    await until('the connection is closed', () => connection.closed);
    expect(test.metrics()).toContain('code="200",reason="shutting_down"} 1');
  });
});

test('node\'s own client gets what node\'s own server sends, by way of the proxy', async () => {
  const { createServer } = await import('node:http');
  const server = createServer((incoming, response) => {
    incoming.on('data', () => {}).on('end', () => response.end(JSON.stringify(incoming.headers)));
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  cleanups.push(() => { server.closeAllConnections(); server.close(); });
  const test = await proxyFor([(server.address() as { port: number }).port]);
  const body = await new Promise<string>((resolve, reject) => {
    const outgoing = request({ port: test.port, method: 'PUT', headers: { host: 'shop', 'x-a': 'b' } }, (response) => {
      let text = '';
      response.on('data', (chunk) => { text += chunk; }).on('end', () => resolve(text));
    });
    outgoing.on('error', reject);
    outgoing.end('hello');
  });
  expect(JSON.parse(body)).toMatchObject({ host: 'shop', 'x-a': 'b', 'x-mesh-via': expect.stringMatching(/^out-[0-9a-f]{8}$/) });
  expect(JSON.parse(body)).not.toHaveProperty('via');
});
