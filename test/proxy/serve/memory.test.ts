/** What becomes of connections and requests while memory is short, over real sockets and with memory that a test makes up. */
import type { LimitsConfig } from '../../../src/contract';
import { MemoryLevel } from '../../../src/proxy/serve/memory/memory-levels';
import { cleanupsAfterEach } from '../../support/cleanups';
import { makeKeyPair, MountedSecret } from '../../support/key-pairs';
import { startProxy, TestProxy, TestProxyOptions } from '../../support/proxy';
import { RawBackend, rawClient, RawConnection, until } from '../../support/raw-http';
import { tlsClient } from '../../support/raw-tls';

const MIB = 1_048_576;
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
/** With fewer clients than this nobody is refused. */
const CROWD = 16;
const STRAINED = 105 * MIB;
const CRITICAL = 120 * MIB;
/** More than the kernel and the proxy hold. */
const LARGE = Buffer.alloc(8 * MIB, 'x');
/** So that little is with the kernel, and more with the proxy. */
const LIMITS: LimitsConfig = { maxBufferedBytes: MIB };

const cleanups = cleanupsAfterEach();

interface Peers {
  readonly test: TestProxy;
  readonly backend: RawBackend;
  /** Has the proxy's process seem to use so much, until it knows. */
  use(bytes: number): Promise<void>;
  client(): Promise<RawConnection>;
}

/** A proxy with a crowd that has begun requests, and is neither idle nor done. */
async function setUp(onConnection: (connection: RawConnection) => void, options: TestProxyOptions = {}): Promise<Peers> {
  const backend = await RawBackend.start(onConnection);
  cleanups.push(() => backend.close());
  let rss = 50 * MIB;
  const memory = { limitBytes: 128 * MIB, rss: () => rss, external: () => 0, collect: () => {} };
  const test = await startProxy([backend.port], { limits: LIMITS, route: { retry: { maxRetries: 0 } }, memory, ...options });
  cleanups.push(() => test.proxy.close());
  const client = async (): Promise<RawConnection> => {
    const connection = await rawClient(test.port);
    cleanups.push(() => connection.socket.destroy());
    return connection;
  };
  if (!options.tls) for (let i = 0; i < CROWD; i += 1) (await client()).send('GET / HT');
  const levels = [[CRITICAL, MemoryLevel.CRITICAL], [STRAINED, MemoryLevel.STRAINED], [0, MemoryLevel.CALM]] as const;
  const use = async (bytes: number): Promise<void> => {
    rss = bytes;
    const level = levels.find(([from]) => bytes >= from)![1];
    await until(`memory has level ${level}`, () => test.proxy.context.memory.level === level);
  };
  return { test, backend, use, client };
}

const answering = (connection: RawConnection): void => { connection.socket.on('data', () => connection.send(OK)); };
const silent = (): void => {};

function held(test: TestProxy): number {
  const [listener] = test.proxy.listeners.all();
  return Math.max(...[...listener!.connections].map(({ heldBytes }) => heldBytes));
}

describe('while memory is strained', () => {
  test('a new connection is refused with a reason, and closed', async () => {
    const { test, use, client } = await setUp(answering);
    await use(STRAINED);
    const newcomer = await client();
    expect(await newcomer.closes()).toMatch(/^HTTP\/1\.1 503 [^]*details="memory_limit"\r\nretry-after: 1\r\nconnection: close\r\n/);
    expect(test.metrics()).toMatch(/^mesh_memory_level 2$/m);
    expect(test.metrics()).toMatch(/^mesh_memory_actions_total\{action="refuse_connection"\} 1$/m);
  });

  test('a new connection is closed before its handshake, given TLS', async () => {
    const { certificate, key } = await makeKeyPair();
    const secret = new MountedSecret(certificate, key);
    cleanups.push(() => secret.remove());
    const { test, use } = await setUp(answering, { tls: secret.config });
    const crowd = await Promise.all(Array.from({ length: CROWD }, () => tlsClient(test.port)));
    cleanups.push(() => crowd.forEach(({ socket }) => socket.destroy()));
    for (const each of crowd) each.send('GET / HT');
    await use(STRAINED);
    await expect(tlsClient(test.port)).rejects.toThrow();
  });

  test('requests on open connections are served', async () => {
    const { use, client } = await setUp(answering);
    const early = await client();
    early.send('GET / HT');
    await use(STRAINED);
    early.send('TP/1.1\r\nHost: a\r\n\r\n');
    await early.receives(/^HTTP\/1\.1 200 (?![^]*connection: close)[^]*ok$/);
  });

  test('idle connections are closed', async () => {
    const { test, use, client } = await setUp(answering);
    const idle = await client();
    idle.send(GET);
    await idle.receives(/ok$/);
    await use(STRAINED);
    await idle.closes();
    expect(test.metrics()).toMatch(/^mesh_memory_actions_total\{action="close_idle"\} 1$/m);
  });

  test.each([['before', false], ['since', true]])('what was sent ahead of its turn %s is dropped, and the response says so', async (_, already) => {
    const { test, backend, use, client } = await setUp(silent);
    const ahead = await client();
    // Not idle, or it would be closed.
    ahead.send('GET / HT');
    if (already) await use(STRAINED);
    ahead.send(`TP/1.1\r\nHost: a\r\n\r\n${GET.repeat(100)}`);
    const app = await backend.connection();
    await use(STRAINED);
    await until('it is dropped', () => /action="drop_backlog"\} 1$/m.test(test.metrics()));
    app.send(OK);
    expect(await ahead.closes()).toMatch(/^HTTP\/1\.1 200 [^]*connection: close\r\n[^]*ok$/);
    expect(backend.received.match(/GET/g)).toHaveLength(1);
  });

  test('what was sent ahead of a switch of protocols stays, for nobody would send it again', async () => {
    const { backend, use, client } = await setUp(silent);
    const chat = await client();
    chat.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\nhello');
    const app = await backend.connection();
    await use(STRAINED);
    app.send('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n');
    await app.receives(/hello$/);
  });
});

describe('while memory is critical', () => {
  test('new requests are refused, and their connections stay', async () => {
    const { test, backend, use, client } = await setUp(answering);
    const early = await client();
    early.send('GET / HT');
    await use(CRITICAL);
    early.send('TP/1.1\r\nHost: a\r\n\r\n');
    await early.receives(/^HTTP\/1\.1 503 (?![^]*connection: close)[^]*details="memory_limit"\r\n[^]*\n$/);
    expect(backend.connections).toHaveLength(0);
    expect(test.metrics()).toMatch(/^mesh_memory_actions_total\{action="refuse_request"\} 1$/m);
  });

  test('a response that its client does not take is cut, and others are not', async () => {
    const { test, use, client } = await setUp((connection) => connection.socket.once('data', () => {
      const large = connection.received.includes('/large');
      connection.send(large ? `HTTP/1.1 200 OK\r\nContent-Length: ${LARGE.length}\r\n\r\n` : 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok');
      if (large) connection.send(LARGE);
    }));
    const [slow, other] = [await client(), await client()];
    slow.socket.pause();
    slow.send('GET /large HTTP/1.1\r\nHost: a\r\n\r\n');
    other.send(GET);
    await other.receives(/ok$/);
    await until('it holds much', () => held(test) > MIB / 2);
    await use(CRITICAL);
    await until('it is broken off', () => /code="200",reason="memory_shed"\} 1$/m.test(test.metrics()));
    await until('its connection is gone', () => test.proxy.context.connections === CROWD + 1);
    expect(held(test)).toBeLessThan(MIB / 2);
    expect(other.closed || other.ended).toBe(false);
    expect(test.metrics()).toMatch(/^mesh_memory_actions_total\{action="break_off"\} 1$/m);
  });

  test('an upload that the app does not take is ended with a response', async () => {
    const { test, use, client } = await setUp((connection) => connection.socket.once('data', () => connection.socket.pause()));
    const upload = await client();
    upload.send(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${LARGE.length}\r\n\r\n`);
    upload.send(LARGE);
    await until('it holds much', () => held(test) > MIB / 2);
    await use(CRITICAL);
    expect(await upload.receives(/\r\n\r\nmemory_shed: /)).toMatch(/^HTTP\/1\.1 502 [^]*connection: close\r\n/);
  });

  test('a tunnel that one side does not take is broken off', async () => {
    const { test, use, client } = await setUp((connection) => connection.socket.once('data', () => {
      connection.send('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n');
      connection.socket.pause();
    }));
    const chat = await client();
    chat.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n');
    await chat.receives('101');
    chat.send(LARGE);
    await until('it holds much', () => held(test) > MIB / 2);
    await use(CRITICAL);
    await until('the client sees that it was no end', () => chat.closed);
    expect(chat.error?.code).toMatch(/ECONNRESET|EPIPE/);
    expect(test.metrics()).toMatch(/reason="memory_shed"\} 1$/m);
  });

  test('heads that come in pieces are not waited for', async () => {
    const { use, client } = await setUp(answering);
    const early = await client();
    early.send('GET / HT');
    await use(CRITICAL);
    early.send('TP/1.1\r\n');
    expect(await early.closes()).toMatch(/^HTTP\/1\.1 503 [^]*details="memory_limit"/);
  });
});

test('when memory is there again, all is as before', async () => {
  const { use, client } = await setUp(answering);
  await use(CRITICAL);
  await use(50 * MIB);
  const newcomer = await client();
  newcomer.send(GET);
  await newcomer.receives(/^HTTP\/1\.1 200 [^]*ok$/);
});
