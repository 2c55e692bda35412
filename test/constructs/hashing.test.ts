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

const keys = [HashKey.cookie('cart', { terminal: true }), HashKey.header('X-User'), HashKey.query('id')];

test.each([
  ['ringHash', LoadBalancing.ringHash(...keys)],
  ['maglev', LoadBalancing.maglev(...keys)],
  ['rendezvous', LoadBalancing.rendezvous(...keys)],
])('%s puts its keys on the route and its policy on the cluster', (type, loadBalancing) => {
  const { listeners, clusters } = documentWith(loadBalancing);
  expect(listeners.find(({ direction }) => direction === 'outbound')!.routes[0]!.hash).toEqual([
    { type: 'cookie', name: 'cart', terminal: true }, { type: 'header', name: 'X-User' }, { type: 'query', name: 'id' },
  ]);
  expect(clusters.find(({ name }) => name === 'shop/cart-v1')!.loadBalancing).toEqual({ type });
});

test('least response time and adaptive say only what was said', () => {
  const policyOf = (loadBalancing: LoadBalancing): unknown => documentWith(loadBalancing).clusters.find(({ name }) => name === 'shop/cart-v1')!.loadBalancing;
  expect(policyOf(LoadBalancing.leastResponseTime())).toEqual({ type: 'leastResponseTime' });
  expect(policyOf(LoadBalancing.leastResponseTime({ choices: 3, decay: Duration.seconds(5), failurePenalty: Duration.seconds(1) })))
    .toEqual({ type: 'leastResponseTime', choices: 3, decayMs: 5_000, failurePenaltyMs: 1_000 });
  expect(policyOf(LoadBalancing.adaptive())).toEqual({ type: 'adaptive' });
});

test('refuses keys that no request can have, none, and options out of range, saying which', () => {
  expect(() => documentWith(LoadBalancing.ringHash())).toThrow(/loadBalancing\.keys[^]*0 keys[^]*give 1 to 8/);
  expect(() => documentWith(LoadBalancing.maglev(HashKey.header('a b'), HashKey.query('')))).toThrow(/keys\[0\][^]*"a b"[^]*keys\[1\]/);
  expect(() => documentWith(LoadBalancing.leastResponseTime({ choices: 1 }))).toThrow(/loadBalancing\.choices[^]*1/);
});
