/** Tokens of clients, as they are declared: what documents and pods have then, and what is refused. */
import { Duration, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  Allow, Authorization, Gateway, GatewayProps, HealthCheck, Identity, Jwt, JwtOptions, Match, Mesh, MeshProps, MeshService, MeshServiceProps, Route,
} from '../../../src';
import type { ListenerConfig } from '../../../src/contract';
import { documentOf, newChart } from '../../support/manifests';
import { jwks, keyOf } from '../../proxy/jwt/support';
import { expectSound } from '../sound';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];
const OPTIONS: JwtOptions = { issuer: 'https://login.example.com/', audiences: ['shop'] };
const FILE = '/etc/cdk8s-mesh-jwks/config-maps/login-keys/jwks.json';
const WITH_TOKEN = [{ claims: [{ name: 'iss' }] }];

const keysOf = (chart: ReturnType<typeof newChart>): kplus.IConfigMap => kplus.ConfigMap.fromConfigMapName(chart, `Keys${chart.node.children.length}`, 'login-keys');

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever Kubernetes takes
type Manifest = any;

interface Built {
  readonly manifests: Manifest[];
  /** The listeners of a workload. */
  readonly listeners: (name: string) => ListenerConfig[];
}

function edge(props: (keys: kplus.IConfigMap) => GatewayProps, routes: (gateway: Gateway, web: MeshService) => void = (gateway, web) => gateway.route('shop.example.com', web)): Built {
  const chart = newChart();
  const web = new MeshService(chart, 'web', { containers });
  routes(new Gateway(chart, 'edge', props(keysOf(chart))), web);
  return built(Testing.synth(chart));
}

function called(props: (keys: kplus.IConfigMap) => Partial<MeshServiceProps>, mesh: MeshProps = {}, call: object = {}): Built {
  const chart = newChart();
  new Mesh(chart, 'mesh', mesh);
  const web = new MeshService(chart, 'web', { containers });
  web.calls(new MeshService(chart, 'catalog', { containers, ...props(keysOf(chart)) }), call);
  return built(Testing.synth(chart));
}

function built(manifests: Manifest[]): Built {
  expectSound(manifests);
  return { manifests, listeners: (name) => documentOf(manifests, name).listeners };
}

describe('at a gateway', () => {
  it('every request needs a good token', () => {
    const { manifests, listeners } = edge((keys) => ({ jwt: [Jwt.fromConfigMap(keys, OPTIONS)] }));
    expect(listeners('edge')[0]).toMatchObject({
      jwt: [{ issuer: 'https://login.example.com/', audiences: ['shop'], jwksFile: FILE }],
      authorization: { rules: [{ name: 'clients', plain: true, matches: WITH_TOKEN }] },
    });
    const { spec } = manifests.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'edge').spec.template;
    expect(spec.volumes).toContainEqual({
      name: 'mesh-jwks', projected: { sources: [{ configMap: { name: 'login-keys', items: [{ key: 'jwks.json', path: 'config-maps/login-keys/jwks.json' }] } }] },
    });
    expect(spec.containers[0].volumeMounts).toContainEqual({ name: 'mesh-jwks', mountPath: '/etc/cdk8s-mesh-jwks', readOnly: true });
  });

  it('what is allowed can be narrowed, and some of it be open', () => {
    const allow = [Allow.when(Match.pathPrefix('/public')), Allow.when(Match.claim('groups', 'staff'), Match.method('GET'))];
    const rulesOf = (optional: boolean) => edge((keys) => ({ jwt: [Jwt.fromConfigMap(keys, { ...OPTIONS, optional })], allow })).listeners('edge')[0]!.authorization!.rules[0]!.matches;
    const staff = { method: 'GET', claims: [{ name: 'groups', value: 'staff' }] };
    expect(rulesOf(true)).toEqual([{ path: { type: 'prefix', value: '/public' } }, staff]);
    expect(rulesOf(false)).toEqual([{ path: { type: 'prefix', value: '/public' }, claims: [{ name: 'iss' }] }, staff]);
  });

  it('claims within others, numbers, booleans and any text can be asked for', () => {
    const conditions = [
      Match.claimPath(['realm_access', 'roles'], 'staff'), Match.claimPathRegex(['a.b', 'c'], 'x+'), Match.claimPath(['full name']),
      Match.claimNumber(['level'], 3), Match.claimBoolean(['email', 'verified'], true), Match.claim('team', 'Größe'),
    ];
    const { listeners } = edge((keys) => ({ jwt: [Jwt.fromConfigMap(keys, OPTIONS)] }), (gateway, web) => {
      gateway.addRoute('shop.example.com', Route.when(...conditions).to(web));
    });
    expect(listeners('edge')[0]!.routes[0]).toMatchObject({
      name: expect.stringMatching(/^shop\.example\.com\/claim-realm-access-roles-staff-claim-a-b-c-/) as string,
      matches: [{
        claims: [
          { path: ['realm_access', 'roles'], value: 'staff' }, { path: ['a.b', 'c'], regex: 'x+' }, { path: ['full name'] },
          { path: ['level'], number: 3 }, { path: ['email', 'verified'], boolean: true }, { name: 'team', value: 'Größe' },
        ],
      }],
    });
  });

  it('routes go by claims', () => {
    const { listeners } = edge((keys) => ({ jwt: [Jwt.fromConfigMap(keys, OPTIONS)] }), (gateway, web) => {
      gateway.addRoute('shop.example.com', Route.when(Match.claim('tier', 'gold')).to(web));
      gateway.addRoute('shop.example.com', Route.when(Match.claimRegex('sub', 'a.*')).respond(204));
    });
    expect(listeners('edge')[0]!.routes.map(({ matches }) => matches)).toEqual([
      [{ claims: [{ name: 'tier', value: 'gold' }], hosts: ['shop.example.com'] }], [{ claims: [{ name: 'sub', regex: 'a.*' }], hosts: ['shop.example.com'] }],
    ]);
  });

  it('all that can be said reaches the document, and `allow` works without tokens', () => {
    const { listeners } = edge((keys) => ({
      jwt: [
        Jwt.fromSecret(keys as kplus.ISecret, { ...OPTIONS, key: 'k', cookie: 'session', forward: true, claimHeaders: { sub: 'x-user' }, clockSkew: Duration.seconds(5) }),
        Jwt.fromFile('/keys/jwks.json', { issuer: 'b', audiences: ['c'], header: 'x-token' }),
      ],
      authorization: Authorization.dryRun(),
    }));
    expect(listeners('edge')[0]).toMatchObject({
      authorization: { dryRun: true },
      jwt: [
        {
          jwksFile: '/etc/cdk8s-mesh-jwks/secrets/login-keys/k', cookie: 'session', forward: true, claimHeaders: [{ claim: 'sub', header: 'x-user' }], clockSkewMs: 5_000,
        },
        { issuer: 'b', audiences: ['c'], jwksFile: '/keys/jwks.json', header: 'x-token' },
      ],
    });
    expect(edge(() => ({ allow: [Allow.when(Match.method('GET'))] })).listeners('edge')[0]!.authorization)
      .toEqual({ rules: [{ name: 'clients', plain: true, matches: [{ method: 'GET' }] }] });
  });
});

describe('at a service', () => {
  const identity = Identity.files();
  const jwt = (keys: kplus.IConfigMap): Partial<MeshServiceProps> => ({ jwt: [Jwt.fromConfigMap(keys, OPTIONS)] });

  it('callers need a token besides, for health checks excepted', () => {
    const { listeners } = called(jwt, { identity }, { healthCheck: HealthCheck.http('/healthz') });
    expect(listeners('catalog-v1')[0]!.authorization!.rules).toEqual([{
      name: 'shop/web', callers: ['spiffe://cluster.local/ns/shop/sa/web'],
      matches: [...WITH_TOKEN, { path: { type: 'exact', value: '/healthz' }, method: 'GET' }],
    }]);
  });

  it('`allow` of a call asks for claims, and asks for no less than a token', () => {
    const allow = [Allow.when(Match.claim('scope', 'write')), Allow.when(Match.method('GET'))];
    const rules = called(jwt, { identity }, { allow }).listeners('catalog-v1')[0]!.authorization!.rules;
    expect(rules[0]!.matches).toEqual([{ claims: [{ name: 'scope', value: 'write' }] }, { method: 'GET', claims: [{ name: 'iss' }] }]);
  });

  it('without an identity, a token is all that is asked for, also of clients that come by TLS', () => {
    const { listeners } = called((keys) => ({ ...jwt(keys), tls: { secret: kplus.Secret.fromSecretName(keys as never, 'Tls', 'shop-tls') } }));
    for (const { authorization, jwt: issuers } of listeners('catalog-v1').slice(0, 2)) {
      expect([authorization, issuers?.length]).toEqual([{ rules: [{ name: 'clients', plain: true, matches: WITH_TOKEN }] }, 1]);
    }
  });
});

const at = (...jwts: ((keys: kplus.IConfigMap) => Jwt)[]) => () => edge((keys) => ({ jwt: jwts.map((make) => make(keys)) }));
const asking = (...conditions: (() => Match)[]) => () => edge((keys) => ({ jwt: [Jwt.fromConfigMap(keys, OPTIONS)] }), (gateway, web) => (
  gateway.addRoute('*', Route.when(...conditions.map((make) => make())).to(web))));
const with_ = (options: object) => at((keys) => Jwt.fromConfigMap(keys, { ...OPTIONS, ...options }));

test.each<[string, () => unknown, RegExp]>([
  ['no issuer', with_({ issuer: '' }), /'jwt\[0\].issuer' is "": use what the tokens have in 'iss'/],
  ['no audiences', with_({ audiences: [] }), /'jwt\[0\].audiences' is \[\]: list 1 to 16 names .* tokens for other apps would be good here/],
  ['a field and a cookie', with_({ header: 'x-a', cookie: 'a' }), /'jwt\[0\].cookie' is "a": a token is in a field or in a cookie/],
  ['a claim in a field with another meaning', with_({ claimHeaders: { sub: 'Authorization' } }), /'jwt\[0\].claimHeaders' is "Authorization": the field 'Authorization' has another meaning/],
  ['two claims in one field', with_({ claimHeaders: { sub: 'x-user', name: 'X_User' } }), /the field 'X_User' is that of another claim already/],
  ['a skew of an hour', with_({ clockSkew: Duration.hours(1) }), /'jwt\[0\].clockSkew' is "3600000 ms"/],
  ['an option that is none', with_({ algorithms: ['HS256'] }), /'jwt\[0\].algorithms'/],
  ['an issuer twice', at((keys) => Jwt.fromConfigMap(keys, OPTIONS), (keys) => Jwt.fromConfigMap(keys, OPTIONS)), /it is there twice; name it once, with all its audiences/],
  ['tokens that are optional in part', at((keys) => Jwt.fromConfigMap(keys, OPTIONS), () => Jwt.fromFile('/k', { ...OPTIONS, issuer: 'b', optional: true })), /say it of all of them, or of none/],
  ['a file without its path', at(() => Jwt.fromFile('k', OPTIONS)), /name the file by its whole path/],
  ['no ConfigMap', at(() => Jwt.fromConfigMap(undefined as never, OPTIONS)), /give a ConfigMap of cdk8s-plus/],
  ['a claim where no token is looked at', () => edge(() => ({}), (gateway, web) => gateway.addRoute('*', Route.when(Match.claim('a')).to(web))), /Match.claim\('a'\)".* no token is looked at here/],
  ['a path that is a text', asking(() => Match.claimPath('a.b' as never)), /Match.claimPath\('a.b'\)".* give the names that lead to the claim as a list, such as \['realm_access', 'roles'\]/],
  ['a path without a name', asking(() => Match.claimPath([])), /Match.claimPath\(\[\]\)".* give the names that lead/],
  ['a path with an empty name', asking(() => Match.claimPath(['a', ''])), /give the names that lead/],
  ['a path that is too long', asking(() => Match.claimPath([...'abcdefghi'])), /8 at most/],
  ['a name that is none', asking(() => Match.claim('full name')), /for another name use Match.claimPath\(\['...'\]\)/],
  ['a number as a text', asking(() => Match.claim('level', 3 as never)), /use Match.claimNumber\(\) for a number/],
  ['a boolean as a text', asking(() => Match.claim('ok', true as never)), /use Match.claimBoolean\(\)/],
  ['a text as a number', asking(() => Match.claimNumber(['a'], '3' as never)), /use a whole number of at most 2\^53 - 1/],
  ['no number', asking(() => Match.claimNumber(['a'], undefined as never)), /use a whole number/],
  ['a number that is rounded', asking(() => Match.claimNumber(['a'], 2 ** 53)), /Match.claimNumber\(\['a'\], 9007199254740992\)".* use a whole number/],
  ['a fraction', asking(() => Match.claimNumber(['a'], 0.5)), /use a whole number/],
  ['a text as a boolean', asking(() => Match.claimBoolean(['a'], 'true' as never)), /use true or false/],
  ['a value with a line break', asking(() => Match.claim('a', 'x\ny')), /use a text without line breaks/],
  ['no expression', asking(() => Match.claimPathRegex(['a'], undefined as never)), /use a regular expression/],
  ['an expression that is none', asking(() => Match.claimPathRegex(['a'], '(')), /the regular expression '\(' is not taken/],
  ['half a character', asking(() => Match.claim('a', '\ud83d')), /half of a surrogate pair/],
  ['two conditions of one claim', asking(() => Match.claim('a', 'x'), () => Match.claimNumber(['a'], 3)), /asks for the same part of a request/],
  ['a claim in a route of a service', () => called(() => ({}), {}, { routes: [Route.when(Match.claim('a')).respond(204)] }), /no token is looked at here/],
  ['a claim in `allow` of a service without tokens', () => called(() => ({}), { identity: Identity.files() }, { allow: [Allow.when(Match.claim('a'))] }), /no token is looked at here/],
  ['a token that ends before it is asked for', () => edge((keys) => ({ jwt: [Jwt.fromConfigMap(keys, OPTIONS)] }), (gateway) => {
    gateway.route('shop.example.com', new MeshService(gateway, 'Own', { containers, name: 'own', jwt: [Jwt.fromFile('/k', OPTIONS)] }));
  }), /'jwt\[\].forward' is false: 'own' asks for the same tokens, and would get none/],
  ['a dry run of nothing', () => edge(() => ({ authorization: Authorization.dryRun() })), /nothing is refused without 'jwt' or 'allow'/],
])('GIVEN %s THEN it is refused in words', (_, build, message) => {
  expect(build).toThrow(message);
});

test.each<[string, Record<string, string>, RegExp | undefined]>([
  ['a good one', { 'jwks.json': jwks(keyOf('ES256').jwk) }, undefined],
  ['a private key', { 'jwks.json': jwks({ ...keyOf('ES256').jwk, d: 'x' }) }, /has a private or secret key, 'ES256'; put only public keys there/],
  ['a key of another kind', { 'jwks.json': jwks({ kty: 'RSA', alg: 'HS256', kid: 'a' }) }, /has no key with a kid that RS256, ES256 or EdDSA could be verified with/],
  ['no JSON', { 'jwks.json': '{' }, /is no JSON/],
  ['another name', { keys: '' }, /it has no 'jwks.json'; name it with 'key'/],
])('GIVEN a ConfigMap of the app with %s THEN its keys are looked at', (_, data, message) => {
  const chart = newChart();
  const build = () => new Gateway(chart, 'edge', { jwt: [Jwt.fromConfigMap(new kplus.ConfigMap(chart, 'keys', { data }), OPTIONS)] });
  if (message) expect(build).toThrow(message);
  else expect(build).not.toThrow();
});
