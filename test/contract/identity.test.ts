/** What a document can't say of identity and mutual TLS, and what it means. */
import { ClusterConfig, findBrokenReferences, IdentityConfig, ListenerConfig, ProxyConfig, requirementsOf, withDefaults } from '../../src/contract';
import { decodeConfig } from '../../src/proxy/config/decode';

const WEB = 'spiffe://cluster.local/ns/shop/sa/web';
const CATALOG = 'spiffe://cluster.local/ns/shop/sa/catalog';
const FOREIGN = 'spiffe://other.local/ns/shop/sa/catalog';
const IDENTITY: IdentityConfig = { trustDomain: 'cluster.local', certificateFile: '/id/tls.crt', keyFile: '/id/tls.key', trustBundleFile: '/id/ca.crt' };
const { certificateFile: _, keyFile: __, ...NO_PAIR } = IDENTITY;
const AGENT: IdentityConfig = { trustDomain: 'cluster.local', workloadApiSocket: '/id/spire-agent.sock' };

function documentWith(
  listener: Partial<ListenerConfig>, cluster: Partial<ClusterConfig> = {}, identity: IdentityConfig | undefined = IDENTITY,
): ProxyConfig {
  return {
    version: 'v1',
    node: { service: 'web', namespace: 'shop', version: 'v1' },
    ...(identity && { identity }),
    listeners: [{ name: 'in', direction: 'inbound', port: 15006, routes: [{ name: 'app', split: [{ cluster: 'app', weight: 1 }] }], ...listener }],
    clusters: [{ name: 'app', discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: 8080 }] }, ...cluster }],
  };
}

/** Without an identity. */
function anonymous(listener: Partial<ListenerConfig>, cluster: Partial<ClusterConfig> = {}): ProxyConfig {
  const { identity: ___, ...rest } = documentWith(listener, cluster);
  return rest;
}

const endpointWith = (serverIds: string[]): Partial<ClusterConfig> => (
  { discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: 8080, mutualTls: { serverIds } }] } });

test('a sound document is taken, and is strict unless it says otherwise', () => {
  const document = documentWith({ mutualTls: {} }, { mutualTls: { serverIds: [CATALOG] } }, { ...IDENTITY, id: WEB });
  expect(findBrokenReferences(document)).toEqual([]);
  expect(withDefaults(document).listeners[0]!.mutualTls).toEqual({ mode: 'strict', forwardClientCert: false });
  expect(decodeConfig(JSON.stringify(document))).toMatchObject({ ok: true });
});

test('so is one whose identity comes from an agent, and has no files', () => {
  const document = documentWith({ mutualTls: {} }, {}, { ...AGENT, id: WEB });
  expect(findBrokenReferences(document)).toEqual([]);
  expect(decodeConfig(JSON.stringify(document))).toMatchObject({ ok: true });
});

test.each<[string, ProxyConfig]>([
  ['an identity', documentWith({})],
  ['mutual TLS of a listener', anonymous({ mutualTls: {} })],
  ['mutual TLS of a cluster', anonymous({}, { mutualTls: { serverIds: [CATALOG] } })],
  ['mutual TLS of an endpoint', anonymous({}, endpointWith([CATALOG]))],
])('a proxy that doesn\'t know it must not run a document with %s', (_name, document) => {
  expect(requirementsOf(document)).toEqual(['mutualTls']);
});

const withMetrics = (clientIds: string[], port?: number, document = documentWith({})): ProxyConfig => (
  { ...document, admin: { metricsMutualTls: { clientIds, ...(port !== undefined && { port }) } } });

test('metrics by mutual TLS are for those that are named, and a proxy that doesn\'t know them must not run the document', () => {
  const document = withMetrics([WEB, CATALOG]);
  expect(findBrokenReferences(document)).toEqual([]);
  expect(requirementsOf(document)).toEqual(['metricsMutualTls', 'mutualTls']);
  expect(decodeConfig(JSON.stringify(document))).toMatchObject({ ok: true, config: { admin: { metricsMutualTls: { port: 15_021 } } } });
});

test.each<[string, string[], string]>([
  ['nobody', [], '/admin/metricsMutualTls/clientIds'],
  ['what is no id', ['prometheus'], '/admin/metricsMutualTls/clientIds/0'],
  ['a pattern', ['spiffe://cluster.local/ns/*/sa/prometheus'], '/admin/metricsMutualTls/clientIds/0'],
])('metrics for %s are refused', (_name, clientIds, path) => {
  expect(decodeConfig(JSON.stringify(withMetrics(clientIds)))).toMatchObject({ ok: false, errors: [{ path }] });
});

test.each<[string, ProxyConfig, string, RegExp]>([
  ['a listener, without an identity', anonymous({ mutualTls: {} }), '/listeners/0/mutualTls', /give the document an identity/],
  ['a cluster, without an identity', anonymous({}, { mutualTls: { serverIds: [CATALOG] } }), '/clusters/0/mutualTls', /give the document an identity/],
  ['an endpoint, without an identity', anonymous({}, endpointWith([CATALOG])), '/clusters/0/discovery/endpoints/0/mutualTls', /give the document an identity/],
  ['metrics, without an identity', withMetrics([WEB], undefined, anonymous({})), '/admin/metricsMutualTls', /give the document an identity, or remove metricsMutualTls/],
  ['metrics for a foreign id', withMetrics([WEB, FOREIGN]), '/admin/metricsMutualTls/clientIds/1', /not of the trust domain/],
  ['metrics at the port of a listener', withMetrics([WEB], 15006), '/admin/metricsMutualTls/port', /port 15006 is taken by listener 'in'; choose another/],
  ['metrics at the admin port', withMetrics([WEB], 15020), '/admin/metricsMutualTls/port', /is that of the admin pages; choose another/],
  ['an outbound listener', documentWith({ mutualTls: {}, direction: 'outbound', address: '127.64.0.1' }), '/listeners/0/mutualTls', /is outbound/],
  ['a listener with TLS for others', documentWith({ mutualTls: {}, tls: { certificates: [{ certificateFile: '/a', keyFile: '/b' }] } }), '/listeners/0/mutualTls', /remove one of the two/],
  ['networks for plain, where nothing plain is let in', documentWith({ mutualTls: { plainFrom: ['10.0.0.0/8'] } }), '/listeners/0/mutualTls/plainFrom', /'permissive'/],
  ['a network that is none', documentWith({ mutualTls: { mode: 'permissive', plainFrom: ['10.0.0.0/99'] } }), '/listeners/0/mutualTls/plainFrom/0', /is no network/],
  ['an id of another trust domain', documentWith({}, { mutualTls: { serverIds: [CATALOG, FOREIGN] } }), '/clusters/0/mutualTls/serverIds/1', /trust domain 'cluster.local'/],
  ['the same at an endpoint', documentWith({}, endpointWith([FOREIGN])), '/clusters/0/discovery/endpoints/0/mutualTls/serverIds/0', /trust domain/],
  ['an own id of another trust domain', documentWith({}, {}, { ...IDENTITY, id: FOREIGN }), '/identity/id', /trust domain/],
  ['no key', documentWith({}, {}, { ...NO_PAIR, certificateFile: '/id/tls.crt' }), '/identity', /needs a certificate and its key/],
  ['neither form of files', documentWith({}, {}, NO_PAIR), '/identity', /needs a certificate and its key/],
  ['files and an agent', documentWith({}, {}, { ...NO_PAIR, ...AGENT, certificateFile: '/id/tls.crt', keyFile: '/id/tls.key' }), '/identity', /workloadApiSocket alone/],
  ['roots besides those of an agent', documentWith({}, {}, { ...AGENT, trustBundleFile: '/id/ca.crt' }), '/identity/trustBundleFile', /the roots come from workloadApiSocket/],
  ['no roots', documentWith({}, {}, { trustDomain: 'cluster.local', credentialBundleFile: '/id/bundle' }), '/identity', /trusts nobody; give trustBundleFile/],
  ['both forms of files', documentWith({}, {}, { ...IDENTITY, credentialBundleFile: '/id/bundle' }), '/identity', /credentialBundleFile alone/],
])('it is refused, given %s', (_name, document, path, message) => {
  expect(findBrokenReferences(document)).toContainEqual({ path, message: expect.stringMatching(message) as string });
});

test.each(['spiffe://Cluster.local/a', 'spiffe://cluster.local', 'spiffe://cluster.local/a/', 'spiffe://cluster.local/../a', 'spiffe://cluster.local/a%2fb', 'https://a/b'])(
  'an id that is none is refused: %s', (id) => {
    expect(decodeConfig(JSON.stringify(documentWith({}, { mutualTls: { serverIds: [id] } })))).toMatchObject({ ok: false });
  });

test('nobody may be at an endpoint: a list without an id is refused', () => {
  expect(decodeConfig(JSON.stringify(documentWith({}, { mutualTls: { serverIds: [] } })))).toMatchObject({ ok: false });
});
