import { AuthorizationConfig, AuthorizationRule, findBrokenReferences, ProxyConfig, requirementsOf, RouteMatch, withAuthorizationDefaults, withDefaults } from '../../src/contract';
import { decodeConfig, describeErrors } from '../../src/proxy/config/decode';

const ID = 'spiffe://cluster.local/ns/shop/sa/web';

const documentWith = (authorization: unknown, direction: 'inbound' | 'outbound' = 'inbound', more: object = {}): ProxyConfig => ({
  version: 'v1',
  node: { service: 'web', namespace: 'shop', version: 'v1' },
  identity: { trustDomain: 'cluster.local', certificateFile: '/c', keyFile: '/k', trustBundleFile: '/b' },
  listeners: [{
    name: 'in', direction, address: '127.0.0.1', port: 15_006, routes: [{ name: 'default', split: [{ cluster: 'app', weight: 1 }] }],
    mutualTls: { mode: 'permissive' },
    authorization: authorization as AuthorizationConfig,
    ...more,
  }],
  clusters: [{ name: 'app', discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: 8080 }] } }],
});

const ruleWith = (match: RouteMatch): AuthorizationRule => ({ name: 'a', callers: [ID], matches: [match] });

test.each<[string, AuthorizationRule[], string]>([
  ['nobody', [{ name: 'a' }], "/rules/0: rule 'a': it is for nobody; give it 'callers', or say 'anyAuthenticated' or 'plain'"],
  ['all and some', [{ name: 'a', callers: [ID], anyAuthenticated: true }],
    "/rules/0/callers: rule 'a': 'anyAuthenticated' lets in every caller, so names have no effect; use one of the two"],
  ['a name twice', [{ name: 'a', callers: [ID] }, { name: 'a', plain: true }], "/rules/1/name: rule 'a': there is another rule of this name; give each rule its own"],
  ['no hosts in a list', [ruleWith({ hosts: [] })], "/rules/0/matches/0/hosts: rule 'a': the list is empty, which would stand for any host; name hosts, or leave it out"],
  ['two conditions of a field', [ruleWith({ headers: [{ name: 'x', value: '1' }, { name: 'X', value: '2' }] })],
    "/rules/0/matches/0/headers/1/name: rule 'a': there are two conditions of 'X'; use one, with a regular expression if need be"],
  ['two conditions of a parameter', [ruleWith({ query: [{ name: 'x' }, { name: 'X' }, { name: 'x' }] })],
    "/rules/0/matches/0/query/2/name: rule 'a': there are two conditions of 'x'; use one, with a regular expression if need be"],
  ['two conditions of a cookie', [ruleWith({ cookies: [{ name: 'x' }, { name: 'x' }] })],
    "/rules/0/matches/0/cookies/1/name: rule 'a': there are two conditions of 'x'; use one, with a regular expression if need be"],
  ['Host as a field', [ruleWith({ headers: [{ name: 'Host', value: 'a' }] })],
    "/rules/0/matches/0/headers/0/name: rule 'a': the field 'Host' is the proxy's own to read or write; use 'hosts'"],
  ['a field of the mesh', [ruleWith({ headers: [{ name: 'x-mesh-caller', value: ID }] })],
    "/rules/0/matches/0/headers/0/name: rule 'a': the field 'x-mesh-caller' is the proxy's own to read or write; remove the condition"],
  ['a path that no request has', [ruleWith({ path: { type: 'exact', value: '/a%2Fb' } })],
    "/rules/0/matches/0/path/value: rule 'a': the path '/a%2Fb' is in no request that is let through: the path holds %2F, which some servers take for `/`; write `/`"],
])('GIVEN a rule with %s THEN it is refused in words', (_, rules, message) => {
  const decoded = decodeConfig(JSON.stringify(documentWith({ rules })));
  expect(decoded.ok || describeErrors(decoded.errors)).toEqual([`/listeners/0/authorization${message}`]);
});

test('GIVEN an outbound listener THEN it is refused, as an app can get past its own sidecar', () => {
  expect(findBrokenReferences(documentWith({ rules: [] }, 'outbound', { mutualTls: undefined })).map(({ message }) => message)).toEqual([
    "listener 'in' is outbound, and an app can always get past its own sidecar; remove it, and let the callee's inbound listener authorize",
  ]);
});

test('GIVEN a gateway\'s listener THEN it is taken, as its clients are outside', () => {
  expect(findBrokenReferences(documentWith({ rules: [] }, 'outbound', { address: undefined, mutualTls: undefined }))).toEqual([]);
});

test.each<[string, AuthorizationRule, object, string]>([
  ['callers where nobody proves who it is', { name: 'a', callers: [ID] }, { mutualTls: undefined },
    "callers: rule 'a': no caller proves who it is, so none could meet it; give the listener 'mutualTls', or use 'plain'"],
  ['any caller where nobody proves who it is', { name: 'a', anyAuthenticated: true }, { mutualTls: undefined },
    "anyAuthenticated: rule 'a': no caller proves who it is, so none could meet it; give the listener 'mutualTls', or use 'plain'"],
  ['plain requests where none come', { name: 'a', plain: true }, { mutualTls: {} },
    "plain: rule 'a': 'mutualTls' of the listener lets in nobody without an identity; remove it, or set its mode to 'permissive'"],
  ['callers of another trust domain', { name: 'a', callers: [ID, 'spiffe://other.example/a'] }, {},
    "callers/1: rule 'a': 'spiffe://other.example/a' is not of the trust domain 'cluster.local' of the identity, and callers of others are refused; correct it"],
])('GIVEN a rule for %s THEN it is refused in words', (_, rule, more, message) => {
  expect(findBrokenReferences(documentWith({ rules: [rule] }, 'inbound', more)).map(({ path, message: text }) => `${path}: ${text}`))
    .toEqual([`/listeners/0/authorization/rules/0/${message}`]);
});

describe('tokens', () => {
  const JWT = { issuer: 'https://a.example', audiences: ['shop'], jwksFile: '/keys' };
  const CLAIMS = { rules: [{ name: 'a', plain: true, matches: [{ claims: [{ name: 'sub', value: 'ann' }] }] }] };
  const problems = (authorization: unknown, jwt: unknown): readonly string[] => {
    const decoded = decodeConfig(JSON.stringify(documentWith(authorization, 'inbound', { jwt })));
    return decoded.ok ? [] : describeErrors(decoded.errors);
  };

  it('are taken with rules, which may have claims', () => {
    expect(problems(CLAIMS, [JWT, { ...JWT, issuer: 'https://b.example', clockSkewMs: 0, maxTokenBytes: 65_536 }])).toEqual([]);
    expect(withDefaults(documentWith(CLAIMS, 'inbound', { jwt: [JWT] })).listeners[0]!.jwt).toEqual([{ ...JWT, clockSkewMs: 30_000, maxTokenBytes: 8_192, forward: false, claimHeaders: [] }]);
    expect(requirementsOf(documentWith(CLAIMS, 'inbound', { jwt: [JWT] }))).toEqual(['authorization', 'jwt', 'mutualTls']);
  });

  it('can be asked for claims within others, numbers and booleans, each in one way', () => {
    const asking = (...claims: unknown[]): readonly string[] => problems({ rules: [{ name: 'a', plain: true, matches: [{ claims }] }] }, [JWT]);
    const at = '/listeners/0/authorization/rules/0/matches/0/claims';
    expect(asking({ path: ['realm_access', 'roles'], value: 'Größe' }, { name: 'level', number: 3 }, { path: ['a.b'], boolean: false })).toEqual([]);
    expect(asking({ name: 'a', value: '1' }, { path: ['a'], number: 1 })).toEqual([
      `${at}/1/path: rule 'a': there are two conditions of '["a"]'; use one, with a regular expression if need be`,
    ]);
    expect(asking({ name: 'a', path: ['a'] })).toEqual([expect.stringContaining('give one of them') as string]);
    expect(asking({ name: 'a', number: 3, value: '3' })).toEqual([expect.stringContaining("has both 'value' and 'number'") as string]);
    expect(asking({ path: [] })).toEqual([expect.stringContaining(`${at}/0/path`) as string]);
    expect(asking({ name: 'a', number: 2 ** 53 })).toEqual([expect.stringContaining(`${at}/0/number`) as string]);
    expect(asking({ name: 'a', number: '3' })).toEqual([expect.stringContaining(`${at}/0/number`) as string]);
    expect(asking({ name: 'a', value: 3 })).toEqual([expect.stringContaining(`${at}/0/value`) as string]);
  });

  it('are refused in words where they let in everybody, and where nobody looks at them', () => {
    expect(problems(undefined, [JWT])).toEqual(['/listeners/0/jwt: tokens would be asked of nobody; give the listener an authorization with rules that have claims']);
    expect(problems(CLAIMS, undefined)).toEqual(["/listeners/0/authorization/rules/0/matches/0/claims: rule 'a': no token is looked at, so no request could meet it; give the listener 'jwt'"]);
    expect(problems(CLAIMS, [JWT, JWT])).toEqual(["/listeners/0/jwt/1/issuer: the issuer 'https://a.example' is there twice; give it once, with all its audiences"]);
  });

  it.each<[string, unknown, unknown]>([
    ['no issuers in a list', CLAIMS, []], ['no audiences', CLAIMS, [{ ...JWT, audiences: [] }]], ['no issuer', CLAIMS, [{ ...JWT, issuer: '' }]], ['a signature of choice', CLAIMS, [{ ...JWT, algorithms: ['none'] }]],
    ['a secret', CLAIMS, [{ ...JWT, secret: 'x' }]], ['an address of keys', CLAIMS, [{ ...JWT, jwksUri: 'https://a.example' }]], ['any length', CLAIMS, [{ ...JWT, maxTokenBytes: 1_000_000 }]],
    ['any skew', CLAIMS, [{ ...JWT, clockSkewMs: 86_400_000 }]],
    ['a claim twice', { rules: [{ name: 'a', plain: true, matches: [{ claims: [{ name: 'sub', value: 'a' }, { name: 'sub', value: 'b' }] }] }] }, [JWT]],
  ])('with %s are refused', (_, authorization, jwt) => {
    expect(problems(authorization, jwt)).not.toEqual([]);
  });
});

test.each<[string, unknown]>([
  ['no rules', {}], ['a rule without a name', { rules: [{ callers: [ID] }] }], ['no callers in a list', { rules: [{ name: 'a', callers: [] }] }],
  ['no matches in a list', { rules: [{ name: 'a', plain: true, matches: [] }] }], ['a rule that denies', { rules: [{ name: 'a', callers: [ID], action: 'DENY' }] }],
  ['callers that are not meant', { rules: [{ name: 'a', notCallers: [ID] }] }], ['a false that would mean something else', { rules: [{ name: 'a', anyAuthenticated: false }] }],
  ['a condition that must not hold', { rules: [{ name: 'a', plain: true, matches: [{ notPath: { type: 'exact', value: '/' } }] }] }],
  ...['*', 'spiffe://cluster.local/*', 'spiffe://cluster.local', 'spiffe://cluster.local/', `${ID}/`, 'spiffe://Cluster.local/ns/a', 'spiffe://cluster.local/a/../b', 'spiffe://cluster.local/./b',
    'spiffe://cluster.local/a%2fb', `${ID}\0`, `${ID}\n`, ` ${ID}`, 'https://cluster.local/ns/shop/sa/web', 'cluster.local/ns/shop/sa/web', ''].map((id): [string, unknown] => (
    [`the caller ${JSON.stringify(id)}`, { rules: [{ name: 'a', callers: [id] }] }])),
  ...['', '-', 'a b', '\n', 'ä'].map((name): [string, unknown] => [`the name ${JSON.stringify(name)}`, { rules: [{ name, plain: true }] }]),
])('GIVEN %s THEN the form is refused', (_, authorization) => {
  expect(decodeConfig(JSON.stringify(documentWith(authorization))).ok).toBe(false);
});

test.each<[string, AuthorizationConfig]>([
  ['no rule', { rules: [] }], ['a rule', { rules: [{ name: 'web/read.v1', callers: [ID, 'spiffe://cluster.local/a/b.c_d'], matches: [{}] }], dryRun: true }],
  ['rules for all', { rules: [{ name: 'a', anyAuthenticated: true, plain: true }, { name: 'b', plain: true }], audit: 'all' }],
])('GIVEN %s THEN it is taken', (_, authorization) => {
  const decoded = decodeConfig(JSON.stringify(documentWith(authorization)));
  expect(decoded.ok ? [] : describeErrors(decoded.errors)).toEqual([]);
});

test('what is left open has its default', () => {
  expect(withAuthorizationDefaults({ rules: [] })).toEqual({ rules: [], dryRun: false, audit: 'denied' });
});

test('a document that has rules requires a proxy that knows them', () => {
  expect(requirementsOf(documentWith({ rules: [] }))).toEqual(['authorization', 'mutualTls']);
});
