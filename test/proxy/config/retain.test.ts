import { ProxyConfig, ResolvedProxyConfig, withDefaults } from '../../../src/contract';
import { MAX_RETAINED_LISTENERS, retainOutbound } from '../../../src/proxy/config/retain';

const kubernetes = { tokenFile: '/token', caFile: '/ca.crt' };

/** A document whose app calls these services, each at an address of its own. */
function calling(...services: readonly string[]): ResolvedProxyConfig {
  const config: ProxyConfig = {
    version: 'v1',
    node: { service: 'web', namespace: 'shop', version: 'v1' },
    listeners: [
      { name: 'inbound', direction: 'inbound', port: 15006, routes: [{ name: 'default', split: [{ cluster: 'app', weight: 1 }] }] },
      ...services.map((service) => ({
        name: `outbound/${service}`, direction: 'outbound' as const, address: `127.64.0.${[...service].reduce((sum, letter) => sum + letter.charCodeAt(0), 0)}`,
        port: 80, routes: [{ name: 'default', split: [{ cluster: service, weight: 1 }] }],
      })),
    ],
    clusters: [
      { name: 'app', discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: 8080 }] } },
      ...services.map((service) => ({ name: service, discovery: { type: 'endpointSlice' as const, namespace: 'shop', service } })),
    ],
    ...(services.length > 0 ? { kubernetes } : {}),
  };
  return withDefaults(config);
}

const namesOf = (config: ResolvedProxyConfig): string[] => config.listeners.map(({ name }) => name).sort();

test('an outbound listener that has left the document stays, with its cluster and the way to its endpoints', () => {
  const kept = retainOutbound(calling('cart', 'catalog'), calling('catalog'));
  expect(namesOf(kept)).toEqual(['inbound', 'outbound/cart', 'outbound/catalog']);
  expect(kept.clusters.map(({ name }) => name).sort()).toEqual(['app', 'cart', 'catalog']);
  expect(retainOutbound(calling('cart'), calling()).kubernetes).toEqual(kubernetes);
});

test('a listener that stays asks who its endpoints are, so the identity stays for it, and for no other', () => {
  const identity = { trustDomain: 'cluster.local', certificateFile: '/tls.crt', keyFile: '/tls.key', trustBundleFile: '/ca.crt' };
  const secured = calling('cart', 'catalog');
  const inForce: ResolvedProxyConfig = {
    ...secured, identity,
    clusters: secured.clusters.map((cluster) => (cluster.name === 'cart' ? { ...cluster, mutualTls: { serverIds: ['spiffe://cluster.local/ns/shop/sa/cart'] } } : cluster)),
  };
  expect(retainOutbound(inForce, calling('catalog')).identity).toEqual(identity);
  expect(retainOutbound(inForce, calling('cart')).identity).toBeUndefined();
});

test('a document that drops nothing is taken as it is', () => {
  const next = calling('cart', 'catalog');
  expect(retainOutbound(calling('cart'), next)).toBe(next);
});

test('what is in the document counts, given the same socket or name', () => {
  const next = calling('cart');
  const listeners = next.listeners.map((listener) => (listener.direction === 'outbound' ? { ...listener, port: 8080 } : listener));
  const moved = { ...next, listeners };
  expect(retainOutbound(calling('cart'), moved).listeners.filter(({ direction }) => direction === 'outbound')).toHaveLength(1);
});

test('an inbound listener that has left the document goes', () => {
  const before = calling('cart');
  expect(namesOf(retainOutbound(before, { ...before, listeners: before.listeners.slice(1) }))).toEqual(['outbound/cart']);
});

test('a listener of a gateway that has left the document goes', () => {
  const before = calling('cart');
  const gateway = { ...before.listeners[1]!, name: 'http', port: 15006 };
  delete (gateway as { address?: string }).address;
  expect(namesOf(retainOutbound({ ...before, listeners: [gateway] }, { ...before, listeners: [] }))).toEqual([]);
});

test('one that comes back is the document\'s again', () => {
  const without = retainOutbound(calling('cart'), calling());
  const next = calling('cart');
  expect(retainOutbound(without, next)).toBe(next);
});

test('no more than the limit are kept, the last to leave', () => {
  let inForce = calling('a');
  for (let i = 0; i < MAX_RETAINED_LISTENERS + 10; i += 1) {
    const next = calling();
    const own = { ...inForce.listeners.find(({ direction }) => direction === 'outbound')!, name: `outbound/${i}`, address: `127.64.1.${i}` };
    inForce = retainOutbound(inForce, { ...next, listeners: [...next.listeners, own], clusters: [...next.clusters, ...calling('a').clusters.slice(1)] });
  }
  inForce = retainOutbound(inForce, calling());
  const outbound = namesOf(inForce).filter((name) => name.startsWith('outbound'));
  expect(outbound).toHaveLength(MAX_RETAINED_LISTENERS);
  expect(outbound).toContain(`outbound/${MAX_RETAINED_LISTENERS + 9}`);
  expect(outbound).not.toContain('outbound/0');
});
