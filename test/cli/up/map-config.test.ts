import { serviceOfHostname } from '../../../src/cli/model/callees';
import { appPortOf } from '../../../src/cli/model/app-port';
import { addressesIn, mapConfig } from '../../../src/cli/up/map-config';
import { decodeConfig } from '../../../src/proxy/config/decode';
import { callerConfig, configOf, movedNetwork, serviceOf } from './support';

const API = { server: 'https://127.9.255.1:4433', tokenFile: '/tmp/token', caFile: '/tmp/ca.crt' };

describe('addressesIn', () => {
  test('finds every socket of a document', () => {
    expect(addressesIn(callerConfig({ v1: 1 }), false)).toEqual({
      own: [15006, 15020],
      outbound: [{ address: '127.64.0.1', port: 80 }],
      app: { port: 8080, foreign: false },
    });
  });

  test('has no app where the document forwards to none', () => {
    const config = configOf('job', 'v1', { listeners: [], clusters: [], admin: { port: 9000 } });
    expect(addressesIn(config, true)).toEqual({ own: [9000], outbound: [] });
    expect(appPortOf(config)).toBeUndefined();
  });
});

describe('mapConfig', () => {
  test('moves listeners, admin, app and API, and nothing else', () => {
    const config = callerConfig({ v1: 3, v2: 1 });
    const { config: mapped } = mapConfig(config, movedNetwork, API, []);
    expect(mapped).toEqual({
      ...config,
      admin: { port: 16020, loopbackAddress: '127.9.1.2' },
      listeners: [
        { ...config.listeners[0], port: 16006 },
        { ...config.listeners[1], address: '127.9.1.10', port: 8080 },
      ],
      clusters: [
        { ...config.clusters[0], discovery: { type: 'static', endpoints: [{ address: '127.9.1.1', port: 9080 }] } },
        ...config.clusters.slice(1),
      ],
      kubernetes: API,
    });
  });

  test('yields a document that the proxy takes', () => {
    const { config } = mapConfig(callerConfig({ v1: 3, v2: 1 }), movedNetwork, API, []);
    expect(decodeConfig(JSON.stringify(config))).toMatchObject({ ok: true });
  });

  test('takes TLS away, whose certificate is in a Secret of the cluster', () => {
    const config = configOf('web');
    const tls = { certificateFile: '/etc/cdk8s-mesh-tls/tls.crt', keyFile: '/etc/cdk8s-mesh-tls/tls.key' };
    const { config: mapped, mappings } = mapConfig({ ...config, listeners: [{ ...config.listeners[0]!, tls }] }, movedNetwork, API, []);
    expect(mapped.listeners[0]).not.toHaveProperty('tls');
    expect(mappings).toContainEqual({ what: 'TLS of inbound', from: tls.certificateFile, to: 'none' });
  });

  test('takes redirects to HTTPS and HSTS away, as nothing is served by it', () => {
    const config = configOf('web');
    const listener = { ...config.listeners[0]!, httpsRedirect: {}, hsts: { maxAgeSeconds: 60 }, forwarded: { trustedHops: 1 } };
    const { config: mapped, mappings } = mapConfig({ ...config, listeners: [listener] }, movedNetwork, API, []);
    expect(Object.keys(mapped.listeners[0]!)).not.toEqual(expect.arrayContaining(['hsts']));
    expect(Object.keys(mapped.listeners[0]!)).not.toEqual(expect.arrayContaining(['httpsRedirect']));
    expect(mappings).toContainEqual({ what: 'HTTPS only of inbound', from: 'HTTPS', to: 'none' });
  });

  test('moves the keys of session cookies', () => {
    const config = callerConfig({ v1: 1 });
    const [inbound, outbound] = config.listeners;
    const kept = { ...outbound!, routes: [{ ...outbound!.routes[0]!, session: { cookie: 'cart', keyFile: '/keys/a' } }] };
    const { config: mapped, mappings } = mapConfig({ ...config, listeners: [inbound!, kept] }, movedNetwork, API, [], (keyFile) => `/tmp${keyFile}`);
    expect(mapped.listeners[1]!.routes[0]!.session).toEqual({ cookie: 'cart', keyFile: '/tmp/keys/a' });
    expect(mappings).toContainEqual({ what: 'session keys', from: '/keys/a', to: '/tmp/keys/a' });
  });

  test('leaves the argument as it is', () => {
    const config = callerConfig({ v1: 1 });
    const before = structuredClone(config);
    mapConfig(config, movedNetwork, API, []);
    expect(config).toEqual(before);
  });

  test('lists every change', () => {
    expect(mapConfig(callerConfig({ v1: 1 }), movedNetwork, API, []).mappings).toEqual([
      { what: 'inbound', from: '<pod IP>:15006', to: '127.9.1.1:16006' },
      { what: 'outbound catalog-80', from: '127.64.0.1:80', to: '127.9.1.10:8080' },
      { what: 'admin', from: '127.0.0.1:15020', to: '127.9.1.2:16020' },
      { what: 'app', from: '127.0.0.1:8080', to: '127.9.1.1:9080' },
      { what: 'Kubernetes API', from: 'in-cluster', to: API.server },
    ]);
  });

  test('keeps fields of the API that are not about where it is', () => {
    const { config } = mapConfig({ ...callerConfig({ v1: 1 }), kubernetes: { server: 'https://10.0.0.1', tokenFile: 'a', caFile: 'b' } }, movedNetwork, API, []);
    expect(config.kubernetes).toEqual(API);
  });

  test('gives no API to a document that asks none', () => {
    expect(mapConfig(configOf('cart'), movedNetwork, API, []).config).not.toHaveProperty('kubernetes');
  });

  test('finds Services that are looked up by DNS through the API, for there is no cluster DNS here', () => {
    const base = configOf('web');
    const config = {
      ...base,
      clusters: [...base.clusters, { name: 'cart', discovery: { type: 'dns' as const, record: 'address' as const, hostname: 'cart-v1.shop.svc.cluster.local.', port: 15006 } }],
    };
    const cart = serviceOf('cart-v1', { app: 'cart' }, { ports: [{ name: 'other', port: 81, target: 1 }, { name: 'http', port: 80, target: 15006 }] });
    const { config: mapped, mappings } = mapConfig(config, movedNetwork, API, [cart]);
    expect(mapped.clusters[1]?.discovery).toEqual({ type: 'endpointSlice', namespace: 'shop', service: 'cart-v1', portName: 'http' });
    expect(mapped.kubernetes).toEqual(API);
    expect(mappings).toContainEqual({ what: 'cluster cart', from: 'DNS cart-v1.shop.svc.cluster.local.', to: 'EndpointSlices of shop/cart-v1' });
  });

  test('does without DNS in place of the API, and says so', () => {
    const base = callerConfig({ v1: 1 });
    const config = {
      ...base,
      clusters: base.clusters.map((cluster) => (cluster.discovery.type !== 'endpointSlice' ? cluster : {
        ...cluster, discovery: { ...cluster.discovery, fallback: { hostname: 'catalog-v1.shop.svc.cluster.local', port: 15006 } },
      })),
    };
    const { config: mapped, mappings } = mapConfig(config, movedNetwork, API, []);
    expect(mapped.clusters).toEqual(mapConfig(base, movedNetwork, API, []).config.clusters);
    expect(mappings).toContainEqual({ what: 'DNS in place of the API', from: 'for 1 cluster', to: 'none' });
  });

  test('leaves other names to the resolver and other addresses alone', () => {
    const base = configOf('web');
    const outside = [
      { name: 'bank', discovery: { type: 'dns' as const, record: 'address' as const, hostname: 'api.bank.example', port: 443 } },
      { name: 'mainframe', discovery: { type: 'static' as const, endpoints: [{ address: '10.1.2.3', port: 80 }] } },
    ];
    const { config } = mapConfig({ ...base, clusters: [...base.clusters, ...outside] }, movedNetwork, API, [serviceOf('bank', {})]);
    expect(config.clusters.slice(1)).toEqual(outside);
  });
});

test.each([
  ['cart.shop.svc.cluster.local', true],
  ['cart.shop.svc.cluster.local.', true],
  ['cart.shop.svc', true],
  ['_http._tcp.cart.shop.svc.cluster.local', true],
  ['cart.other.svc.cluster.local', false],
  ['cart', false],
])('the hostname %s names the Service cart in namespace shop: %s', (hostname, found) => {
  expect(serviceOfHostname(hostname, [serviceOf('cart', {})]) !== undefined).toBe(found);
});
