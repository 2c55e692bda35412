import { serviceOfHostname } from '../../../src/cli/model/callees';
import { appPortOf } from '../../../src/cli/model/app-port';
import { addressesIn, mapConfig } from '../../../src/cli/up/map-config';
import type { ListenerConfig, ProxyConfig } from '../../../src/contract';
import { decodeConfig } from '../../../src/proxy/config/decode';
import { callerConfig, configOf, placementOf, serviceOf } from './support';

const API = placementOf().kubernetes;

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
    const { config: mapped } = mapConfig(config, placementOf());
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

  test('moves the port for metrics by mutual TLS, and keeps who may read them', () => {
    const metricsMutualTls = { clientIds: ['spiffe://cluster.local/ns/monitoring/sa/prometheus'] };
    const config = { ...callerConfig({ v1: 1 }), admin: { metricsMutualTls } };
    expect(addressesIn(config, false).own).toContain(15_021);
    const { config: mapped, mappings } = mapConfig(config, placementOf());
    expect(mapped.admin).toEqual({ port: 16_020, loopbackAddress: '127.9.1.2', metricsMutualTls: { ...metricsMutualTls, port: 16_021 } });
    expect(mappings).toContainEqual({ what: 'metrics by mutual TLS', from: '<pod IP>:15021', to: expect.stringMatching(/:16021$/) as string });
  });

  test('yields a document that the proxy takes', () => {
    const { config } = mapConfig(callerConfig({ v1: 3, v2: 1 }), placementOf());
    expect(decodeConfig(JSON.stringify(config))).toMatchObject({ ok: true });
  });

  /** The listeners of a gateway, for HTTP and HTTPS. */
  const gatewayConfig = (): ProxyConfig => {
    const base = configOf('edge');
    const [{ direction: _, ...listener }] = base.listeners as [ListenerConfig];
    const certificates = [{ certificateFile: '/etc/cdk8s-mesh-tls/shop-tls/tls.crt', keyFile: '/etc/cdk8s-mesh-tls/shop-tls/tls.key', hosts: ['shop.example.com'] }];
    return {
      ...base,
      listeners: [
        { ...listener, name: 'gateway', direction: 'outbound', httpsRedirect: { status: 301 } },
        { ...listener, name: 'gateway-tls', direction: 'outbound', port: 15_443, tls: { certificates, minimumVersion: '1.3' }, hsts: { maxAgeSeconds: 60 } },
      ],
    };
  };

  test('serves TLS as declared, with certificates that are here', () => {
    const { config, mappings } = mapConfig(gatewayConfig(), placementOf());
    expect(config.listeners[1]).toMatchObject({
      hsts: { maxAgeSeconds: 60 },
      tls: {
        minimumVersion: '1.3',
        certificates: [{ certificateFile: '/tmp/etc/cdk8s-mesh-tls/shop-tls/tls.crt', keyFile: '/tmp/etc/cdk8s-mesh-tls/shop-tls/tls.key', hosts: ['shop.example.com'] }],
      },
    });
    expect(mappings).toContainEqual({
      what: 'TLS of gateway-tls', from: '/etc/cdk8s-mesh-tls/shop-tls/tls.crt', to: '/tmp/etc/cdk8s-mesh-tls/shop-tls/tls.crt',
    });
    expect(decodeConfig(JSON.stringify(config))).toMatchObject({ ok: true });
  });

  test('takes the older form of a single certificate, too', () => {
    const config = configOf('web');
    const tls = { certificateFile: '/etc/cdk8s-mesh-tls/tls.crt', keyFile: '/etc/cdk8s-mesh-tls/tls.key' };
    const { config: mapped } = mapConfig({ ...config, listeners: [{ ...config.listeners[0]!, tls }] }, placementOf());
    expect(mapped.listeners[0]!.tls).toEqual({ certificates: [{ certificateFile: '/tmp/etc/cdk8s-mesh-tls/tls.crt', keyFile: '/tmp/etc/cdk8s-mesh-tls/tls.key' }] });
    expect(decodeConfig(JSON.stringify(mapped))).toMatchObject({ ok: true });
  });

  test.each([['the port of the pod', undefined, 16_443], ['the port where clients reach it', 8_443, 8_443]])('redirects to HTTPS at %s', (_, shown, port) => {
    const { config } = mapConfig(gatewayConfig(), placementOf({ publicPort: (own) => (own === 15_443 ? shown : undefined) }));
    expect(config.listeners[0]!.httpsRedirect).toEqual({ status: 301, port });
  });

  test('takes a redirect to HTTPS away that a proxy in front would answer by HTTPS', () => {
    const config = configOf('web');
    const listener = { ...config.listeners[0]!, httpsRedirect: {}, hsts: { maxAgeSeconds: 60 }, forwarded: { trustedHops: 1 } };
    const { config: mapped, mappings } = mapConfig({ ...config, listeners: [listener] }, placementOf());
    expect(mapped.listeners[0]).not.toHaveProperty('httpsRedirect');
    expect(mappings).toContainEqual({ what: 'redirect to HTTPS of inbound', from: 'HTTPS', to: 'none' });
  });

  test('moves the keys of session cookies', () => {
    const config = callerConfig({ v1: 1 });
    const [inbound, outbound] = config.listeners;
    const kept = { ...outbound!, routes: [{ ...outbound!.routes[0]!, session: { cookie: 'cart', keyFile: '/keys/a' } }] };
    const { config: mapped, mappings } = mapConfig({ ...config, listeners: [inbound!, kept] }, placementOf());
    expect(mapped.listeners[1]!.routes[0]!.session).toEqual({ cookie: 'cart', keyFile: '/tmp/keys/a' });
    expect(mappings).toContainEqual({ what: 'session keys', from: '/keys/a', to: '/tmp/keys/a' });
  });

  test('leaves the argument as it is', () => {
    const config = callerConfig({ v1: 1 });
    const before = structuredClone(config);
    mapConfig(config, placementOf());
    expect(config).toEqual(before);
  });

  test('lists every change', () => {
    expect(mapConfig(callerConfig({ v1: 1 }), placementOf()).mappings).toEqual([
      { what: 'inbound', from: '<pod IP>:15006', to: '127.9.1.1:16006' },
      { what: 'outbound catalog-80', from: '127.64.0.1:80', to: '127.9.1.10:8080' },
      { what: 'admin', from: '127.0.0.1:15020', to: '127.9.1.2:16020' },
      { what: 'app', from: '127.0.0.1:8080', to: '127.9.1.1:9080' },
      { what: 'Kubernetes API', from: 'in-cluster', to: API.server },
    ]);
  });

  test('keeps fields of the API that are not about where it is', () => {
    const { config } = mapConfig({ ...callerConfig({ v1: 1 }), kubernetes: { server: 'https://10.0.0.1', tokenFile: 'a', caFile: 'b' } }, placementOf());
    expect(config.kubernetes).toEqual(API);
  });

  test('gives no API to a document that asks none', () => {
    expect(mapConfig(configOf('cart'), placementOf()).config).not.toHaveProperty('kubernetes');
  });

  test('finds Services that are looked up by DNS through the API, for there is no cluster DNS here', () => {
    const base = configOf('web');
    const config = {
      ...base,
      clusters: [...base.clusters, { name: 'cart', discovery: { type: 'dns' as const, record: 'address' as const, hostname: 'cart-v1.shop.svc.cluster.local.', port: 15006 } }],
    };
    const cart = serviceOf('cart-v1', { app: 'cart' }, { ports: [{ name: 'other', port: 81, target: 1 }, { name: 'http', port: 80, target: 15006 }] });
    const { config: mapped, mappings } = mapConfig(config, placementOf({ services: [cart] }));
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
    const { config: mapped, mappings } = mapConfig(config, placementOf());
    expect(mapped.clusters).toEqual(mapConfig(base, placementOf()).config.clusters);
    expect(mappings).toContainEqual({ what: 'DNS in place of the API', from: 'for 1 cluster', to: 'none' });
  });

  test('leaves other names to the resolver and other addresses alone', () => {
    const base = configOf('web');
    const outside = [
      { name: 'bank', discovery: { type: 'dns' as const, record: 'address' as const, hostname: 'api.bank.example', port: 443 } },
      { name: 'mainframe', discovery: { type: 'static' as const, endpoints: [{ address: '10.1.2.3', port: 80 }] } },
    ];
    const { config } = mapConfig({ ...base, clusters: [...base.clusters, ...outside] }, placementOf({ services: [serviceOf('bank', {})] }));
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
