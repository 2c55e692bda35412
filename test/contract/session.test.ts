import { findBrokenReferences, ProxyConfig, RouteConfig, SessionConfig, withDefaults } from '../../src/contract';

const session: SessionConfig = { cookie: 'cart', keyFile: '/keys' };
const documentOf = (route: Partial<RouteConfig>): ProxyConfig => ({
  version: 'v1',
  node: { service: 'web', namespace: 'shop', version: 'v1' },
  listeners: [{
    name: 'out', direction: 'outbound', address: '127.64.0.1', port: 80, routes: [{ name: 'default', split: [{ cluster: 'cart', weight: 1 }], ...route }],
  }],
  clusters: [{ name: 'cart', discovery: { type: 'static', endpoints: [] } }],
});
const errorsOf = (route: Partial<RouteConfig>): string[] => findBrokenReferences(documentOf(route)).map(({ path, message }) => `${path}: ${message}`);

describe('how a route keeps its sessions', () => {
  it('has defaults for what is left out, but for the end, which then is the client\'s to choose', () => {
    const [listener] = withDefaults(documentOf({ session })).listeners;
    expect(listener!.routes[0]!.session).toEqual({ cookie: 'cart', keyFile: '/keys', path: '/', sameSite: 'lax', secure: false });
    expect(withDefaults(documentOf({})).listeners[0]!.routes[0]).not.toHaveProperty('session');
  });

  it('is refused, given a route that hashes besides', () => {
    expect(errorsOf({ session, hash: [{ type: 'header', name: 'x-user' }] })).toEqual([
      '/listeners/0/routes/0/hash: route \'default\' keeps sessions by \'session\', which goes before what it hashes by; remove one of the two',
    ]);
  });

  it('is refused, given what browsers would not take', () => {
    expect(errorsOf({ session: { ...session, sameSite: 'none' } })[0]).toMatch(/session\/secure: .* since 'sameSite' is 'none'; set it to true/);
    expect(errorsOf({ session: { ...session, cookie: '__Secure-cart' } })[0]).toMatch(/session\/secure: .* since its name is '__Secure-cart'; set it to true/);
    expect(errorsOf({ session: { ...session, cookie: '__Host-cart', secure: true, path: '/cart' } })[0])
      .toMatch(/session\/path: route 'default' has 'path' '\/cart': .*'__Host-cart' only with the path '\/'; leave it out/);
    expect(errorsOf({ session: { ...session, cookie: '__Host-cart', secure: true } })).toEqual([]);
    expect(errorsOf({ session: { ...session, sameSite: 'none', secure: true } })).toEqual([]);
  });
});
