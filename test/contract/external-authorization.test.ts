/** What a document may say of whom its listeners ask. */
import { ExternalAuthorizationConfig, findBrokenReferences, ProxyConfig, requirementsOf, withDefaults } from '../../src/contract';
import { decodeConfig } from '../../src/proxy/config/decode';

const ASKED: ExternalAuthorizationConfig = { split: [{ cluster: 'auth', weight: 1 }] };

const documentWith = (asked: ExternalAuthorizationConfig | undefined, more: object = {}, protocol?: 'http1' | 'http2' | 'tcp'): ProxyConfig => ({
  version: 'v1',
  node: { service: 'web', namespace: 'shop', version: 'v1' },
  listeners: [{
    name: 'in', direction: 'inbound', address: '127.0.0.1', port: 15_006, routes: [{ name: 'default', split: [{ cluster: 'app', weight: 1 }] }],
    ...(asked && { externalAuthorization: asked }), ...more,
  }],
  clusters: ['app', 'auth'].map((name, index) => ({
    name, ...(index === 1 && protocol && { protocol }), discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: 8080 + index }] },
  })),
});

test('GIVEN no more than a cluster THEN the defaults are safe, and an older proxy refuses the document', () => {
  const document = documentWith(ASKED);
  expect(decodeConfig(JSON.stringify(document)).ok).toBe(true);
  expect(withDefaults(document).listeners[0]!.externalAuthorization).toEqual({
    split: [{ cluster: 'auth', weight: 1 }], allowedHeaders: ['authorization', 'cookie'], allowedResponseHeaders: [], allowedClientHeaders: [], timeoutMs: 1_000,
    statusOnError: 503, failureModeAllow: false, maxPendingRequests: 1_024, maxResponseBytes: 65_536, exemptPaths: [],
  });
  expect(requirementsOf(document)).toEqual(['externalAuthorization']);
  // A quarter of the time that an answer has.
  expect(withDefaults(document).clusters[1]!.connectTimeoutMs).toBe(250);
});

const route = (more: object): object => ({ routes: [{ name: 'default', split: [{ cluster: 'app', weight: 1 }], ...more }] });

test.each<[string, ProxyConfig, string, string]>([
  ['a cluster that is not there', documentWith({ split: [{ cluster: 'other', weight: 1 }] }), 'externalAuthorization/split/0/cluster', "there is no cluster 'other'; declare it under /clusters"],
  ['a cluster of TCP', documentWith(ASKED, {}, 'tcp'), 'externalAuthorization/split/0/cluster', "cluster 'auth' speaks TCP, and the authority is asked by HTTP; name another one"],
  ['no weight', documentWith({ split: [{ cluster: 'auth', weight: 0 }] }), 'externalAuthorization/split', 'all weights are 0; give at least one cluster a weight above 0'],
  ['an outbound listener', documentWith(ASKED, { direction: 'outbound' }), 'externalAuthorization', "listener 'in' is outbound, and an app can always get past its own sidecar; remove it, and let the callee's inbound listener ask"],
  ['a route that is not asked about, of a listener that asks nobody', documentWith(undefined, route({ externalAuthorization: false })), 'routes/0/externalAuthorization', "route 'default' has it, but listener 'in' asks nobody; remove it"],
  ['a route by a field of the answer', documentWith({ ...ASKED, allowedResponseHeaders: ['x-user'] }, route({ matches: [{ headers: [{ name: 'X_User', value: 'a' }] }] })),
    'routes/0/matches/0/headers/0/name', "route 'default' has a condition of the field 'X_User', which only the authority's answer gives ('allowedResponseHeaders'), and it is asked after; use another field"],
  ['a rule by a field of the answer', documentWith({ ...ASKED, allowedResponseHeaders: ['x-user'] }, { authorization: { rules: [{ name: 'a', plain: true, matches: [{ headers: [{ name: 'x-user', value: 'a' }] }] }] } }),
    'authorization/rules/0/matches/0/headers/0/name', "rule 'a' has a condition of the field 'x-user', which only the authority's answer gives ('allowedResponseHeaders'), and it is asked after; use another field"],
])('GIVEN %s THEN it is refused in words', (_, document, at, message) => {
  expect(findBrokenReferences(document)).toEqual([{ path: `/listeners/0/${at}`, message }]);
});

test('GIVEN a listener of TCP THEN it is refused, as connections have no requests', () => {
  const document = documentWith(ASKED, { protocol: 'tcp' });
  expect(findBrokenReferences(document).map(({ path }) => path)).toContain('/listeners/0/externalAuthorization');
});

test('GIVEN a field that has a claim of the token THEN it can be nothing of the authority', () => {
  const claims = { jwt: [{ issuer: 'a', audiences: ['b'], jwksFile: '/c', claimHeaders: [{ claim: 'sub', header: 'X-User' }] }], authorization: { rules: [] } };
  expect(findBrokenReferences(documentWith({ ...ASKED, allowedHeaders: ['x-user'], allowedResponseHeaders: ['x_user'] }, claims)).map(({ path }) => path)).toEqual([
    '/listeners/0/externalAuthorization/allowedResponseHeaders/0', '/listeners/0/externalAuthorization/allowedHeaders/0',
  ]);
});

test.each([
  [{ ...ASKED, path: 'x' }], [{ ...ASKED, path: '/a?b' }], [{ ...ASKED, pathPrefix: '/a b' }], [{ ...ASKED, host: 'a\r\nb' }], [{ ...ASKED, allowedHeaders: ['a:b'] }],
  [{ ...ASKED, timeoutMs: 0 }], [{ ...ASKED, statusOnError: 200 }], [{ ...ASKED, maxPendingRequests: 0 }],
  [{ ...ASKED, split: [] }], [{ ...ASKED, unknown: 1 }],
])('GIVEN %j THEN it has not the form of a document', (asked) => {
  expect(decodeConfig(JSON.stringify(documentWith(asked as ExternalAuthorizationConfig))).ok).toBe(false);
});
