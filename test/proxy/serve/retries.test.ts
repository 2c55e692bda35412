/** What is sent again, when, where and how often: over real sockets, with backends that record what they get. */
import { cleanupsAfterEach } from '../../support/cleanups';
import { RawBackend, rawClient, RawConnection, until } from '../../support/raw-http';
import { FakeClock } from '../../support/fake-clock';
import { sampleOf } from '../../support/prometheus';
import { freePort, ready, startProxy, TestProxy, TestProxyOptions } from '../../support/proxy';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const answer = (status: number, fields = ''): string => `HTTP/1.1 ${status} X\r\n${fields}Content-Length: 0\r\n\r\n`;

const cleanups = cleanupsAfterEach();

type Answer = (head: string, connection: RawConnection) => string;

/** Backends that all answer alike and note, each head with its number, what they got. */
async function world(count: number, reply: (call: number, ...args: Parameters<Answer>) => string, options: TestProxyOptions = {}) {
  const heads: { readonly backend: number; readonly head: string }[] = [];
  const backends = await Promise.all(Array.from({ length: count }, (_, backend) => RawBackend.answering((head, connection) => {
    heads.push({ backend, head });
    return reply(heads.length, head, connection);
  })));
  backends.forEach((backend) => cleanups.push(() => backend.close()));
  const test = await startProxy(backends.map(({ port }) => port), options);
  cleanups.push(() => test.proxy.close());
  return { test, heads, backends };
}

async function ask(test: TestProxy, request: string, expected: string | RegExp): Promise<string> {
  const client = await rawClient(test.port);
  cleanups.push(() => client.socket.destroy());
  client.send(request);
  return client.receives(expected);
}

const request = (method: string, fields = '', body = ''): string => `${method} / HTTP/1.1\r\nHost: a\r\n${fields}`
  + `${body ? `Content-Length: ${body.length}\r\n` : ''}\r\n${body}`;

describe('an idempotent request', () => {
  test.each([502, 503, 504])('goes to another endpoint, given a response of status %d', async (status) => {
    const { test, heads } = await world(3, (call) => (call < 3 ? answer(status) : OK));
    await ask(test, request('GET'), 'HTTP/1.1 200');
    expect(new Set(heads.map(({ backend }) => backend)).size).toBe(3);
    expect(test.metrics()).toContain(`mesh_retries_total{cluster="backend",reason="http_${status}"} 2`);
  });

  test('goes to another endpoint, given something that is not HTTP', async () => {
    const { test, heads } = await world(2, (call) => (call === 1 ? 'SSH-2.0-x\r\n\r\n' : OK));
    await ask(test, request('GET'), 'HTTP/1.1 200');
    expect(heads).toHaveLength(2);
    expect(await ask((await world(2, () => 'SSH-2.0-x\r\n\r\n')).test, request('POST'), '502')).toContain('upstream_protocol_error');
  });

  test('gets the last response, given that all are bad', async () => {
    const { test, heads } = await world(3, () => answer(503, 'X-Why: app\r\n'));
    await ask(test, request('GET'), /^HTTP\/1\.1 503 X\r\nX-Why: app/);
    expect(heads).toHaveLength(3);
  });

  test('is sent again with its body, given PUT and a connection that breaks', async () => {
    const bodies: string[] = [];
    const backend = await RawBackend.start((connection) => {
      connection.socket.on('data', () => {
        if (!connection.received.endsWith('hello')) return;
        bodies.push(connection.received.split('\r\n\r\n')[1]!);
        if (bodies.length === 1) connection.reset();
        else connection.send(OK);
      });
    });
    cleanups.push(() => backend.close());
    const test = await startProxy([backend.port]);
    cleanups.push(() => test.proxy.close());
    await ask(test, request('PUT', '', 'hello'), '200 OK');
    expect(bodies).toEqual(['hello', 'hello']);
  });

  test('is sent again with a body that came in parts, up to the limit of what is kept', async () => {
    const seen: number[] = [];
    const size = 30_000;
    const backend = await RawBackend.start((connection) => {
      connection.socket.on('data', () => {
        const body = connection.received.split('\r\n\r\n')[1] ?? '';
        if (body.length < size) return;
        seen.push(body.length);
        if (seen.length === 1) connection.reset();
        else connection.send(OK);
      });
    });
    cleanups.push(() => backend.close());
    for (const [maxReplayBytes, status, times] of [[size, 200, 2], [size - 1, 502, 1]] as const) {
      seen.length = 0;
      const test = await startProxy([backend.port], { route: { retry: { maxReplayBytes } } });
      cleanups.push(() => test.proxy.close());
      const client = await rawClient(test.port);
      cleanups.push(() => client.socket.destroy());
      client.send(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`);
      for (let sent = 0; sent < size; sent += 10_000) {
        await new Promise((resolve) => { setImmediate(resolve); });
        client.send('x'.repeat(10_000));
      }
      await client.receives(`HTTP/1.1 ${status}`);
      expect(seen).toEqual(new Array(times).fill(size));
    }
  });

  test('is not sent again, given a status that the policy does not name, or a response that has begun', async () => {
    const { test, heads } = await world(2, (call) => (call === 1 ? answer(500) : OK));
    await ask(test, request('GET'), 'HTTP/1.1 500');
    expect(heads).toHaveLength(1);
    const broken = await world(2, (_, __, connection) => {
      setImmediate(() => connection.socket.end());
      return 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc';
    });
    const client = await rawClient(broken.test.port);
    cleanups.push(() => client.socket.destroy());
    client.send(request('GET'));
    await client.closes();
    expect(broken.heads).toHaveLength(1);
  });

  test('is sent again after any 5xx or 429, given a policy that says so', async () => {
    const { test, heads } = await world(3, (call) => [answer(500), answer(429), OK][call - 1]!, { route: { retry: { on: ['serverError', 'tooManyRequests'] } } });
    await ask(test, request('GET'), 'HTTP/1.1 200');
    expect(heads).toHaveLength(3);
  });

  test('is never sent again, given no retries', async () => {
    const { test, heads } = await world(2, () => answer(503), { route: { retry: { maxRetries: 0 } } });
    await ask(test, request('GET'), 'HTTP/1.1 503');
    expect(heads).toHaveLength(1);
  });

  test('does not wait for an attempt beyond its time, given a black hole', async () => {
    const { test, heads } = await world(2, (call) => (call === 1 ? '' : OK), { route: { retry: { tryTimeoutMs: 30 } } });
    await ask(test, request('GET'), 'HTTP/1.1 200');
    expect(heads).toHaveLength(2);
    const holes = await world(1, () => '', { route: { retry: { tryTimeoutMs: 30, maxRetries: 1 } } });
    expect(await ask(holes.test, request('GET'), 'HTTP/1.1 504')).toContain('details="try_timeout"');
    expect(holes.heads).toHaveLength(2);
  });

  test('waits as long as an application asks, and not at all when that is too long', async () => {
    const clock = new FakeClock();
    const { test, heads } = await world(2, (call) => (call === 1 ? answer(503, 'Retry-After: 1\r\n') : OK), { clock });
    const response = ask(test, request('GET'), 'HTTP/1.1 200');
    await until('it waits', () => sampleOf(test.metrics(), 'mesh_retries_total{cluster="backend",reason="http_503"}') === 1);
    const sent = (): number => test.proxy.clusters.get('backend').endpoints.reduce((sum, { stats }) => sum + stats.sent, 0);
    clock.advance(950);
    expect(sent()).toBe(1);
    clock.advance(350);
    expect(sent()).toBe(2);
    await response;
    expect(heads).toHaveLength(2);
    const long = await world(2, () => answer(503, 'Retry-After: 60\r\n'));
    await ask(long.test, request('GET'), /HTTP\/1\.1 503 X\r\nRetry-After: 60/);
    expect(long.heads).toHaveLength(1);
  });

  test('does not outlive the time of its route by waiting', async () => {
    const { test, heads } = await world(2, () => answer(503), { route: { timeoutMs: 100, retry: { backoffMs: 10_000, maxBackoffMs: 10_000 } } });
    await ask(test, request('GET'), 'HTTP/1.1 503');
    expect(heads).toHaveLength(1);
  });
});

describe('an upload that fails on its way', () => {
  /** The second backend notes what reaches it of a chunked PUT that the first one refuses when a part of it is there. */
  async function interrupted(maxReplayBytes: number) {
    const first = await RawBackend.start((connection) => {
      connection.socket.on('data', () => { if (connection.received.includes('first')) connection.reset(); });
    });
    const second = await RawBackend.answering(() => '');
    cleanups.push(() => first.close(), () => second.close());
    const endpoints = [first, second].map(({ port }, priority) => ({ address: '127.0.0.1', port, priority }));
    const route = { retry: { maxReplayBytes, backoffMs: 100, maxBackoffMs: 100 } };
    const test = await startProxy([], { route, cluster: { discovery: { type: 'static', endpoints } } });
    cleanups.push(() => test.proxy.close());
    const client = await rawClient(test.port);
    cleanups.push(() => client.socket.destroy());
    client.send('PUT /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n');
    await until('it is to be sent again', () => test.metrics().includes('mesh_retries_total{cluster="backend",reason="upstream_closed"} 1'));
    return { client, second };
  }

  test('is sent again from its head, given that more comes meanwhile than is kept otherwise', async () => {
    const { client, second } = await interrupted(32);
    const more = 'GET /smuggled HTTP/1.1\r\nHost: b\r\n\r\n1234';
    client.send(`${more.length.toString(16)}\r\n${more}\r\n0\r\n\r\n`);
    await until('the second gets all of it', () => second.received.includes('\r\n0\r\n\r\n'));
    expect(second.received).toMatch(/^PUT \/up HTTP\/1\.1\r\n[^]*\r\n\r\n5\r\nfirst\r\n27\r\nGET \/smuggled/);
  });
});

describe('a request that may not be executed twice', () => {
  test.each(['POST', 'PATCH', 'FOO'])('%s is sent once, whatever fails after it was sent', async (method) => {
    const { test, heads } = await world(3, () => answer(503));
    await ask(test, request(method), 'HTTP/1.1 503');
    expect(heads).toHaveLength(1);
    const broken = await world(3, (_, __, connection) => { connection.reset(); return ''; });
    await ask(broken.test, request(method), 'HTTP/1.1 502');
    expect(broken.heads).toHaveLength(1);
  });

  test('goes to another endpoint with its body, given that no connection could be made', async () => {
    const { backends } = await world(1, () => OK);
    const test = await startProxy([await freePort(), await freePort(), backends[0]!.port]);
    cleanups.push(() => test.proxy.close());
    for (let i = 0; i < 5; i += 1) await ask(test, request('POST', '', 'hello'), '200 OK');
    expect(backends[0]!.received.match(/\r\n\r\nhello/g)).toHaveLength(5);
  });

  test('goes to another endpoint, given a body longer than what is kept, of which nothing was sent', async () => {
    const { backends } = await world(1, () => OK);
    const test = await startProxy([await freePort(), backends[0]!.port], { route: { retry: { maxReplayBytes: 10 } } });
    cleanups.push(() => test.proxy.close());
    for (let i = 0; i < 4; i += 1) await ask(test, request('POST', '', 'x'.repeat(1_000)), '200 OK');
  });

  test('goes to another endpoint, given that a callee\'s sidecar says that no application has seen it', async () => {
    const { test, heads } = await world(3, (call) => (call < 3 ? answer(503, 'x-mesh-unsent: connect_failed\r\nRetry-After: 9\r\n') : OK));
    await ask(test, request('POST', '', 'hello'), 'HTTP/1.1 200');
    expect(new Set(heads.map(({ backend }) => backend)).size).toBe(3);
    expect(test.metrics()).toContain('mesh_retries_total{cluster="backend",reason="unsent"} 2');
  });

  test('is sent again after a bad response, given a policy for all methods', async () => {
    const { test, heads } = await world(2, (call) => (call === 1 ? answer(503) : OK), { route: { retry: { methods: 'all' } } });
    await ask(test, request('POST', '', 'hello'), 'HTTP/1.1 200');
    expect(heads).toHaveLength(2);
  });
});

describe('requests that fail together', () => {
  test('do not meet again at the next endpoint that is gone, given one retry each', async () => {
    const living = await Promise.all([0, 1, 2].map(() => RawBackend.answering(() => OK)));
    living.forEach((backend) => cleanups.push(() => backend.close()));
    const gone = await Promise.all([0, 1, 2].map(() => freePort()));
    const test = await startProxy([...gone, ...living.map(({ port }) => port)], {
      route: { retry: { maxRetries: 1 } }, cluster: { loadBalancing: { type: 'random' }, outlierDetection: { mode: 'off' } },
    });
    cleanups.push(() => test.proxy.close());
    const answers = await Promise.all(Array.from({ length: 60 }, () => ask(test, request('POST'), /^HTTP\/1\.1 \d+/)));
    // Whoever comes first to an endpoint that is gone can't know; the others do.
    expect(answers.filter((text) => !text.startsWith('HTTP/1.1 200')).length).toBeLessThanOrEqual(3);
  });
});

describe('a retry that waits', () => {
  /** One that turns everybody away for a second, and others that answer. */
  async function busyAnd(count: number, cluster: TestProxyOptions['cluster'] = {}) {
    const busy = await RawBackend.answering(() => answer(503, 'Retry-After: 1\r\n'));
    const others = await Promise.all(Array.from({ length: count }, () => RawBackend.answering(() => OK)));
    [busy, ...others].forEach((backend) => cleanups.push(() => backend.close()));
    const clock = new FakeClock();
    const [first, ...rest] = [busy, ...others].map(({ port }, priority) => ({ address: '127.0.0.1', port, priority }));
    const test = await startProxy([], {
      clock, route: { retry: { maxRetries: 1 } },
      cluster: { discovery: { type: 'static', endpoints: [first!, ...rest] }, outlierDetection: { mode: 'off' }, ...cluster },
    });
    cleanups.push(() => test.proxy.close());
    // Counted by the proxy when it has begun to wait.
    const waiting = (): number => sampleOf(test.metrics(), 'mesh_retries_total{cluster="backend",reason="http_503"}') ?? 0;
    return { clock, test, others, waiting };
  }

  test('goes elsewhere, given that its endpoint has left meanwhile', async () => {
    const { clock, test, others, waiting } = await busyAnd(1);
    const newcomer = await RawBackend.answering(() => OK);
    cleanups.push(() => newcomer.close());
    const response = ask(test, request('GET'), /HTTP\/1\.1 \d+/);
    await until('it waits', () => waiting() === 1);
    const document = structuredClone(test.config) as { clusters: { discovery: unknown }[] };
    document.clusters[0]!.discovery = { type: 'static', endpoints: [{ address: '127.0.0.1', port: newcomer.port }] };
    expect(await test.proxy.apply(JSON.stringify(document))).toMatchObject({ ok: true });
    await others[0]!.close();
    clock.advance(1_300);
    expect(await response).toContain('200 OK');
  });

  test('goes to another version, given that its own has no endpoint left', async () => {
    let fails = true;
    const backends = await Promise.all([0, 1].map(() => RawBackend.answering(() => (fails ? answer(503) : OK))));
    backends.forEach((backend) => cleanups.push(() => backend.close()));
    const clock = new FakeClock();
    const of = (name: string) => ({ name, discovery: { type: 'endpointSlice' as const, namespace: 'shop', service: name } });
    const test = await startProxy([], { clock, clusters: [of('v1'), of('v2')], route: { retry: { maxRetries: 1, backoffMs: 1_000, maxBackoffMs: 1_000 } } });
    cleanups.push(() => test.proxy.close());
    const versions = ['v1', 'v2'];
    versions.forEach((name, index) => test.sources.push(name, [ready('127.0.0.1', backends[index]!.port)]));
    const response = ask(test, request('GET'), /HTTP\/1\.1 \d+/);
    await until('it waits', () => /mesh_retries_total\{.*reason="http_503"\} 1/.test(test.metrics()));
    fails = false;
    const waitsFor = backends.findIndex(({ received }) => received === '');
    test.sources.push(versions[waitsFor]!, []);
    clock.advance(1_100);
    expect(await response).toContain('200 OK');
    expect(versions.map((name) => test.proxy.clusters.get(name).retryBudget.inFlight)).toEqual([0, 0]);
  });

  test('does not go beyond what its endpoint may have under way', async () => {
    const { clock, test, waiting } = await busyAnd(1, { maxRequestsPerEndpoint: 3 });
    const responses = Array.from({ length: 3 }, () => ask(test, request('GET'), /HTTP\/1\.1 \d+/));
    await until('they wait', () => waiting() === 3);
    // Two have come to the other one meanwhile.
    const [, other] = test.proxy.clusters.get('backend').endpoints;
    other!.stats.started();
    other!.stats.started();
    clock.advance(1_300);
    expect((await Promise.all(responses)).map((text) => text.slice(9, 12)).sort()).toEqual(['200', '503', '503']);
    expect(other!.inFlight).toBe(2);
    expect(test.proxy.clusters.get('backend').retryBudget.inFlight).toBe(0);
  });

  test('and others that were turned away with it come back one after the other', async () => {
    const { clock, test, waiting } = await busyAnd(1);
    const responses = Array.from({ length: 20 }, () => ask(test, request('GET'), '200 OK'));
    await until('they wait', () => waiting() === 20);
    clock.advance(1_000);
    const [, other] = test.proxy.clusters.get('backend').endpoints;
    const back: number[] = [];
    for (let ms = 0; ms < 300; ms += 50) {
      clock.advance(50);
      back.push(other!.stats.sent);
    }
    await Promise.all(responses);
    expect(new Set(back).size).toBeGreaterThan(2);
  });
});

describe('what no application has seen', () => {
  test('is marked by an inbound listener, and only by it: the word of an app goes no further', async () => {
    const inbound = await startProxy([await freePort()], { direction: 'inbound' });
    cleanups.push(() => inbound.proxy.close());
    expect(await ask(inbound, request('POST'), '503')).toMatch(/\r\nx-mesh-unsent: connect_failed\r\n/);
    const outbound = await startProxy([await freePort()]);
    cleanups.push(() => outbound.proxy.close());
    expect(await ask(outbound, request('POST'), '503')).not.toContain('x-mesh-unsent');
    const { test } = await world(1, () => answer(503, 'X-Mesh-Unsent: lie\r\n'), { direction: 'inbound' });
    expect(await ask(test, request('POST'), 'HTTP/1.1 503 X')).not.toMatch(/unsent/i);
  });

  test('an inbound listener does not send a request again that its app has answered', async () => {
    const { test, heads } = await world(1, () => answer(503), { direction: 'inbound' });
    await ask(test, request('GET'), 'HTTP/1.1 503 X');
    expect(heads).toHaveLength(1);
  });
});

describe('the retry budget', () => {
  test('lets a failing service get a fifth more than it is asked, and the small minimum', async () => {
    const retryBudget = { percent: 20, minimumPerSecond: 0 };
    const { test, heads } = await world(2, () => answer(503), { cluster: { retryBudget }, route: { retry: { backoffMs: 0 } } });
    const client = await rawClient(test.port);
    cleanups.push(() => client.socket.destroy());
    for (let i = 1; i <= 50; i += 1) {
      client.send(request('GET'));
      await until('the response', () => client.received.split('HTTP/1.1 503').length === i + 1);
    }
    expect(heads.length).toBeLessThanOrEqual(60);
    expect(heads.length).toBeGreaterThanOrEqual(57);
    expect(test.metrics()).toMatch(/mesh_retries_denied_total\{cluster="backend",cause="budget"\} \d+/);
  });

  test('does not count what could not be connected to, but holds to the most at a time', async () => {
    const { backends } = await world(1, () => OK);
    const test = await startProxy([await freePort(), backends[0]!.port], { cluster: { retryBudget: { percent: 0, minimumPerSecond: 0 } } });
    cleanups.push(() => test.proxy.close());
    for (let i = 0; i < 4; i += 1) await ask(test, request('GET'), '200 OK');
    const none = await startProxy([await freePort(), backends[0]!.port], { cluster: { retryBudget: { maxInFlight: 0 } } });
    cleanups.push(() => none.proxy.close());
    const answers = [await ask(none, request('GET'), /HTTP\/1.1 \d/), await ask(none, request('GET'), /HTTP\/1.1 \d/)];
    expect(answers.filter((text) => text.includes('503'))).toHaveLength(1);
    expect(none.metrics()).toContain('mesh_retries_denied_total{cluster="backend",cause="in_flight"} 1');
  });
});

describe('a tunnel that began as a retry', () => {
  test('takes no place among the retries under way', async () => {
    const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n';
    const { backends } = await world(1, () => SWITCH);
    const endpoints = [await freePort(), backends[0]!.port].map((port) => ({ address: '127.0.0.1', port }));
    const test = await startProxy([], { cluster: { discovery: { type: 'static', endpoints }, retryBudget: { maxInFlight: 1 } } });
    cleanups.push(() => test.proxy.close());
    for (let i = 0; i < 6; i += 1) await ask(test, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n', 'HTTP/1.1 101');
    expect(test.proxy.clusters.get('backend').retryBudget.inFlight).toBe(0);
  });
});

describe('fields between sidecars', () => {
  test('tell how long the caller waits, and which attempt it is', async () => {
    const { test, heads } = await world(2, (call) => (call === 1 ? answer(503) : OK), { route: { timeoutMs: 2_000 } });
    await ask(test, request('GET', 'X-Mesh-Attempt: 7\r\n'), '200 OK');
    expect(heads[0]!.head).toContain('x-mesh-deadline-ms: 2000\r\n');
    expect(heads[0]!.head).not.toMatch(/x-mesh-attempt/i);
    const [, left] = /x-mesh-deadline-ms: (\d+)\r\nx-mesh-attempt: 2\r\n/.exec(heads[1]!.head)!;
    expect(+left!).toBeLessThanOrEqual(2_000);
  });

  test('are left out for who does not know them', async () => {
    const { test, heads } = await world(2, (call) => (call === 1 ? answer(503) : OK), { route: { meshFields: false } });
    await ask(test, request('GET'), '200 OK');
    expect(heads.map(({ head }) => head).join('')).not.toContain('x-mesh');
  });

  test('a callee stops working when its caller does, and hands the time on to its app', async () => {
    const { test, backends } = await world(1, () => '', { direction: 'inbound', route: { timeoutMs: 0 } });
    expect(await ask(test, request('GET', 'x-mesh-deadline-ms: 40\r\nx-mesh-attempt: 2\r\n'), '504')).toMatch(/details="deadline_exceeded"/);
    expect(backends[0]!.received).toMatch(/x-mesh-attempt: 2\r\n[^]*x-mesh-deadline-ms: 40\r\n/);
    await until('the request to the app is ended', () => backends[0]!.connections[0]!.closed || backends[0]!.connections[0]!.ended);
  });

  test('the shorter of two times holds; one that is over or absurd does no harm', async () => {
    const { test, heads } = await world(1, () => OK, { route: { timeoutMs: 500 } });
    await ask(test, request('GET', 'x-mesh-deadline-ms: 9000\r\n'), '200 OK');
    await ask(test, request('GET', 'x-mesh-deadline-ms: 9007199254740991\r\n'), '200 OK');
    await ask(test, request('GET', 'x-mesh-deadline-ms: soon\r\n'), '200 OK');
    await ask(test, request('GET', 'x-mesh-deadline-ms: 100\r\nx-mesh-deadline-ms: 200\r\n'), '200 OK');
    expect(heads.map(({ head }) => /x-mesh-deadline-ms: (\d+)/.exec(head)![1])).toEqual(['500', '500', '500', '100']);
    expect(await ask(test, request('GET', 'x-mesh-deadline-ms: 0\r\n'), '504')).toMatch(/details="deadline_exceeded"/);
    expect(heads).toHaveLength(4);
  });

  test('tell an app that asks what was tried, and nobody else', async () => {
    const { test } = await world(2, (call) => (call === 1 ? answer(503) : OK));
    const text = await ask(test, request('GET', 'x-mesh-explain: 1\r\n'), '200 OK');
    expect(text).toMatch(/\r\nx-mesh-attempts: 127\.0\.0\.1:\d+;503;[\d.]+, 127\.0\.0\.1:\d+;200;[\d.]+\r\n/);
    expect(await ask(test, request('GET'), '200 OK')).not.toContain('x-mesh-attempts');
    const nobody = await startProxy([await freePort()]);
    cleanups.push(() => nobody.proxy.close());
    expect(await ask(nobody, request('GET', 'x-mesh-explain: 1\r\n'), '503')).toMatch(/\r\nx-mesh-attempts: 127\.0\.0\.1:\d+;connect_failed;[\d.]+\r\n/);
    const inbound = await world(1, () => OK, { direction: 'inbound' });
    expect(await ask(inbound.test, request('GET', 'x-mesh-explain: 1\r\n'), '200 OK')).not.toContain('x-mesh');
  });
});

describe('hedging', () => {
  test('asks a second endpoint when the first takes long, takes the first answer, and ends the other request', async () => {
    const { test, heads, backends } = await world(2, (call) => (call === 101 ? '' : OK), { route: { hedge: { minimumDelayMs: 5 } } });
    const client = await rawClient(test.port);
    cleanups.push(() => client.socket.destroy());
    for (let i = 1; i <= 101; i += 1) {
      client.send(request('GET'));
      await until('the response', () => client.received.split('HTTP/1.1 200').length === i + 1);
    }
    expect(heads.length).toBeGreaterThanOrEqual(102);
    expect(test.metrics()).toMatch(/mesh_hedges_total\{cluster="backend"\} [1-9]/);
    await until('the loser is dropped', () => backends.some(({ connections }) => connections.some(({ closed, ended }) => closed || ended)));
    expect(test.proxy.clusters.get('backend').endpoints.reduce((sum, { inFlight }) => sum + inFlight, 0)).toBe(0);
    expect(test.proxy.clusters.get('backend').retryBudget.inFlight).toBe(0);
  });

  test('goes on with what is known, given a new configuration', async () => {
    let silent = 0;
    const { test } = await world(2, () => (silent-- > 0 ? '' : OK), { route: { hedge: { minimumDelayMs: 5 } } });
    for (let i = 1; i <= 60; i += 1) await ask(test, request('GET'), '200 OK');
    silent = 1;
    const document = structuredClone(test.config) as { listeners: { routes: { timeoutMs?: number }[] }[] };
    document.listeners[0]!.routes[0]!.timeoutMs = 9_000;
    expect(await test.proxy.apply(JSON.stringify(document))).toMatchObject({ ok: true });
    await ask(test, request('GET'), '200 OK');
    expect(test.metrics()).toMatch(/mesh_hedges_total\{cluster="backend"\} [1-9]/);
  });

  test('never asks twice for a switch of protocols', async () => {
    const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n';
    const clock = new FakeClock();
    let isSwitched = (): void => undefined;
    const { test, heads } = await world(2, (_, head, connection) => {
      if (!head.includes('upgrade: chat')) return OK;
      isSwitched = () => connection.send(SWITCH);
      return '';
    }, { route: { hedge: { minimumDelayMs: 5 } }, clock });
    const client = await rawClient(test.port);
    cleanups.push(() => client.socket.destroy());
    for (let i = 1; i <= 60; i += 1) {
      client.send(request('GET'));
      await until('the response', () => client.received.split('HTTP/1.1 200').length === i + 1);
    }
    const asked = heads.length;
    client.send('GET /chat HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n');
    await until('it is asked', () => heads.length > asked);
    clock.advance(1_000);
    isSwitched();
    await client.receives('HTTP/1.1 101');
    expect(test.metrics()).not.toMatch(/mesh_hedges_total\{[^}]*\} [1-9]/);
    expect(heads.length - asked).toBe(1);
    expect(client.received.match(/HTTP\/1\.1 101/g)).toHaveLength(1);
  });

  test('leaves the first request alone, given that there is no room for a second one', async () => {
    const held: RawConnection[] = [];
    const backends = await Promise.all([0, 1].map(() => RawBackend.answering((head, connection) => {
      if (!head.startsWith('PUT')) return OK;
      held.push(connection);
      return '';
    })));
    backends.forEach((backend) => cleanups.push(() => backend.close()));
    const [near, far] = backends.map(({ port }, priority) => ({ address: '127.0.0.1', port, priority }));
    const clock = new FakeClock();
    // One connection, which the first request has; and one request that may wait, which is another client's.
    const cluster = { discovery: { type: 'static' as const, endpoints: [near!, far!] }, maxConnections: 1, maxPendingRequests: 1 };
    const test = await startProxy([], { route: { hedge: {} }, cluster, clock });
    cleanups.push(() => test.proxy.close());
    const [client, other] = await Promise.all([rawClient(test.port), rawClient(test.port)]);
    cleanups.push(() => [client, other].forEach(({ socket }) => socket.destroy()));
    for (let i = 1; i <= 60; i += 1) {
      client.send(request('GET'));
      await until('the response', () => client.received.split('HTTP/1.1 200').length === i + 1);
    }
    client.send(request('PUT'));
    await until('the request is there', () => held.length === 1);
    other.send(request('POST'));
    await until('another one waits', () => test.metrics().includes('mesh_pending_requests{cluster="backend"} 1\n'));
    clock.advance(10);
    expect(test.metrics()).toContain('mesh_hedges_total{cluster="backend"} 1\n');
    expect(test.metrics()).toContain('mesh_upstream_limit_reached_total{cluster="backend",limit="maxPendingRequests"} 1\n');
    held[0]!.send(OK);
    await until('both are answered', () => client.received.split('HTTP/1.1 200').length === 62 && other.received.includes('HTTP/1.1 200'));
    expect(test.proxy.clusters.get('backend').retryBudget.inFlight).toBe(0);
  });

  test('never sends a second request that may not be executed twice', async () => {
    const clock = new FakeClock();
    let last: RawConnection | undefined;
    const { test, heads } = await world(2, (call, _, connection) => {
      if (call <= 100) return OK;
      last = connection;
      return '';
    }, { route: { hedge: { minimumDelayMs: 5 } }, clock });
    const client = await rawClient(test.port);
    cleanups.push(() => client.socket.destroy());
    for (let i = 1; i <= 100; i += 1) {
      client.send(request('POST'));
      await until('the response', () => client.received.split('HTTP/1.1 200').length === i + 1);
    }
    client.send(request('POST'));
    await until('the last one is there', () => last !== undefined);
    clock.advance(1_000);
    expect(test.metrics()).not.toMatch(/mesh_hedges_total\{[^}]*\} [1-9]/);
    last!.send(OK);
    await until('the response', () => client.received.split('HTTP/1.1 200').length === 102);
    expect(heads).toHaveLength(101);
  });
});
