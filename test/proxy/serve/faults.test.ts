/** FaultInjector on purpose: which request is struck, and what it then meets, over real sockets. */
import type { FaultConfig } from '../../../src/contract';
import { FaultInjector } from '../../../src/proxy/serve/route/faults';
import { RequestHead } from '../../../src/proxy/http1/request-head';
import { TimeoutQueues } from '../../../src/proxy/runtime/timeouts';
import { FakeClock } from '../../support/fake-clock';
import { startProxy, TestProxy } from '../../support/proxy';
import { seededRandom } from '../../support/random';
import { RawBackend, rawClient, RawConnection, until } from '../../support/raw-http';

const LIMITS = { maxStartLineBytes: 1_000, maxHeadBytes: 10_000, maxHeaderFields: 100 };

function decide(faults: FaultConfig[], fields: string, random: () => number = () => 0) {
  const buffer = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`, 'latin1');
  const head = new RequestHead(100);
  expect(head.parse(buffer, 0, buffer.length, LIMITS)).toBeUndefined();
  return new FaultInjector(faults, new TimeoutQueues(new FakeClock()), random).decide(buffer, head);
}

describe('a request is struck', () => {
  const byName: FaultConfig[] = [{ percent: 100, header: { name: 'X-Fault' }, abortStatus: 500 }];
  const byValue: FaultConfig[] = [{ percent: 100, header: { name: 'x-fault', value: 'on' }, abortStatus: 500 }];

  test.each<[string, FaultConfig[], string, boolean]>([
    ['any, given no match', [{ percent: 100, abortStatus: 500 }], '', true],
    ['one that has the field, in any case of its name', byName, 'x-fAULT: whatever\r\n', true],
    ['none that has not', byName, 'x-fault-2: on\r\n', false],
    ['one that has the value', byValue, 'X-Fault: on\r\n', true],
    ['one that has it in a second field', byValue, 'X-Fault: off\r\nX-Fault: on\r\n', true],
    ['none that has another', byValue, 'X-Fault: on2\r\n', false],
    ['none that has it in another case', byValue, 'X-Fault: ON\r\n', false],
  ])('%s', (_, faults, fields, struck) => {
    expect(decide(faults, fields) !== undefined).toBe(struck);
  });

  test('by chance, in the part that was asked for', () => {
    const random = seededRandom(5);
    const struck = Array.from({ length: 4_000 }, () => decide([{ percent: 2.5, abortStatus: 500 }], '', random)).filter(Boolean).length;
    expect(struck / 4_000).toBeCloseTo(0.025, 2);
    expect(decide([{ percent: 0, abortStatus: 500 }], '')).toBeUndefined();
  });

  test('by the first fault that strikes', () => {
    const faults: FaultConfig[] = [{ percent: 50, abortStatus: 500 }, { percent: 50, abortStatus: 501 }];
    const draws = (...numbers: number[]) => () => numbers.shift()!;
    expect(decide(faults, '', draws(0.1))).toMatchObject({ abortStatus: 500 });
    expect(decide(faults, '', draws(0.9, 0.1))).toMatchObject({ abortStatus: 501 });
    expect(decide(faults, '', draws(0.9, 0.9))).toBeUndefined();
  });
});

describe('through the proxy', () => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function setUp(faults: FaultConfig[]): Promise<{ test: TestProxy; backend: RawBackend; client: RawConnection; clock: FakeClock }> {
    const backend = await RawBackend.answering(() => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    cleanups.push(() => backend.close());
    const clock = new FakeClock();
    const test = await startProxy([backend.port], { route: { faults, timeoutMs: 60_000 }, clock });
    cleanups.push(() => test.proxy.close());
    const client = await rawClient(test.port);
    cleanups.push(() => client.socket.destroy());
    return { test, backend, client, clock };
  }

  test('a request that is aborted gets the status, the reason, and the connection stays; no endpoint sees it', async () => {
    const { client, backend, test } = await setUp([{ percent: 100, header: { name: 'x-fault' }, abortStatus: 418 }]);
    client.send('GET / HTTP/1.1\r\nHost: a\r\nX-Fault: 1\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await client.receives('ok')).toMatch(/^HTTP\/1\.1 418 I'm a Teapot\r\n[^]*details="fault_injected"[^]*HTTP\/1\.1 200 OK/);
    expect(backend.received.match(/GET/g)).toHaveLength(1);
    expect(test.metrics()).toContain('mesh_faults_injected_total{listener="test",kind="abort"} 1');
    expect(test.metrics()).toContain('code="418",reason="fault_injected"} 1');
  });

  test('a request that is delayed is sent on when the time is over, with its body', async () => {
    const { client, backend, clock, test } = await setUp([{ percent: 100, delayMs: 1_000 }]);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nfirst');
    await until('the request is held', () => test.metrics().includes('kind="delay"} 1'));
    clock.advance(900);
    expect(backend.connections).toHaveLength(0);
    clock.advance(200);
    client.send('later');
    await client.receives('ok');
    expect(backend.received).toMatch(/firstlater$/);
  });

  test('a chunked request that is delayed and came whole is sent on when the time is over', async () => {
    const { client, backend, clock, test } = await setUp([{ percent: 100, delayMs: 1_000 }]);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n0\r\n\r\n');
    await until('the request is held', () => test.metrics().includes('kind="delay"} 1'));
    clock.advance(1_100);
    await client.receives('ok');
    expect(backend.received).toMatch(/5\r\nfirst\r\n0\r\n\r\n$/);
  });

  test('a request that is delayed is sent on with the time that is left of it', async () => {
    const { client, backend, clock, test } = await setUp([{ percent: 100, delayMs: 10_000 }]);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await until('the request is held', () => test.metrics().includes('kind="delay"} 1'));
    clock.advance(10_700);
    await client.receives('ok');
    expect(backend.received).toMatch(/\r\nx-mesh-deadline-ms: 49\d{3}\r\n/i);
  });

  test('a request that is delayed and aborted waits first', async () => {
    const { client, backend, clock, test } = await setUp([{ percent: 100, delayMs: 1_000, abortStatus: 503 }]);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await until('the request is held', () => test.metrics().includes('kind="delay"} 1'));
    expect(client.received).toBe('');
    clock.advance(1_100);
    await client.receives('503');
    expect(backend.connections).toHaveLength(0);
  });

  test('a delay is no longer than the timeout of the route, and ends with its client', async () => {
    const { client, clock, test } = await setUp([{ percent: 100, delayMs: 300_000 }]);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await until('the request is held', () => test.metrics().includes('kind="delay"} 1'));
    clock.advance(62_000);
    await client.receives('504');
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await until('another is held', () => test.metrics().includes('kind="delay"} 2'));
    client.reset();
    await until('it is given up', () => test.metrics().includes('code="499",reason="client_abort"} 1'));
    clock.advance(400_000);
    expect(test.metrics()).toContain('mesh_requests_in_flight{listener="test"} 0');
  });
});
