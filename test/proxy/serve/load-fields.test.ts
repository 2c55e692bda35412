/** The fields of load reports on their way through a proxy, byte by byte. */
import type { EndpointStats } from '../../../src/balancing';
import type { ProxyConfig } from '../../../src/contract';
import { REBUILD_MS } from '../../../src/proxy/load-reports/load-reporter';
import { READ_MS } from '../../../src/proxy/load-reports/report-intake';
import { cleanupsAfterEach } from '../../support/cleanups';
import { RawBackend, rawClient, RawConnection } from '../../support/raw-http';
import { FakeClock } from '../../support/fake-clock';
import { startProxy, TestProxy, TestProxyOptions } from '../../support/proxy';

const REPORT = 'Endpoint-Load-Metrics: TEXT application_utilization=0.5, rps_fractional=100';
const BY_REPORTS = { loadBalancing: { type: 'clientSideWeightedRoundRobin' } } as const;

const cleanups = cleanupsAfterEach();

interface Subject { readonly test: TestProxy; readonly client: RawConnection; readonly clock: FakeClock; readonly seen: string[] }

/** @param fields what the backend adds to its responses */
async function subject(options: TestProxyOptions, fields: () => readonly string[] = () => []): Promise<Subject> {
  const seen: string[] = [];
  const backend = await RawBackend.answering((head) => {
    seen.push(head);
    return ['HTTP/1.1 200 OK', 'Date: now', 'Content-Length: 2', ...fields(), '', 'ok'].join('\r\n');
  });
  cleanups.push(() => backend.close());
  const clock = new FakeClock();
  const test = await startProxy([backend.port], { clock, ...options });
  cleanups.push(() => test.proxy.close());
  return { test, client: await connect(test), clock, seen };
}

async function connect(test: TestProxy): Promise<RawConnection> {
  const client = await rawClient(test.port);
  cleanups.push(() => client.socket.destroy());
  return client;
}

/** The head of the response to one request. */
async function ask(client: RawConnection, ...fields: string[]): Promise<string> {
  client.received = '';
  client.send(['GET / HTTP/1.1', 'Host: shop', ...fields, '', ''].join('\r\n'));
  await client.receives('\r\n\r\nok');
  return client.received;
}

function counted(test: TestProxy, result: string): number {
  return Number(new RegExp(`mesh_load_reports_total{cluster="backend",result="${result}"} (\\d+)`).exec(test.metrics())?.[1] ?? 0);
}

describe('a request that leaves', () => {
  test('asks for a report, GIVEN a policy that goes by them', async () => {
    const { client, seen } = await subject({ cluster: BY_REPORTS });
    await ask(client);
    expect(seen[0]).toMatch(/\r\nendpoint-load-metrics-format: text\r\n/);
  });

  test.each([
    ['by reports', BY_REPORTS, 1],
    ['by anything else', {}, 0],
  ])('leaves out what the app asks by itself, GIVEN a policy that goes %s', async (_, cluster, times) => {
    const { client, seen } = await subject({ cluster });
    await ask(client, 'Endpoint-Load-Metrics-Format: json');
    expect(seen[0]!.match(/endpoint-load-metrics-format/gi) ?? []).toHaveLength(times);
    expect(seen[0]).not.toContain('json');
  });
});

describe('a response that comes back', () => {
  test('gives its report to the proxy and not to the app', async () => {
    const { test, client } = await subject({ cluster: BY_REPORTS }, () => [REPORT, 'X-Last: 1']);
    const response = await ask(client);
    expect(response).not.toMatch(/load-metrics/i);
    expect(response).toContain('X-Last: 1');
    expect(test.proxy.clusters.get('backend').endpoints[0]!.stats.reported).toMatchObject({ utilization: 0.5, requestsPerSecond: 100, relative: false });
    expect(counted(test, 'used')).toBe(1);
  });

  test('loses its report, GIVEN that nobody goes by it', async () => {
    const { test, client } = await subject({}, () => [REPORT]);
    expect(await ask(client)).not.toMatch(/load-metrics/i);
    expect(test.proxy.clusters.get('backend').endpoints[0]!.stats.reported).toBeUndefined();
  });

  test('is read by the metrics that were configured', async () => {
    const cluster = { ...BY_REPORTS, loadReports: { utilizationMetrics: ['named_metrics.queue'] } };
    const { test, client } = await subject({ cluster }, () => [`${REPORT}, named_metrics.queue=0.9`]);
    await ask(client);
    expect(test.proxy.clusters.get('backend').endpoints[0]!.stats.reported!.utilization).toBe(0.9);
  });

  test('changes nothing by a report that is malformed, too long, empty or implausible, and is counted', async () => {
    const reports = ['TEXT cpu_utilization=x', `TEXT ${'a'.repeat(3_000)}=1`, 'TEXT mem_utilization=0.5', `JSON ${'['.repeat(2_000)}`, 'TEXT cpu_utilization=75, rps_fractional=10'];
    const { test, client, clock } = await subject({ cluster: BY_REPORTS }, () => [`endpoint-load-metrics: ${reports.shift()!}`]);
    for (let i = 0; i < 5; i += 1) {
      expect(await ask(client)).toMatch(/^HTTP\/1.1 200 OK/);
      clock.advance(READ_MS);
    }
    expect(['malformed', 'too_long', 'empty', 'implausible', 'used'].map((result) => counted(test, result))).toEqual([2, 1, 1, 1, 0]);
    expect(test.proxy.clusters.get('backend').endpoints[0]!.stats.reported).toBeUndefined();
  });

  test('begins a new series, GIVEN that its endpoint could not be connected to', async () => {
    const backend = await RawBackend.answering(() => `HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n${REPORT}\r\n\r\nok`);
    const test = await startProxy([backend.port], { cluster: BY_REPORTS });
    cleanups.push(() => test.proxy.close());
    const stats: EndpointStats = test.proxy.clusters.get('backend').endpoints[0]!.stats;
    const client = await connect(test);
    await ask(client);
    expect(stats.reported).toBeDefined();
    await backend.close();
    client.send('GET / HTTP/1.1\r\nHost: shop\r\n\r\n');
    await client.receives('connect_failed');
    expect(stats.reported).toBeUndefined();
  });

  test('is read at most once in a while, however many reports come', async () => {
    const { test, client, clock } = await subject({ cluster: BY_REPORTS }, () => [REPORT, REPORT]);
    for (let i = 0; i < 5; i += 1) await ask(client);
    expect(counted(test, 'used')).toBe(1);
    clock.advance(READ_MS);
    await ask(client);
    expect(counted(test, 'used')).toBe(2);
  });
});

describe('trailers that come back', () => {
  const TEXT = 'Endpoint-Load-Metrics: TEXT application_utilization=0.5, rps_fractional=100';
  // application_utilization 0.5 and rps_fractional 100, by protocol buffers.
  const BINARY = 'endpoint-load-metrics-bin: SQAAAAAAAOA/MQAAAAAAAFlA';

  async function ending(options: TestProxyOptions, ...trailers: readonly string[]): Promise<{ readonly test: TestProxy; readonly body: string }> {
    const backend = await RawBackend.answering(() => ['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '2', 'ok', '0', ...trailers, '', ''].join('\r\n'));
    cleanups.push(() => backend.close());
    const test = await startProxy([backend.port], options);
    cleanups.push(() => test.proxy.close());
    const client = await connect(test);
    client.send('GET / HTTP/1.1\r\nHost: shop\r\nTE: trailers\r\nConnection: TE\r\n\r\n');
    await client.receives(/\r\n0\r\n(?:[^\r]+\r\n)*\r\n$/);
    return { test, body: client.received.slice(client.received.indexOf('\r\n\r\n') + 4) };
  }

  test.each([
    ['text', [TEXT]], ['binary', [BINARY]], ['several, of which the first counts', [TEXT, BINARY.replace('SQ', 'xx')]],
  ])('give their report to the proxy and not to the app: %s', async (_, reports) => {
    const { test, body } = await ending({ cluster: BY_REPORTS }, 'X-First: 1', ...reports, 'X-Last: 2');
    expect(body).toBe('2\r\nok\r\n0\r\nX-First: 1\r\nX-Last: 2\r\n\r\n');
    expect(test.proxy.clusters.get('backend').endpoints[0]!.stats.reported).toMatchObject({ utilization: 0.5, requestsPerSecond: 100 });
    expect(counted(test, 'used')).toBe(1);
  });

  test('are none, GIVEN nothing but a report', async () => {
    expect((await ending({}, BINARY)).body).toBe('2\r\nok\r\n0\r\n\r\n');
  });

  test('lose a report that is malformed or too long, which is counted', async () => {
    for (const [result, value] of [['malformed', '!'], ['malformed', 'CQ=='], ['too_long', 'A'.repeat(3_000)], ['empty', '']] as const) {
      const { test, body } = await ending({ cluster: BY_REPORTS }, `endpoint-load-metrics-bin: ${value}`);
      expect([body, counted(test, result)]).toEqual(['2\r\nok\r\n0\r\n\r\n', 1]);
    }
  });

  test('pass the proxy beside the app as they are', async () => {
    expect((await ending({ direction: 'inbound' }, TEXT, BINARY)).body).toBe(`2\r\nok\r\n0\r\n${TEXT}\r\n${BINARY}\r\n\r\n`);
  });
});

describe('the app behind an inbound listener', () => {
  const ASK = 'endpoint-load-metrics-format: text';

  test('is reported to who asks, each report once a connection', async () => {
    const { test, client, clock } = await subject({ direction: 'inbound' });
    clock.advance(REBUILD_MS);
    expect(await ask(client)).not.toContain('load-metrics');
    const response = await ask(client, ASK);
    expect(response).toMatch(/\r\nendpoint-load-metrics: TEXT named_metrics\.requests_in_flight=[\d.e-]+, rps_fractional=[\d.]+, eps=0\r\n/);
    expect(await ask(client, ASK)).not.toContain('load-metrics:');
    expect(await ask(await connect(test), ASK)).toContain('load-metrics: TEXT');
    clock.advance(REBUILD_MS);
    expect(await ask(client, ASK)).toContain('load-metrics: TEXT');
  });

  test('is not reported in a format that the proxy does not write', async () => {
    const { client, clock } = await subject({ direction: 'inbound' });
    clock.advance(REBUILD_MS);
    expect(await ask(client, 'endpoint-load-metrics-format: bin')).not.toContain('load-metrics:');
  });

  test('speaks for itself, GIVEN that it does, and hears what it is asked', async () => {
    const { client, clock, seen } = await subject({ direction: 'inbound' }, () => [REPORT]);
    clock.advance(REBUILD_MS);
    expect((await ask(client, ASK)).match(/load-metrics:.*/gi)).toEqual([REPORT.slice('Endpoint-'.length)]);
    expect(seen[0]).toContain(ASK);
  });

  test('is as full as the limit on its requests says, for as long as the configuration has one', async () => {
    const { test, client, clock } = await subject({ direction: 'inbound', admission: { concurrency: { type: 'fixed', max: 20 } } });
    clock.advance(REBUILD_MS);
    expect(await ask(client, ASK)).toContain('application_utilization=');
    const [{ admission, ...listener }] = test.config.listeners as [ProxyConfig['listeners'][number]];
    expect(await test.proxy.apply(JSON.stringify({ ...test.config, listeners: [listener] }))).toMatchObject({ ok: true });
    clock.advance(REBUILD_MS);
    expect(await ask(client, ASK)).toContain('load-metrics: TEXT named_metrics');
  });
});
