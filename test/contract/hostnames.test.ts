import { findBrokenReferences, ListenerConfig, ProxyConfig } from '../../src/contract';
import { decodeConfig, describeErrors } from '../../src/proxy/config/decode';

const outbound = (name: string, more: Partial<ListenerConfig>): ListenerConfig => ({
  name, direction: 'outbound', address: '127.64.0.1', port: 80, routes: [{ name: 'default', split: [{ cluster: 'cart', weight: 1 }] }], ...more,
});
const documentOf = (...listeners: ListenerConfig[]): ProxyConfig => ({
  version: 'v1',
  node: { service: 'web', namespace: 'shop', version: 'v1' },
  listeners,
  clusters: [{ name: 'cart', discovery: { type: 'static', endpoints: [] } }],
});
const errorsOf = (...listeners: ListenerConfig[]): string[] => findBrokenReferences(documentOf(...listeners)).map(({ path, message }) => `${path}: ${message}`);
const formOf = (hostname: string): string[] => {
  const decoded = decodeConfig(JSON.stringify(documentOf(outbound('a', { hostnames: [hostname] }))));
  return decoded.ok ? [] : describeErrors(decoded.errors);
};

describe('the names of a listener', () => {
  it('may be those of other ports at the same address', () => {
    expect(errorsOf(outbound('a', { hostnames: ['cart', 'cart.shop'] }), outbound('b', { port: 81, hostnames: ['cart'] }))).toEqual([]);
    expect(errorsOf(outbound('a', { address: '::1', hostnames: ['cart'] }))).toEqual([]);
  });

  it('are refused, given one that leads to two addresses', () => {
    expect(errorsOf(outbound('a', { hostnames: ['cart'] }), outbound('b', { address: '127.64.0.2', hostnames: ['till', 'cart'] }))).toEqual([
      "/listeners/1/hostnames/1: 'cart' leads to 127.64.0.2 by listener 'b', but to 127.64.0.1 by another; a name can lead to one address only",
    ]);
  });

  it('are refused where they can lead nowhere', () => {
    expect(errorsOf({ ...outbound('a', { hostnames: ['cart'] }), direction: 'inbound' })).toEqual([expect.stringContaining('inbound')]);
    const { address, ...without } = outbound('a', { hostnames: ['cart'] });
    expect(errorsOf(without)).toEqual([expect.stringMatching(/\/address: .* got none; give it a loopback address/)]);
    expect(errorsOf({ ...without, address: 'localhost' })).toEqual([expect.stringContaining("got 'localhost'")]);
    expect(address).toBeDefined();
  });

  // A line of a hosts file ends with a line feed, and its comment begins with #.
  it.each(['cart\n10.0.0.1 bank', 'cart bank', 'cart#', 'Cart', 'cart.', '.cart', 'c'.repeat(254)])('are refused by their form, given %j', (hostname) => {
    expect(formOf(hostname)).toHaveLength(1);
  });

  it.each(['cart', '_srv.cart', 'my_cart', 'a.b-c.9'])('are taken, given %s', (hostname) => {
    expect(formOf(hostname)).toEqual([]);
  });
});
