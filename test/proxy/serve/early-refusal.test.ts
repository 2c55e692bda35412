/**
 * What can't become an HTTP/1 message is refused at the byte that makes it so, and not when a head has ended or its time is over:
 * the timeouts here are longer than any test. Over real sockets, from both sides, whole and byte by byte.
 */
import type { LimitsConfig } from '../../../src/contract';
import { DEFAULT_LIMITS } from '../../../src/contract';
import { INCOMPLETE } from '../../../src/proxy/http1/fault';
import { HeadBuffer, HeadReader } from '../../../src/proxy/http1/head-buffer';
import { cleanupsAfterEach } from '../../support/cleanups';
import { FakeClock } from '../../support/fake-clock';
import { startProxy, TestProxy, TestProxyOptions } from '../../support/proxy';
import { RawBackend, rawClient, RawConnection, until } from '../../support/raw-http';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const CLIENT_HELLO = '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03';
const FOREVER = { headTimeoutMs: 3_600_000, idleTimeoutMs: 3_600_000 };

const cleanups = cleanupsAfterEach();

interface Peers {
  readonly test: TestProxy;
  readonly backend: RawBackend;
  readonly client: RawConnection;
}

async function setUp(answer: string, limits: LimitsConfig = {}, options: TestProxyOptions = {}): Promise<Peers> {
  const backend = await RawBackend.answering(() => answer);
  cleanups.push(() => backend.close());
  const route = { timeoutMs: 0, retry: { maxRetries: 0 } };
  const test = await startProxy([backend.port], { limits: { ...FOREVER, ...limits }, route, ...options });
  cleanups.push(() => test.proxy.close());
  const client = await rawClient(test.port);
  cleanups.push(() => client.socket.destroy());
  return { test, backend, client };
}

// Up to `|` it may still become a request; the byte behind decides.
describe.each([
  ['a TLS ClientHello', `|${CLIENT_HELLO}`, 'wrong_protocol', /TLS/],
  ['the first line of an HTTP/2 preface', 'PRI * HTTP/|2.0\r\n', 'version_not_supported', /HTTP\/2/],
  ['an SSH banner', 'SSH-2.0-OpenSSH_9.2|\r\n', 'wrong_protocol', /SSH/],
  ['bytes of no protocol', '|\x00\x01\x02', 'bad_request', /request line/],
  ['a line that is none', 'hello world|\r\n', 'bad_request', /request line/],
  ['a second space', 'GET | ', 'bad_request', /one space/],
  ['a target that is none', 'GET a HTTP/1.1\r|\n', 'bad_request', /target/],
  ['CONNECT', 'CONNECT a:443 HTTP/1.1\r|\n', 'connect_method_refused', /CONNECT/],
  ['a request line that ends in LF', 'GET / HTTP/1.1|\n', 'bad_request', /CR LF/],
  ['a request line that has no end', `GET /${'a'.repeat(94)}|a`, 'uri_too_long', /longer/],
  ['white space before a colon', 'GET / HTTP/1.1\r\nHost| ', 'bad_request', /colon; leave it out/],
  ['a folded line', 'GET / HTTP/1.1\r\nHost: a\r\n| ', 'bad_request', /folded/],
  ['NUL in a value', 'GET / HTTP/1.1\r\nHost: a|\x00', 'bad_request', /control character/],
  ['a Host that is none', 'GET / HTTP/1.1\r\nHost: a/b\r|\n', 'bad_request', /Host/],
  ['a second Host', 'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r|\n', 'bad_request', /Host/],
  ['a length that is none', 'POST / HTTP/1.1\r\nContent-Length: five\r|\n', 'bad_request', /Content-Length/],
  ['a length and a coding', 'POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r|\n', 'bad_request', /together/],
  ['an expectation', 'POST / HTTP/1.1\r\nExpect: x\r|\n', 'expectation_failed', /expectation/],
  ['too many fields', `GET / HTTP/1.1\r\n${'A: 1\r\n'.repeat(5)}|A`, 'head_too_large', /fields/],
])('of a client, %s', (_, text, reason, detail) => {
  const limits = { maxStartLineBytes: 100, maxHeaderFields: 5 };
  const [undecided, rest] = text.split('|') as [string, string];

  test('is refused at once, with what it is', async () => {
    const { client, backend, test } = await setUp(OK, limits);
    client.send(undecided + rest);
    await client.closes();
    expect(client.received).toMatch(new RegExp(`^HTTP/1\\.1 [45]\\d\\d [^]*details="${reason}"`));
    expect(client.received).toMatch(detail);
    expect(backend.connections).toHaveLength(0);
    expect(test.metrics()).toMatch(new RegExp(`reason="${reason}"\\} 1\\n`));
  });

  test('is refused at the byte that decides, and not before', async () => {
    const { client, test } = await setUp(OK, limits);
    await client.sendSlowly(undecided);
    const other = await rawClient(test.port);
    cleanups.push(() => other.socket.destroy());
    other.send(GET);
    await other.receives(/ok$/);
    expect(client.received).toBe('');
    client.send(rest.slice(0, 1));
    await client.closes();
    expect(client.received).toMatch(/^HTTP\/1\.1 [45]\d\d /);
  });
});

describe.each([
  ['a TLS alert', '\x15\x03\x01\x00\x02\x02\x46', /TLS/],
  ['an SSH banner', 'SSH-2.0-OpenSSH_9.2\r\n', /SSH/],
  ['a status line that is none', 'HTTP/1.1 OK', /status line/],
  ['another version', 'HTTP/2', /HTTP\/1\.1/],
  ['a status line that has no end', `HTTP/1.1 200 ${'a'.repeat(200)}`, /longer/],
  ['a field name that is none', 'HTTP/1.1 200 OK\r\nA B', /colon/],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n', /Content-Length/],
  ['an interim response and no HTTP', 'HTTP/1.1 100 Continue\r\n\r\nX', /status line/],
])('of a backend, %s', (_, bytes, detail) => {
  test('is answered with 502 at once, without a timeout of the route', async () => {
    const { client, backend, test } = await setUp(bytes, { maxStartLineBytes: 100 });
    client.send(GET);
    await client.receives(/HTTP\/1\.1 502 [^]*details="upstream_protocol_error"/);
    expect(client.received).toMatch(detail);
    await until('the backend\'s connection is closed', () => backend.connections[0]!.closed || backend.connections[0]!.ended);
    expect(test.metrics()).toMatch(/reason="upstream_protocol_error"\} 1\n/);
  });
});

describe('the head of a response', () => {
  async function world(answer: string): Promise<Peers & { readonly clock: FakeClock }> {
    const clock = new FakeClock();
    const { client, test, backend } = await setUp(answer, { headTimeoutMs: 1_000 }, { clock });
    client.send(GET);
    await until('it has come', () => test.proxy.clusters.get('backend').endpoints[0]!.inFlight === 1 && backend.received !== '');
    return { clock, client, test, backend };
  }

  test('is given as long as a request\'s, from its first byte on', async () => {
    const { clock, client, test } = await world('HTTP/1.1 200 OK\r\nA: ');
    // The clock stands still until the bytes have been read.
    await until('the time is over', () => {
      clock.advance(1_100);
      return client.received !== '';
    });
    expect(client.received).toMatch(/^HTTP\/1\.1 502 [^]*details="upstream_protocol_error"[^]*not complete in time/);
    expect(test.metrics()).toMatch(/mesh_limit_reached_total\{limit="headTimeoutMs"\} 1\n/);
  });

  test('may be as late as the app likes, also behind an interim one', async () => {
    const { clock, client, backend } = await world('HTTP/1.1 103 Early Hints\r\n\r\n');
    await client.receives('103');
    clock.advance(5_000);
    backend.connections[0]!.send(OK);
    await client.receives(/HTTP\/1\.1 200 OK\r\n[^]*ok$/);
  });
});

test('reading early costs a bounded number of bytes, however a head is cut', () => {
  let read = 0;
  const reader: HeadReader = { takesLf: false, end: 0, parse: (_, __, end) => {
    read += end;
    return INCOMPLETE;
  } };
  const heads = new HeadBuffer(true);
  const limits = { ...DEFAULT_LIMITS, maxHeadBytes: 1_000_000 };
  const byte = Buffer.from('a');
  for (let i = 0; i < 400_000; i += 1) if (heads.feed(byte, 0, reader, limits) !== INCOMPLETE) throw new Error('nothing was wrong');
  expect(read).toBeGreaterThan(400_000 / 2);
  expect(read).toBeLessThan(1_048_576 + 2 * 400_000);
});
