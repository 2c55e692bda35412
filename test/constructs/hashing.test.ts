import { Chart, Duration, Testing } from 'cdk8s';
import { HashKey, LoadBalancing, MeshService } from 'cdk8s-mesh';
import type { ProxyConfig } from '../../src/contract';
import { decodeConfig } from '../../src/proxy/config/decode';

/** The document of a caller of a service that is balanced so. */
function documentWith(loadBalancing: LoadBalancing): ProxyConfig {
  const chart = new Chart(Testing.app(), 'test', { namespace: 'shop' });
  const containers = [{ image: 'example/app:1', portNumber: 8080 }];
  const cart = new MeshService(chart, 'cart', { containers, loadBalancing });
  new MeshService(chart, 'web', { containers }).calls(cart);
  const manifests = Testing.synth(chart) as { kind: string; metadata: { name: string }; data: Record<string, string> }[];
  const text = manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name.startsWith('web'))!.data['proxy.json']!;
  expect(decodeConfig(text)).toMatchObject({ ok: true });
  return JSON.parse(text) as ProxyConfig;
}

const key = HashKey.cookie('cart', { terminal: true });
const otherKeys = [HashKey.header('X-User'), HashKey.query('id')];

test.each([
  ['ringHash', LoadBalancing.ringHash(key, { otherKeys })],
  ['maglev', LoadBalancing.maglev(key, { otherKeys })],
  ['rendezvous', LoadBalancing.rendezvous(key, { otherKeys })],
])('%s puts its keys on the route and its policy on the cluster', (type, loadBalancing) => {
  const { listeners, clusters } = documentWith(loadBalancing);
  expect(listeners.find(({ direction }) => direction === 'outbound')!.routes[0]!.hash).toEqual([
    { type: 'cookie', name: 'cart', terminal: true }, { type: 'header', name: 'X-User' }, { type: 'query', name: 'id' },
  ]);
  expect(clusters.find(({ name }) => name === 'shop/cart-v1')!.loadBalancing).toEqual({ type });
});

test('a key can be the address that a request comes from, behind others that it has none of', () => {
  const routeOf = (loadBalancing: LoadBalancing) => documentWith(loadBalancing).listeners.find(({ direction }) => direction === 'outbound')!.routes[0]!;
  expect(routeOf(LoadBalancing.maglev(HashKey.sourceAddress())).hash).toEqual([{ type: 'sourceAddress' }]);
  expect(routeOf(LoadBalancing.ringHash(HashKey.header('x-user', { terminal: true }), { otherKeys: [HashKey.sourceAddress({ terminal: true })] })).hash)
    .toEqual([{ type: 'header', name: 'x-user', terminal: true }, { type: 'sourceAddress', terminal: true }]);
});

test('least response time and adaptive say only what was said', () => {
  const policyOf = (loadBalancing: LoadBalancing): unknown => documentWith(loadBalancing).clusters.find(({ name }) => name === 'shop/cart-v1')!.loadBalancing;
  expect(policyOf(LoadBalancing.leastResponseTime())).toEqual({ type: 'leastResponseTime' });
  expect(policyOf(LoadBalancing.leastResponseTime({ choices: 3, decay: Duration.seconds(5), failurePenalty: Duration.seconds(1) })))
    .toEqual({ type: 'leastResponseTime', choices: 3, decayMs: 5_000, failurePenaltyMs: 1_000 });
  expect(policyOf(LoadBalancing.adaptive())).toEqual({ type: 'adaptive' });
});

test('options of each policy go where the proxy looks for them', () => {
  const clusterOf = (loadBalancing: LoadBalancing) => documentWith(loadBalancing).clusters.find(({ name }) => name === 'shop/cart-v1')!;
  const ring = LoadBalancing.ringHash(key, { pointsPerEndpoint: 100, maximumRingSize: 4_096, boundedLoadPercent: 150, subset: 20 });
  expect(clusterOf(ring)).toMatchObject({
    loadBalancing: { type: 'ringHash', pointsPerEndpoint: 100, maximumRingSize: 4_096, boundedLoadPercent: 150 }, subset: { size: 20 },
  });
  expect(clusterOf(LoadBalancing.maglev(key, { tableSize: 1_009 })).loadBalancing).toEqual({ type: 'maglev', tableSize: 1_009 });
  expect(clusterOf(LoadBalancing.rendezvous(key, { zoneWeights: { a: 2 } }))).toMatchObject({
    loadBalancing: { type: 'rendezvous' }, discovery: { zoneWeights: { a: 2 } },
  });
  expect(clusterOf(LoadBalancing.leastRequest({ scanAll: true, bias: 1.5 })).loadBalancing).toEqual({ type: 'leastRequest', scan: 'all', bias: 1.5 });
  expect(clusterOf(LoadBalancing.adaptive({ choices: 3, minimumDwell: Duration.seconds(5) })).loadBalancing)
    .toEqual({ type: 'adaptive', choices: 3, minimumDwellMs: 5_000 });
});

test('slow start and dynamic weights go with any policy that is free to choose, the default one included', () => {
  const slowStart = { window: Duration.minutes(1), aggression: 0.5 };
  const dynamicWeights = { smoothing: Duration.seconds(10), minimumPercent: 25 };
  const document = documentWith(LoadBalancing.roundRobin({ slowStart, dynamicWeights }));
  const cluster = document.clusters.find(({ name }) => name === 'shop/cart-v1')!;
  expect(cluster.loadBalancing).toBeUndefined();
  expect(cluster.slowStart).toEqual({ windowMs: 60_000, aggression: 0.5 });
  expect(cluster.dynamicWeights).toEqual({ source: 'observed', minimumPercent: 25 });
});

test('what a default says is left out', () => {
  const clusterOf = (loadBalancing: LoadBalancing) => documentWith(loadBalancing).clusters.find(({ name }) => name === 'shop/cart-v1')!;
  expect(clusterOf(LoadBalancing.leastRequest({ choices: 2, bias: 1, scanAll: false })).loadBalancing).toEqual({ type: 'leastRequest' });
  expect(clusterOf(LoadBalancing.maglev(key, { tableSize: 65_537 })).loadBalancing).toEqual({ type: 'maglev' });
  expect(clusterOf(LoadBalancing.adaptive({ decay: Duration.seconds(10) })).loadBalancing).toEqual({ type: 'adaptive' });
});

test('refuses keys that no request can have, none, and options out of range, saying which', () => {
  expect(() => documentWith(LoadBalancing.ringHash(undefined as never))).toThrow('\'loadBalancing.key\' is missing: make it with HashKey.cookie(\'session\')');
  expect(() => documentWith(LoadBalancing.maglev(HashKey.header('a b'), { otherKeys: [HashKey.query('')] }))).toThrow(/key\.name[^]*"a b"[^]*otherKeys\[0\]/);
  expect(() => documentWith(LoadBalancing.maglev(HashKey.header('x'.repeat(257))))).toThrow('name a header, with up to 256 characters');
  documentWith(LoadBalancing.maglev(HashKey.header('x'.repeat(256))));
  expect(() => documentWith(LoadBalancing.maglev(key, { otherKeys: new Array<HashKey>(8).fill(key) }))).toThrow('use at most 7 keys besides the first');
  expect(() => documentWith(LoadBalancing.maglev(key, { tableSize: 100 }))).toThrow('\'loadBalancing.tableSize\' is 100: use a prime number, such as 101');
  expect(() => documentWith(LoadBalancing.ringHash(key, { boundedLoadPercent: 99 }))).toThrow(/boundedLoadPercent' is 99: use a whole number from 100/);
  expect(() => documentWith(LoadBalancing.leastResponseTime({ choices: 1 }))).toThrow(/loadBalancing\.choices[^]*1/);
  expect(() => documentWith(LoadBalancing.leastRequest({ bias: NaN }))).toThrow('\'loadBalancing.bias\' is NaN: use a number from 0 to 10');
  expect(() => documentWith(LoadBalancing.adaptive({ decay: Duration.millis(0), subset: 0 }))).toThrow(/decay' is "0 ms"[^]*subset' is 0/);
  expect(() => documentWith(LoadBalancing.roundRobin({ slowStart: { aggression: 20 } as never }))).toThrow(/aggression' is 20[^]*slowStart\.window' is missing/);
  expect(() => documentWith(LoadBalancing.ringHash(key, { slowStart: {} } as never))).toThrow('\'loadBalancing.slowStart\' is not a prop here');
});
