/** DNS that stands in for the Kubernetes API at the start: the rules on a clock that the test moves, then a proxy on real sockets. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EndpointApi } from '../../../src/cli/up/endpoint-api';
import { DEFAULT_DNS_FALLBACK, EndpointSliceDiscovery, ProxyConfig } from '../../../src/contract';
import { systemClock } from '../../../src/proxy/runtime/clock';
import { createSource, EndpointSnapshot, KubernetesApi } from '../../../src/proxy/discovery';
import { Proxy } from '../../../src/proxy/process/proxy';
import { expose } from '../../../src/proxy/telemetry/exposition';
import { MetricRegistry } from '../../../src/proxy/telemetry/registry';
import { eventually } from '../../support/eventually';
import { FakeApi, sliceObject } from '../../support/fake-api';
import { FakeClock } from '../../support/fake-clock';
import { FakeDns } from '../../support/fake-dns';
import { freePort } from '../../support/proxy';
import { seededRandom } from '../../support/random';

const WAIT = DEFAULT_DNS_FALLBACK.afterMs;
const NAME = 'catalog-v1.shop.svc.cluster.local';
const DISCOVERY: EndpointSliceDiscovery = {
  type: 'endpointSlice', namespace: 'shop', service: 'catalog', portName: 'http', fallback: { hostname: NAME, port: 15006 },
};

function setUp(addresses: readonly string[] | undefined, discovery = DISCOVERY) {
  const clock = new FakeClock();
  const api = new FakeApi();
  const events: string[] = [];
  const snapshots: EndpointSnapshot[] = [];
  const dns = { asked: 0, cancelled: false };
  const resolve = async () => {
    dns.asked += 1;
    if (!addresses) throw Object.assign(new Error('no answer'), { code: 'ETIMEOUT' });
    return addresses.map((address) => ({ address, ttl: 5 }));
  };
  const source = createSource(discovery, {
    clock, random: () => 0.5, kubernetes: api, podIps: ['10.0.0.9'], onEvent: (name) => events.push(name),
    dnsClient: () => ({ resolve4: resolve, resolve6: resolve, resolveSrv: () => Promise.reject(new Error('not asked for')), cancel: () => { dns.cancelled = true; } }),
  });
  source.start((snapshot) => snapshots.push(snapshot));
  const pass = async (ms: number) => {
    clock.advance(ms);
    await new Promise((done) => { setImmediate(done); });
  };
  return { api, events, snapshots, dns, source, pass, shown: () => snapshots.at(-1)?.map(({ address, port }) => `${address}:${port}`) };
}

describe('GIVEN that the API answers in time', () => {
  test('DNS is never asked', async () => {
    const { api, dns, events, pass, shown, source } = setUp(['10.0.0.1']);
    await pass(WAIT - 1);
    api.last.list('1', [sliceObject('catalog-1', ['10.0.0.2'])]);
    await pass(10 * WAIT);
    expect(shown()).toEqual(['10.0.0.2:15006']);
    expect({ ...dns, events, fallback: source.health.fallback }).toEqual({ asked: 0, cancelled: true, events: [], fallback: undefined });
  });

  test('DNS is not asked after a later outage either: the last known endpoints stay', async () => {
    const { api, dns, pass, shown } = setUp(['10.0.0.1']);
    api.last.list('1', [sliceObject('catalog-1', ['10.0.0.2'])]);
    api.last.fail();
    await pass(100 * WAIT);
    expect(shown()).toEqual(['10.0.0.2:15006']);
    expect(dns.asked).toBe(0);
  });
});

describe('GIVEN that the API is out of reach at the start', () => {
  test('the endpoints are those of the headless Service as soon as it refuses', async () => {
    const { api, events, pass, shown, source } = setUp(['10.0.0.1', '10.0.0.2']);
    api.last.fail({ message: 'connect ECONNREFUSED' });
    await pass(0);
    expect(shown()).toEqual(['10.0.0.1:15006', '10.0.0.2:15006']);
    expect(events).toEqual(['discovery_failing', 'discovery_fallback']);
    expect(source.health).toMatchObject({ synced: true, fallback: true, failures: 1, lastError: 'connect ECONNREFUSED' });
  });

  test('or says that it may not tell', async () => {
    const { api, pass, shown } = setUp(['10.0.0.1']);
    api.last.fail({ message: 'the API server answered 403', status: 403 });
    await pass(0);
    expect(shown()).toEqual(['10.0.0.1:15006']);
  });

  test('or after the wait when it says nothing, not before', async () => {
    const { snapshots, events, pass, shown, source } = setUp(['10.0.0.1']);
    await pass(WAIT - 1);
    expect({ snapshots, synced: source.health.synced }).toEqual({ snapshots: [], synced: false });
    await pass(1);
    expect(shown()).toEqual(['10.0.0.1:15006']);
    expect(events).toEqual(['discovery_fallback']);
  });

  test('and fails again and again, DNS stands in once', async () => {
    const { api, events, pass } = setUp(['10.0.0.1']);
    for (let round = 0; round < 4; round += 1) {
      api.last.fail({ message: `failure ${round}` });
      await pass(15_000);
    }
    expect(events.filter((event) => event === 'discovery_fallback')).toHaveLength(1);
  });

  test('the API goes on being asked, and its first list takes the place of DNS for good', async () => {
    const { api, dns, events, pass, shown, source } = setUp(['10.0.0.1', '10.0.0.2']);
    api.last.fail();
    await pass(WAIT);
    api.last.list('1', [sliceObject('catalog-1', ['10.0.0.2', '10.0.0.3'])]);
    expect(shown()).toEqual(['10.0.0.2:15006', '10.0.0.3:15006']);
    expect(dns.cancelled).toBe(true);
    const { asked } = dns;
    await pass(100 * WAIT);
    expect(dns.asked).toBe(asked);
    expect(events.slice(1, 3)).toEqual(['discovery_fallback', 'discovery_fallback_over']);
    expect(source.health.fallback).toBeUndefined();
  });

  test('and DNS as well, the source is not synced and says both reasons', async () => {
    const { api, pass, snapshots, source } = setUp(undefined);
    api.last.fail({ message: 'connect ECONNREFUSED' });
    await pass(WAIT);
    expect(snapshots).toEqual([]);
    expect(source.health).toMatchObject({ synced: false, fallback: true, lastError: expect.stringMatching(/^connect ECONNREFUSED; .*ETIMEOUT/) });
  });

  test('nothing stands in where the configuration names nothing', async () => {
    const { fallback, ...alone } = DISCOVERY;
    const { api, dns, pass, source } = setUp(['10.0.0.1'], alone);
    api.last.fail();
    await pass(100 * WAIT);
    expect({ asked: dns.asked, synced: source.health.synced }).toEqual({ asked: 0, synced: false });
  });
});

test('a source that is closed while it waits, or while DNS stands in, delivers nothing more', async () => {
  for (const ms of [0, WAIT]) {
    const { api, pass, snapshots, source } = setUp(['10.0.0.1']);
    api.last.fail();
    await pass(ms);
    const before = snapshots.length;
    source.close();
    await pass(100 * WAIT);
    expect(snapshots).toHaveLength(before);
  }
});

test('a proxy that starts without the API fails no request that DNS can answer, is ready, says so, and returns to EndpointSlices without a failed request', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fallback-'));
  const port = await freePort();
  const backends = await Promise.all(['127.0.1.1', '127.0.1.2'].map((address) => new Promise<ReturnType<typeof createServer>>((resolve) => {
    const server = createServer((_, response) => response.end(address)).listen(port, address, () => resolve(server));
  })));
  const dns = new FakeDns();
  await dns.listen();
  dns.answers.set(`${NAME} A`, [{ type: 'A', address: '127.0.1.1', ttl: 5 }]);
  const server = new EndpointApi({ credentialsFolder: folder });
  await server.listen();
  await server.stop();
  server.setPods('shop', 'catalog', [1, 2].map((n) => ({ name: `catalog-${n}`, uid: `${n}`, address: `127.0.1.${n}`, port, portName: 'http', ready: true })));

  const listener = await freePort();
  const config: ProxyConfig = {
    version: 'v1',
    node: { service: 'web', namespace: 'shop', version: 'v1' },
    listeners: [{ name: 'catalog', direction: 'outbound', address: '127.0.0.1', port: listener, routes: [{ name: 'default', split: [{ cluster: 'catalog', weight: 1 }] }] }],
    clusters: [{ name: 'catalog', discovery: { ...DISCOVERY, fallback: { hostname: NAME, port, servers: [dns.server] } } }],
    kubernetes: { server: server.url, tokenFile: join(folder, 'token'), caFile: join(folder, 'ca.crt') },
  };
  const api = new KubernetesApi(config.kubernetes!, {}, systemClock);
  const events: string[] = [];
  const registry = new MetricRegistry();
  const started = await Proxy.start(JSON.stringify(config), {
    clock: systemClock, random: seededRandom(1), registry, identity: 'test', podAddresses: ['127.0.0.1'],
    sources: (cluster) => createSource(cluster.discovery, {
      clock: systemClock, random: Math.random, kubernetes: api, podIps: ['127.0.0.1'], onEvent: (name) => events.push(name),
    }),
  });
  if (!('proxy' in started)) throw new Error(started.problems.join('\n'));
  const { proxy } = started;
  try {
    // An app that was there before its sidecar calls at once.
    const first = await Promise.all(Array.from({ length: 20 }, async () => (await fetch(`http://127.0.0.1:${listener}/`)).status));
    expect(new Set(first)).toEqual(new Set([200]));
    await eventually('readiness', () => proxy.readiness().ready);
    expect(proxy.readiness().why).toContain('by DNS');
    expect(expose(registry)).toContain('mesh_discovery_fallback{cluster="catalog"} 1');

    const answers: string[] = [];
    let going = true;
    const load = Promise.all(Array.from({ length: 4 }, async () => {
      while (going) {
        const response = await fetch(`http://127.0.0.1:${listener}/`);
        answers.push(`${response.status} ${await response.text()}`);
      }
    }));
    await eventually('requests by DNS', () => answers.length > 20);
    expect(new Set(answers)).toEqual(new Set(['200 127.0.1.1']));
    await server.start();
    await eventually('the other endpoint', () => answers.includes('200 127.0.1.2'), 20_000);
    going = false;
    await load;
    expect(new Set(answers)).toEqual(new Set(['200 127.0.1.1', '200 127.0.1.2']));
    expect(events.filter((event) => event.startsWith('discovery_fallback'))).toEqual(['discovery_fallback', 'discovery_fallback_over']);
    expect(expose(registry)).toContain('mesh_discovery_fallback{cluster="catalog"} 0');
  } finally {
    proxy.close();
    api.close();
    await server.close();
    await dns.close();
    for (const backend of backends) backend.close();
    await rm(folder, { recursive: true });
  }
}, 60_000);
