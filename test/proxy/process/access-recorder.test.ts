/** Which requests are logged, by route: requests over real sockets, with the lines that they leave. */
import type { AccessLogMode, ResolvedProxyConfig } from '../../../src/contract';
import { accessRecorder } from '../../../src/proxy/process/access-recorder';
import { ExchangeRecord, FinishedExchange } from '../../../src/proxy/serve/exchange/exchange-record';
import { MAX_NOTED } from '../../../src/proxy/telemetry/access-log';
import { AttemptList } from '../../../src/proxy/telemetry/attempt-list';
import { COLLECT_MS, LineWriter } from '../../../src/proxy/telemetry/line-writer';
import { systemClock } from '../../../src/proxy/runtime/clock';
import { cleanupsAfterEach } from '../../support/cleanups';
import { FakeClock } from '../../support/fake-clock';
import { startProxy } from '../../support/proxy';
import { RawBackend, rawClient, until } from '../../support/raw-http';
import { joined, tcpClient } from '../../support/tcp-proxy';
import { textOf } from '../../support/text-of';

const cleanups = cleanupsAfterEach();

/** The paths that are logged of one request to `/watched` and one to another path, which goes by the document. */
async function loggedOf(mode: AccessLogMode, watched: AccessLogMode | undefined): Promise<string[] | 'no recorder'> {
  const backend = await RawBackend.answering(() => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  cleanups.push(() => backend.close());
  const split = [{ cluster: 'backend', weight: 1 }];
  const { proxy, port } = await startProxy([backend.port], {
    routes: [{ name: 'watched', matches: [{ path: { type: 'prefix', value: '/watched' } }], split, ...(watched && { accessLog: watched }) }, { name: 'rest', split }],
  });
  cleanups.push(() => proxy.close());
  const lines: string[] = [];
  const writer = new LineWriter({ write: (text, done) => { lines.push(...textOf(text).trim().split('\n')); done(); } });
  const recorder = accessRecorder(writer, systemClock, () => 0.5, { ...proxy.config, accessLog: { mode } });
  if (!recorder) return 'no recorder';
  proxy.context.onExchange = recorder.onExchange;
  for (const path of ['/watched', '/other']) {
    const client = await rawClient(port);
    client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await client.receives('ok');
    client.socket.destroy();
  }
  await proxy.close();
  await writer.flush(systemClock, 0);
  return lines.map((line) => (JSON.parse(line) as { path: string }).path);
}

test.each<[AccessLogMode, AccessLogMode | undefined, string[] | string]>([
  ['off', 'all', ['/watched']],
  ['all', 'off', ['/other']],
  ['all', undefined, ['/watched', '/other']],
  ['errors', 'all', ['/watched']],
  ['off', 'errors', []],
  // Then nothing of it runs.
  ['off', 'off', 'no recorder'],
  ['off', undefined, 'no recorder'],
])('with the document at %s and the route at %s, %j are logged', async (mode, watched, expected) => {
  expect(await loggedOf(mode, watched)).toEqual(expected);
});

describe('what is noted of a request', () => {
  /** Memory of one connection, which each of its requests uses again, as the data path does. */
  class Connection {
    readonly record = new ExchangeRecord();
    readonly attempted = new AttemptList();
    id = '0'.repeat(32);
    readonly trace = {
      traceId: this.id,
      writeTraceId: (target: Buffer, start: number): void => { target.write(this.id, start, 'latin1'); },
    };

    /** A request with all that a line may have, or as little. */
    finished(all: boolean, path: string): FinishedExchange {
      const { record, attempted } = this;
      record.reset(1_000);
      attempted.clear();
      record.describedMethod = 'GET';
      record.path.add(Buffer.from(path), 0, path.length);
      record.status = 200;
      record.durationMs = 5;
      if (!all) {
        const upstream = { cluster: undefined, endpoint: undefined, attempts: 0, attempted };
        return { client: { listener: { name: 'web', edge: undefined }, peer: { address: '192.0.2.1', caller: undefined } }, record, trace: undefined, upstream } as FinishedExchange;
      }
      record.grpcStatus = 14;
      record.route = 'default';
      record.endsBy('upstream_closed', 'in the middle');
      attempted.add('10.0.0.2:80', 'connect_failed', 1);
      attempted.add('10.0.0.1:80', 503, 2);
      const upstream = { cluster: { name: 'catalog' }, endpoint: { key: '10.0.0.1:80' }, attempts: 2, attempted };
      const client = { listener: { name: 'web', edge: { namesClients: true } }, peer: { address: '192.0.2.1', caller: 'spiffe://td/ns/a/sa/b' } };
      return { client, record, trace: this.trace, upstream } as unknown as FinishedExchange;
    }
  }

  let clock: FakeClock;
  let lines: string[];
  let writer: LineWriter;
  const recorderOf = (format: 'json' | 'text' = 'json') => (
    accessRecorder(writer, clock, () => 0.5, { accessLog: { mode: 'all', format }, listeners: [] } as unknown as ResolvedProxyConfig)!);
  const logged = (): Record<string, unknown>[] => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  beforeEach(() => {
    clock = new FakeClock();
    lines = [];
    writer = new LineWriter({ write: (text, done) => { lines.push(...textOf(text).trim().split('\n')); done(); } });
  });

  test('is all that its line has, and nothing of a request before it', () => {
    const { onExchange } = recorderOf();
    const connection = new Connection();
    for (let round = 0; round < 2; round += 1) {
      lines = [];
      onExchange(connection.finished(true, '/first'));
      onExchange(connection.finished(false, '/second'));
      clock.advance(COLLECT_MS);
      const [first, second] = logged();
      expect(first).toEqual({
        time: '2023-11-14T22:13:21.005Z', level: 'info', event: 'request', listener: 'web', method: 'GET', path: '/first', client: '192.0.2.1',
        caller: 'spiffe://td/ns/a/sa/b', route: 'default', status: 200, grpcStatus: 14, reason: 'upstream_closed', detail: 'in the middle', durationMs: 5,
        cluster: 'catalog', endpoint: '10.0.0.1:80', attempts: 2, tried: ['10.0.0.2:80;connect_failed;1', '10.0.0.1:80;503;2'], bytesIn: 0, bytesOut: 0,
        traceId: connection.id,
      });
      expect(second).toEqual({
        time: '2023-11-14T22:13:21.005Z', level: 'info', event: 'request', listener: 'web', method: 'GET', path: '/second', status: 200, durationMs: 5, attempts: 0,
        bytesIn: 0, bytesOut: 0,
      });
      expect(lines).toHaveLength(2);
    }
  });

  test('stays as it was when its connection has another request', () => {
    const { onExchange } = recorderOf();
    const connection = new Connection();
    onExchange(connection.finished(true, '/first'));
    connection.id = 'f'.repeat(32);
    connection.finished(false, '/second');
    clock.advance(COLLECT_MS);
    expect(logged()).toEqual([expect.objectContaining({ path: '/first', traceId: '0'.repeat(32), reason: 'upstream_closed', status: 200 })]);
  });

  test('has its line in order, however many requests there are', () => {
    const { onExchange } = recorderOf();
    const connection = new Connection();
    const paths = Array.from({ length: 3 * MAX_NOTED + 1 }, (_, i) => `/${i}`);
    for (const path of paths) onExchange(connection.finished(false, path));
    clock.advance(COLLECT_MS);
    expect(logged().map(({ path }) => path)).toEqual(paths);
    expect(clock.pending).toBe(0);
  });

  test('has its line before an event that comes later, and before those of a log that follows', async () => {
    const connection = new Connection();
    const [old, next] = [recorderOf(), recorderOf()];
    old.onExchange(connection.finished(false, '/old'));
    writer.write('{"event":"config_applied"}');
    old.onExchange(connection.finished(false, '/last'));
    for (let i = 0; i <= MAX_NOTED; i += 1) next.onExchange(connection.finished(false, `/${i}`));
    await writer.flush(clock, 0);
    expect(logged().slice(0, 4).map(({ path, event }) => path ?? event)).toEqual(['/old', 'config_applied', '/last', '/0']);
    expect(lines).toHaveLength(3 + MAX_NOTED + 1);
  });

  test('has its line made when there are many, before its time', () => {
    const { onExchange } = recorderOf();
    const connection = new Connection();
    for (let i = 0; i < 10 * MAX_NOTED; i += 1) onExchange(connection.finished(false, `/${i}`));
    expect(lines.length).toBeGreaterThan(MAX_NOTED);
  });

  test('has its line before that of a connection of TCP that ends later', () => {
    const { onExchange, onConnection } = recorderOf();
    onExchange(new Connection().finished(false, '/first'));
    onConnection({
      listener: 'db', client: undefined, caller: undefined, serverName: undefined, reason: undefined, detail: '', durationMs: 1, connectMs: 1, route: 'default',
      cluster: 'db', endpoint: '10.0.0.1:5432', attempts: 1, attemptRecords: [], bytesIn: 0, bytesOut: 0, accessLog: undefined,
    });
    clock.advance(COLLECT_MS);
    expect(logged().map(({ event }) => event)).toEqual(['request', 'connection']);
  });

  test('has a line of text where that is asked for', () => {
    const { onExchange } = recorderOf('text');
    const connection = new Connection();
    onExchange(connection.finished(true, '/first'));
    clock.advance(COLLECT_MS);
    expect(lines).toEqual([expect.stringMatching(/^2023-11-14T22:13:21.005Z "GET \/first" 200 upstream_closed 5 .* 0{32}$/)]);
  });
});

/** The lines of two connections of TCP: one that ends in order, and one that is reset. */
async function connectionsOf(mode: AccessLogMode, ofRoute?: AccessLogMode): Promise<Record<string, unknown>[]> {
  const { proxy, server, client, peer } = await joined(cleanups, { direction: 'inbound', ...(ofRoute && { route: { accessLog: ofRoute } }) });
  const lines: string[] = [];
  const writer = new LineWriter({ write: (text, done) => { lines.push(...textOf(text).trim().split('\n')); done(); } });
  proxy.proxy.context.onTcpClosed = accessRecorder(writer, systemClock, () => 0.5, { ...proxy.proxy.config, accessLog: { mode } })?.onConnection;
  client.send('12345');
  await peer.receives('12345');
  client.end();
  peer.end();
  await tcpClient(cleanups, proxy);
  (await server.connection(1)).reset();
  await until('both are over', () => proxy.proxy.context.connections === 0);
  await writer.flush(systemClock, 0);
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('a connection of TCP has a line when it is over', async () => {
  const [inOrder, broken] = await connectionsOf('all');
  expect(inOrder).toMatchObject({ event: 'connection', level: 'info', listener: 'test', cluster: 'backend', attempts: 1, bytesIn: 5, bytesOut: 0, durationMs: expect.any(Number) });
  expect(inOrder).not.toHaveProperty('reason');
  expect(broken).toMatchObject({ event: 'connection', reason: 'tcp_endpoint_reset', bytesIn: 0 });
});

test('with errors, only one that did not end in order has, unless its route says something else', async () => {
  expect((await connectionsOf('errors')).map(({ reason }) => reason)).toEqual(['tcp_endpoint_reset']);
  expect(await connectionsOf('errors', 'off')).toEqual([]);
  expect(await connectionsOf('off', 'all')).toHaveLength(2);
});
