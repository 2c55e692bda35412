/** Each limit of `limits`: what happens when it is reached, that it is counted by its name, and that memory stays bounded. */
import type { LimitsConfig } from '../../../src/contract';
import { DEFAULT_LIMITS } from '../../../src/contract';
import { cleanupsAfterEach } from '../../support/cleanups';
import { startProxy, TestProxy } from '../../support/proxy';
import { RawBackend, rawClient, RawConnection, until } from '../../support/raw-http';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const TE = 'Transfer-Encoding: chunked\r\n';

const cleanups = cleanupsAfterEach();

interface Peers {
  readonly test: TestProxy;
  readonly backend: RawBackend;
  readonly client: RawConnection;
}

async function setUp(limits: LimitsConfig, answer: (head: string, connection: RawConnection) => string = () => OK): Promise<Peers> {
  const backend = await RawBackend.answering(answer);
  cleanups.push(() => backend.close());
  const test = await startProxy([backend.port], { limits, route: { retry: { maxRetries: 0 } } });
  cleanups.push(() => test.proxy.close());
  const client = await rawClient(test.port);
  cleanups.push(() => client.socket.destroy());
  return { test, backend, client };
}

interface Row {
  readonly limit: keyof LimitsConfig;
  readonly reached: string;
  readonly value: number;
  readonly send: string;
  readonly answer?: string;
  readonly clientGets?: RegExp;
  readonly closes?: true;
}

const long = (bytes: number): string => 'a'.repeat(bytes);
const ROWS: readonly Row[] = [
  { limit: 'maxStartLineBytes', reached: 'a request line', value: 64, send: `GET /${long(64)} HTTP/1.1\r\nHost: a\r\n\r\n`, clientGets: /^HTTP\/1\.1 414 /, closes: true },
  { limit: 'maxStartLineBytes', reached: 'a status line', value: 64, send: GET, answer: `HTTP/1.1 200 ${long(64)}\r\n\r\n`, clientGets: /^HTTP\/1\.1 502 / },
  { limit: 'maxHeadBytes', reached: 'a request\'s head', value: 128, send: `GET / HTTP/1.1\r\nHost: a\r\nX: ${long(128)}\r\n\r\n`, clientGets: /^HTTP\/1\.1 431 /, closes: true },
  { limit: 'maxHeadBytes', reached: 'a response\'s head', value: 128, send: GET, answer: `HTTP/1.1 200 OK\r\nX: ${long(128)}\r\n\r\n`, clientGets: /^HTTP\/1\.1 502 / },
  { limit: 'maxHeadBytes', reached: 'interim responses together', value: 128, send: GET, answer: 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(8), clientGets: /HTTP\/1\.1 502 / },
  { limit: 'maxHeadBytes', reached: 'chunk extensions', value: 128, send: `POST / HTTP/1.1\r\nHost: a\r\n${TE}\r\n1;${long(128)}\r\n`, clientGets: /^HTTP\/1\.1 400 /, closes: true },
  { limit: 'maxHeadBytes', reached: 'trailers', value: 128, send: `POST / HTTP/1.1\r\nHost: a\r\n${TE}\r\n0\r\nA: ${long(128)}\r\n\r\n`, clientGets: /^HTTP\/1\.1 431 /, closes: true },
  { limit: 'maxHeaderFields', reached: 'a request\'s fields', value: 4, send: `GET / HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(4)}\r\n`, clientGets: /^HTTP\/1\.1 431 /, closes: true },
  { limit: 'maxHeaderFields', reached: 'a response\'s fields', value: 4, send: GET, answer: `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(5)}\r\n`, clientGets: /^HTTP\/1\.1 502 / },
  { limit: 'maxBodyBytes', reached: 'a length', value: 4, send: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n', clientGets: /^HTTP\/1\.1 413 /, closes: true },
  { limit: 'maxRequestsPerConnection', reached: 'requests', value: 1, send: GET, clientGets: /\r\nconnection: close\r\n[^]*ok$/, closes: true },
  { limit: 'idleTimeoutMs', reached: 'a quiet connection', value: 30, send: '', closes: true },
  { limit: 'idleTimeoutMs', reached: 'a connection that is quiet behind a request', value: 30, send: GET, clientGets: /ok$/, closes: true },
  { limit: 'headTimeoutMs', reached: 'a slow head', value: 30, send: 'GET / HTTP/1.1\r\nHo', clientGets: /^HTTP\/1\.1 408 /, closes: true },
  { limit: 'bodyTimeoutMs', reached: 'a request\'s slow body', value: 30, send: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab', answer: '', clientGets: /^HTTP\/1\.1 408 /, closes: true },
  { limit: 'bodyTimeoutMs', reached: 'a response\'s slow body', value: 30, send: GET, answer: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab', closes: true },
];

test.each(ROWS.map((row) => [row.limit, row.reached, row] as const))('%s: %s', async (limit, _, { value, send, answer, clientGets, closes }) => {
  const { client, test } = await setUp({ [limit]: value }, () => answer ?? OK);
  client.send(send);
  if (clientGets) await client.receives(clientGets);
  if (closes) await until('the connection is closed', () => client.closed || client.ended);
  await until('it is counted', () => test.metrics().includes(`mesh_limit_reached_total{limit="${limit}"} 1\n`));
});

test('every limit has a test, here or where tunnels, connections, copies, buffers, TLS, its server names and HTTP/2 are tested', () => {
  const elsewhere = [
    'maxConnections', 'maxMirroredRequests', 'maxBufferedBytes', 'tunnelIdleTimeoutMs', 'tlsHandshakeTimeoutMs', 'maxConcurrentStreams', 'maxStreamResets',
    'maxIdleFrames', 'pingIntervalMs', 'pingTimeoutMs', 'maxClientHelloBytes',
  ];
  expect([...new Set(ROWS.map(({ limit }) => limit)), ...elsewhere].sort()).toEqual(Object.keys(DEFAULT_LIMITS).sort());
});

test('maxRequestsPerConnection closes behind the last request, and no pipelined one is read then', async () => {
  const { client, backend } = await setUp({ maxRequestsPerConnection: 3 });
  client.send(GET.repeat(5));
  const received = await client.closes();
  expect(received.split('200 OK')).toHaveLength(4);
  expect(received.split('connection: close')).toHaveLength(2);
  expect(backend.received.split('GET /')).toHaveLength(4);
});

test('headTimeoutMs is over though bytes keep coming', async () => {
  const { client } = await setUp({ headTimeoutMs: 60 });
  const drip = setInterval(() => { if (client.socket.writable) client.send('a'); }, 5);
  cleanups.push(() => clearInterval(drip));
  client.send('GET / HTTP/1.1\r\nX: ');
  expect(await client.closes()).toMatch(/^HTTP\/1\.1 408 /);
});

/** Bytes that the proxy holds in buffers of its sockets. */
function memory(): number {
  global.gc?.();
  const { external, heapUsed } = process.memoryUsage();
  return external + heapUsed;
}

test('a client that sends requests and takes no answers makes the proxy keep no more than maxBufferedBytes, and loses nothing', async () => {
  const body = 'x'.repeat(32_000);
  const { client, backend, test } = await setUp({}, () => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  client.socket.removeAllListeners('data');
  client.socket.pause();
  const before = memory();
  const count = 1_500;
  const requests = Buffer.from(GET.repeat(count), 'latin1');
  client.socket.write(requests);
  let handled = 0;
  let stillFor = 0;
  await until('the proxy stops', () => {
    const now = backend.received.split('GET /').length - 1;
    stillFor = now === handled ? stillFor + 1 : 0;
    handled = now;
    return handled > 0 && stillFor === 50;
  }, 10_000);
  // The kernel takes some megabytes, the proxy no more than its limit.
  expect(handled).toBeLessThan(count * 0.7);
  expect(memory() - before).toBeLessThan(64 * 1024 * 1024);
  expect(test.metrics()).not.toContain('mesh_limit_reached_total{limit="bodyTimeoutMs"}');
  let received = 0;
  client.socket.on('data', (chunk: Buffer) => { received += chunk.length; });
  client.socket.resume();
  await until('every answer has come', () => received > count * body.length, 20_000);
});

test('a client that takes no answers for longer than bodyTimeoutMs is cut off', async () => {
  const body = 'x'.repeat(60_000);
  const { client, test } = await setUp({ bodyTimeoutMs: 100, maxBufferedBytes: 65_536 }, () => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  client.socket.removeAllListeners('data');
  client.socket.pause();
  client.send(GET.repeat(1_000));
  await until('it is counted', () => test.metrics().includes('mesh_limit_reached_total{limit="bodyTimeoutMs"} 1\n'));
  await until('the connection is gone', () => test.proxy.context.connections === 0);
});

test('a flood of chunks of one byte costs no write each, in either direction', async () => {
  const count = 20_000;
  const flood = `${'1\r\nx\r\n'.repeat(count)}0\r\n\r\n`;
  const backend = await RawBackend.start((connection) => connection.socket.on('data', () => {
    if (connection.received.endsWith('\r\n0\r\n\r\n')) connection.send(`HTTP/1.1 200 OK\r\n${TE}\r\n${flood}`);
  }));
  cleanups.push(() => backend.close());
  const test = await startProxy([backend.port]);
  cleanups.push(() => test.proxy.close());
  const client = await rawClient(test.port);
  client.send(`POST / HTTP/1.1\r\nHost: a\r\n${TE}\r\n${flood}`);
  await client.receives(/\r\n0\r\n\r\n$/);
  for (const received of [backend.received, client.received]) {
    const chunks = received.slice(received.indexOf('\r\n\r\n') + 4).match(/[0-9a-f]+\r\nx+\r\n/g)!;
    expect(chunks.join('').match(/x/g)).toHaveLength(count);
    expect(chunks.length).toBeLessThan(count / 100);
  }
  client.socket.destroy();
});
