/** What is said of who calls, and of whether the callee lets that in. */
import { Chart } from 'cdk8s';
import { Allow, Authorization, ExternalAuthorization, Identity, Match, Mesh, MeshProps, MutualTls, Route } from '../../../src';
import type { Stack } from '../../../src/cli/stack/stack';
import { AskedToken } from '../../../src/cli/explain/asked-token';
import { keyOf, token } from '../../proxy/jwt/support';
import { AskedRequest, Header } from '../../../src/cli/explain/asked-request';
import { hopOf, Security, securityOf } from '../../../src/cli/explain/security';
import type { AuthorizationRule, ResolvedListener, ResolvedProxyConfig } from '../../../src/contract';
import { ask, rowsOf, service, stackOf } from './support';

const WEB = 'spiffe://cluster.local/ns/shop/sa/web';
const CATALOG = 'spiffe://cluster.local/ns/shop/sa/catalog';

type Calls = Parameters<ReturnType<typeof service>['calls']>[1];

/** `web` calls `catalog`, and `batch` nobody. */
function shop(mesh: Partial<MeshProps> = {}, calls: Calls = { allow: [Allow.when(Match.pathPrefix('/items'), Match.method('GET'))] }): Stack {
  return stackOf((chart: Chart) => {
    new Mesh(chart, 'mesh', { identity: Identity.files(), ...mesh });
    const catalog = service(chart, 'catalog');
    service(chart, 'web').calls(catalog, calls);
    service(chart, 'batch');
  });
}

const strict = shop();

test('GIVEN a call that is declared THEN identities, mutual TLS and the rule that lets it in are told', () => {
  const explanation = ask(strict, 'http://catalog/items/1');
  expect(explanation.outcome).toBe('forwarded');
  expect(rowsOf(explanation)).toMatchObject({
    'identity': [WEB],
    'mutual TLS': [`the endpoint must be ${CATALOG}`],
    'callee': [expect.stringMatching(/^sidecar at port 15006, mutual TLS only, rule 'shop\/web' lets it in, no timeout of its own; app/)],
  });
});

test('GIVEN a request beyond what the caller may ask for THEN it is denied, and each rule for the caller says why', () => {
  const explanation = ask(strict, 'http://catalog/items/1', { method: 'DELETE' });
  expect(explanation).toMatchObject({ outcome: 'refused', refusal: { status: 403, by: 'callee', reason: expect.stringContaining('not_authorized') } });
  expect(rowsOf(explanation)).toMatchObject({
    answer: ["403 by the callee's sidecar: not_authorized, as the rules for the caller don't cover such a request"],
    rules: ["rule 'shop/web': method is DELETE, wanted GET"],
  });
});

test('GIVEN a path that the route rewrites THEN the rules see what is sent on', () => {
  const rewritten = shop({}, { allow: [Allow.when(Match.pathExact('/v2/items'))], routes: [Route.when(Match.pathExact('/items')).rewritePath('/v2/items')] });
  expect(ask(rewritten, 'http://catalog/items')).toMatchObject({ outcome: 'forwarded', route: { sentOn: { target: '/v2/items' } } });
  expect(ask(rewritten, 'http://catalog/others')).toMatchObject({ outcome: 'refused' });
});

test('GIVEN an app that goes past its sidecar THEN a strict callee refuses it', () => {
  const explanation = ask(strict, 'http://catalog/items', { from: 'batch' });
  expect(explanation).toMatchObject({ outcome: 'passed' });
  expect(rowsOf(explanation)['callee']).toEqual(['sidecar at port 15006 answers 403 (mutual_tls_required), as the connection is without TLS']);
});

test('GIVEN a permissive callee THEN who comes without TLS needs a rule for that', () => {
  const permissive = shop({ mutualTls: MutualTls.PERMISSIVE });
  expect(rowsOf(ask(permissive, 'http://catalog/items', { from: 'batch' }))['callee'])
    .toEqual([expect.stringContaining("mutual TLS or none, rule 'plain' lets it in")]);
});

test('GIVEN rules that are only tried out THEN the request passes, and it is told what would come of it', () => {
  const explanation = ask(shop({ authorization: Authorization.dryRun() }), 'http://catalog/', { method: 'PUT' });
  expect(explanation.outcome).toBe('forwarded');
  expect(rowsOf(explanation)['callee']).toEqual([expect.stringContaining('no rule lets it in, but they are only tried out (dryRun)')]);
});

test('GIVEN no identity THEN nothing is told of it', () => {
  const rows = rowsOf(ask(shop({ identity: Identity.none() }, {}), 'http://catalog/'));
  expect(Object.keys(rows)).not.toEqual(expect.arrayContaining(['identity']));
  expect(rows['callee']).toEqual(['sidecar at port 15006, all let in, no timeout of its own; app at port 8080']);
});

const ISSUER = { issuer: 'https://login.example', audiences: ['shop'], claimHeaders: [], forward: false };

function judged(rules: AuthorizationRule[], headers: Header[], caller?: string, token?: AskedToken): Security | undefined {
  const listener = { authorization: { rules, dryRun: false, audit: 'off' }, jwt: [ISSUER] } as unknown as ResolvedListener;
  return securityOf(listener, { ...(caller !== undefined && { caller }) }, new AskedRequest({ method: 'GET', url: 'http://catalog/a', headers, bodyBytes: 0, token }));
}

const staff: AuthorizationRule = { name: 'staff', callers: [WEB], matches: [{ path: { type: 'exact', value: '/a' }, claims: [{ name: 'role', value: 'staff' }] }] };

test('GIVEN a rule that asks for claims THEN it lets in who has a token with them', () => {
  expect(judged([staff], [], WEB)).toMatchObject({ nearMisses: [{ rule: 'staff', failed: "no claim role, wanted 'staff'" }], denied: expect.any(String) });
  expect(judged([staff], [['authorization', 'Bearer x.y.z']], WEB)).toMatchObject({ rule: 'staff', words: "rule 'staff' lets it in if its token has the claims" });
  expect(judged([staff], [['authorization', 'Bearer x.y.z']], CATALOG)).toMatchObject({ denied: 'no rule is for the caller', nearMisses: [] });
});

test('GIVEN claims that are said THEN rules go by them', () => {
  const claiming = (...pairs: string[]): Security | undefined => judged([staff], [], WEB, AskedToken.ofClaims(pairs));
  expect(claiming('role=staff')).toMatchObject({ rule: 'staff', words: "rule 'staff' lets it in" });
  expect(claiming('role=guest', 'role=staff')).toMatchObject({ rule: 'staff' });
  expect(claiming('role=guest')).toMatchObject({ nearMisses: [{ rule: 'staff', failed: "claim role is 'guest', wanted 'staff'" }] });
  expect(() => claiming('role')).toThrow("--claim must be a claim such as groups=staff, got 'role'");
});

test('GIVEN claims within others, numbers and booleans THEN rules go by them', () => {
  const level: AuthorizationRule = {
    name: 'level', callers: [WEB], matches: [{ claims: [{ name: 'level', number: 3 }, { path: ['realm_access', 'roles'], value: 'staff' }, { name: 'ok', boolean: true }] }],
  };
  const claiming = (...pairs: string[]): Security | undefined => judged([level], [], WEB, AskedToken.ofClaims(pairs));
  const roles = 'realm_access:={"roles":["staff"]}';
  expect(claiming('level:=3', roles, 'ok:=true')).toMatchObject({ rule: 'level' });
  expect(claiming('level:=2', 'level:=3', roles, 'ok:=true')).toMatchObject({ rule: 'level' });
  expect(claiming('level=3', roles, 'ok:=true')).toMatchObject({ nearMisses: [{ failed: "no claim level (number), wanted '3'" }] });
  expect(claiming('level:=3', 'realm_access.roles=staff', 'ok:=true')).toMatchObject({ nearMisses: [{ failed: "no claim [\"realm_access\",\"roles\"], wanted 'staff'" }] });
  expect(claiming('level:=3', roles, 'ok:=false')).toMatchObject({ nearMisses: [{ failed: "claim ok (boolean) is 'false', wanted 'true'" }] });
  expect(() => claiming('level:=three')).toThrow('--claim with := takes a value in JSON, such as level:=3');
  // A name with a colon is one.
  expect(judged([{ ...level, matches: [{ claims: [{ name: 'https://a/b', value: '1' }] }] }], [], WEB, AskedToken.ofClaims(['https://a/b=1']))).toMatchObject({ rule: 'level' });
});

test('GIVEN a token THEN its claims count, and its issuer and audience have to be the listener\'s', () => {
  const key = keyOf('ES256', 'one');
  const judgedBy = (payload: object): Security | undefined => judged([staff], [], WEB, AskedToken.ofText(token(key, payload)));
  const good = { iss: 'https://login.example', aud: ['a', 'shop'], role: ['guest', 'staff'] };
  expect(judgedBy(good)).toMatchObject({ rule: 'staff' });
  expect(judgedBy({ ...good, role: 'x' })).toMatchObject({ denied: expect.any(String) });
  expect(judgedBy({ ...good, iss: 'https://evil.example' })).toMatchObject({
    code: 'token_invalid', denied: "its token is of 'https://evil.example', and must be of 'https://login.example'",
  });
  expect(judgedBy({ ...good, aud: 'other' })).toMatchObject({ code: 'token_invalid', denied: "its token is for 'other', and must be for 'shop'" });
  expect(judgedBy({ role: 'staff' })).toMatchObject({ code: 'token_invalid' });
  expect(() => AskedToken.ofText('x.y')).toThrow(/--token is no signed token/);
});

test('GIVEN a field that comes twice THEN each of its values has to pass', () => {
  const rule: AuthorizationRule = { name: 'beta', plain: true, matches: [{ headers: [{ name: 'x-role', value: 'a' }] }] };
  expect(judged([rule], [['x-role', 'a']])).toMatchObject({ rule: 'beta' });
  expect(judged([rule], [['x-role', 'a'], ['x-role', 'b']])).toMatchObject({ nearMisses: [{ rule: 'beta', failed: expect.stringContaining('comes several times') }] });
});

test.each<[string, object | undefined, string | undefined, string[] | undefined, object]>([
  ['no TLS at a strict listener', { mode: 'strict' }, CATALOG, undefined, { fails: expect.stringContaining('403 (mutual_tls_required)') }],
  ['no TLS at a permissive one', { mode: 'permissive' }, CATALOG, undefined, {}],
  ['TLS where none is taken', undefined, undefined, [CATALOG], { fails: expect.stringContaining('503 (tls_failed)') }],
  ['an endpoint that is another', { mode: 'strict' }, CATALOG, [WEB], { fails: expect.stringContaining('503 (server_unverified)') }],
  ['both ends as they should be', { mode: 'strict' }, CATALOG, [CATALOG], { caller: WEB }],
])('GIVEN %s THEN the hop is told', (_, mutualTls, id, serverIds, hop) => {
  const document = (own: string | undefined): ResolvedProxyConfig => ({ ...(own !== undefined && { identity: { trustDomain: 'cluster.local', id: own } }) }) as ResolvedProxyConfig;
  expect(hopOf(document(WEB), document(id), { mutualTls } as ResolvedListener, serverIds && { serverIds })).toEqual(hop);
});

describe('a service that is asked about requests', () => {
  const asking = stackOf((chart: Chart) => {
    const auth = service(chart, 'auth');
    const asked = ExternalAuthorization.http(auth, { exemptPaths: ['/public/*'], failureModeAllow: true });
    service(chart, 'web').calls(service(chart, 'catalog', { externalAuthorization: asked }));
  });
  const calleeOf = (url: string): string => rowsOf(ask(asking, url))['callee']!.join();

  test('is named, with what happens without an answer', () => {
    expect(calleeOf('http://catalog/items')).toContain('asks shop/auth-v1 whether it passes, and lets it pass without an answer');
  });

  test('is not asked about exempt paths, in any spelling', () => {
    expect(calleeOf('http://catalog/%70ublic/a')).toContain("doesn't ask shop/auth-v1, as the path is exempt");
    expect(calleeOf('http://catalog/public/../a')).toContain('asks shop/auth-v1');
  });
});
