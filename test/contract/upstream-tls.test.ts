/** TLS to what is outside of the mesh in a document: what is taken, and what contradicts itself. */
import { findBrokenReferences, ProxyConfig, requirementsOf, StaticEndpoint, UpstreamTlsConfig, withDefaults } from '../../src/contract';
import { decodeConfig } from '../../src/proxy/config/decode';

const ENDPOINT: StaticEndpoint = { address: '192.0.2.1', port: 443 };
const IDS = { serverIds: ['spiffe://cluster.local/ns/shop/sa/catalog'] };

function documentWith(tls: Partial<UpstreamTlsConfig>, cluster: object = {}, endpoint: StaticEndpoint = ENDPOINT): ProxyConfig {
  return {
    version: 'v1', node: { service: 'web', namespace: 'shop', version: 'v1' }, requires: ['mutualTls', 'upstreamTls'],
    identity: { trustDomain: 'cluster.local', credentialBundleFile: '/id', trustBundleFile: '/roots' },
    listeners: [], clusters: [{ name: 'ledger', discovery: { type: 'static', endpoints: [endpoint] }, tls: { serverName: 'ledger.example', ...tls }, ...cluster }],
  };
}

test('a sound document is taken, speaks TLS 1.2 and later, and is for proxies that know it', () => {
  const document = documentWith({});
  expect(decodeConfig(JSON.stringify(document))).toMatchObject({ ok: true });
  expect(withDefaults(document).clusters[0]!.tls).toEqual({ serverName: 'ledger.example', minimumVersion: '1.2' });
  expect(requirementsOf(document)).toContain('upstreamTls');
});

test.each<[string, ProxyConfig, string]>([
  ['mutual TLS of the cluster', documentWith({}, { mutualTls: IDS }), '/clusters/0/tls'],
  ['mutual TLS of an endpoint', documentWith({}, {}, { ...ENDPOINT, mutualTls: IDS }), '/clusters/0/discovery/endpoints/0/mutualTls'],
  ['a certificate without a key', documentWith({ certificateFile: '/a' }), '/clusters/0/tls'],
  ['a key without a certificate', documentWith({ keyFile: '/a' }), '/clusters/0/tls'],
])('beside %s it is refused', (_, document, path) => {
  expect(findBrokenReferences(document).map((error) => error.path)).toEqual([path]);
});

test.each<[string, Partial<UpstreamTlsConfig>]>([
  ['a name in capitals', { serverName: 'Ledger.example' }],
  ['a URL', { serverName: 'https://ledger.example' }],
  ['no name', { serverName: '' }],
  ['a pin that is no hash', { pins: ['abc='] }],
  ['a pin whose last bits are not 0', { pins: [`${'A'.repeat(42)}B=`] }],
  ['no pins', { pins: [] }],
  ['an old version', { minimumVersion: '1.1' as never }],
])('%s is refused by its form', (_, tls) => {
  expect(decodeConfig(JSON.stringify(documentWith(tls)))).toMatchObject({ ok: false });
});

test.each(['192.0.2.1', '2001:db8::1', '::1', 'localhost', 'a_b.example'])('%s may be what a server must prove', (serverName) => {
  expect(decodeConfig(JSON.stringify(documentWith({ serverName })))).toMatchObject({ ok: true });
});
