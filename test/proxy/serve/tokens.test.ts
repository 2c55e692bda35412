/** Requests with tokens, over sockets: what rules with claims let in, and keys that change. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuthorizationConfig, AuthorizationRule, ClaimMatch, JwtConfig, RouteConfig } from '../../../src/contract';
import type { AuditRecord } from '../../../src/proxy/telemetry/audit-log';
import { GOOD, hmacToken, ISSUER, jwks, keyOf, NOW, token } from '../jwt/support';
import { FakeClock } from '../../support/fake-clock';
import { startProxy, TestProxy } from '../../support/proxy';
import { RawBackend, rawClient, until } from '../../support/raw-http';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const KEY = keyOf('ES256', 'one');
const NEXT = keyOf('EdDSA', 'two');
const RULES: AuthorizationConfig = {
  rules: [
    { name: 'health', plain: true, matches: [{ path: { type: 'exact', value: '/healthz' } }] },
    { name: 'staff', plain: true, matches: [{ claims: [{ name: 'groups', value: 'staff' }] }] },
  ],
  audit: 'all',
};
const STAFF = { ...GOOD, groups: ['staff'] };

const cleanups: (() => unknown)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A clock of which the test's tokens are. */
class TokenClock extends FakeClock {
  override wallTime(): number { return NOW * 1_000 + this.now(); }
}

interface Given {
  readonly test: TestProxy;
  readonly backend: RawBackend;
  readonly clock: TokenClock;
  readonly audit: AuditRecord[];
  /** The status of a request with this field, and what comes with it. */
  ask(...fields: string[]): Promise<string>;
  writeKeys(content: string): void;
}

async function start(authorization = RULES, options: Partial<JwtConfig> = {}, routes?: RouteConfig[]): Promise<Given> {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-jwks-'));
  const file = join(folder, 'jwks.json');
  const writeKeys = (content: string): void => {
    writeFileSync(`${file}.new`, content);
    renameSync(`${file}.new`, file);
  };
  writeKeys(jwks(KEY.jwk));
  const clock = new TokenClock();
  const backend = await RawBackend.answering(() => OK);
  const test = await startProxy([backend.port], {
    direction: 'inbound', authorization, jwt: [{ issuer: ISSUER, audiences: ['shop'], jwksFile: file, ...options }], clock, ...(routes && { routes }),
  });
  const audit: AuditRecord[] = [];
  test.proxy.context.onAudit = (record) => { audit.push(record); };
  cleanups.push(() => rmSync(folder, { recursive: true }), () => backend.close(), () => test.proxy.close());
  return {
    test, backend, clock, audit, writeKeys,
    ask: async (...fields) => {
      const client = await rawClient(test.port);
      client.send(`GET / HTTP/1.1\r\nHost: a\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`);
      const response = await client.receives('\r\n\r\n');
      client.socket.destroy();
      return response;
    },
  };
}

const bearer = (text: string): string => `Authorization: Bearer ${text}`;

test('GIVEN a token with the claim THEN the request passes, without the token', async () => {
  const given = await start();
  const text = token(KEY, STAFF);
  expect(await given.ask(bearer(text))).toMatch(/^HTTP\/1\.1 200 /);
  expect(await given.ask(`authorization: bEARER  ${text}`)).toMatch(/^HTTP\/1\.1 200 /);
  expect(given.backend.received).not.toMatch(/authorization/i);
  expect(given.audit.map(({ rule }) => rule)).toEqual(['staff', 'staff']);
  expect(given.test.metrics()).toContain('mesh_jwt_tokens_total{listener="test",result="verified"} 1');
  expect(given.test.metrics()).toContain('mesh_jwt_tokens_total{listener="test",result="remembered"} 1');
});

test('GIVEN a reload that says nothing else of who may call THEN verified tokens stay known; one that does verifies them anew', async () => {
  const { test, ask } = await start();
  const text = bearer(token(KEY, STAFF));
  const ofResult = (result: string): string | undefined => new RegExp(`mesh_jwt_tokens_total\\{listener="test",result="${result}"\\} \\d+`).exec(test.metrics())?.[0].split(' ')[1];
  await ask(text);
  expect(await test.proxy.apply(JSON.stringify({ ...test.config, limits: { maxHeaderFields: 50 } }))).toMatchObject({ ok: true });
  expect(await ask(text)).toMatch(/^HTTP\/1.1 200 /);
  expect([ofResult('verified'), ofResult('remembered')]).toEqual(['1', '1']);
  const listeners = test.config.listeners.map((listener) => ({ ...listener, authorization: { rules: [{ name: 'staff', plain: true, matches: [{ claims: [{ name: 'groups', value: 'others' }] }] }] } }));
  expect(await test.proxy.apply(JSON.stringify({ ...test.config, listeners }))).toMatchObject({ ok: true });
  expect(await ask(text)).toMatch(/^HTTP\/1.1 403 /);
  expect(ofResult('verified')).toBe('2');
});

test('GIVEN no token, or one without the claim THEN it is denied as any other', async () => {
  const given = await start();
  for (const fields of [[], [bearer(token(KEY))], ['Authorization: Basic YTpi'], ['Authorization:'], [`X-Authorization: Bearer ${token(KEY, STAFF)}`]]) {
    expect(await given.ask(...fields)).toMatch(/^HTTP\/1\.1 403 /);
  }
  expect(given.backend.received).toBe('');
});

test('GIVEN Connection that names the field THEN the app gets the token that was looked at all the same', async () => {
  const given = await start(RULES, { forward: true });
  expect(await given.ask(bearer(token(KEY, STAFF)), 'Connection: authorization')).toMatch(/^HTTP\/1\.1 200 /);
  expect(given.backend.received).toMatch(/^authorization: bearer /im);
});

test.each<[string, string[], string]>([
  ['alg none', [bearer(`${token(KEY, STAFF, { alg: 'none', kid: 'one' })}`)], 'algorithm'],
  ['HS256 with the public key', [bearer(hmacToken(JSON.stringify(KEY.jwk), { alg: 'HS256', kid: 'one' }, STAFF))], 'algorithm'],
  ['an unknown key', [bearer(token(NEXT, STAFF))], 'unknown_key'],
  ['no form', ['Authorization: Bearer x'], 'malformed'],
  ['nothing behind Bearer but a list', [bearer(`${token(KEY, STAFF)}, ${token(KEY, STAFF)}`)], 'malformed'],
  ['its end a second ago', [bearer(token(KEY, { ...STAFF, exp: NOW - 30 }))], 'expired'],
  ['too many bytes', [bearer(token(KEY, { ...STAFF, pad: 'x'.repeat(8_000) }))], 'too_long'],
  ['another one beside it', [bearer(token(KEY, STAFF)), bearer(token(KEY, STAFF))], 'ambiguous'],
  ['another scheme beside it', [bearer(token(KEY, STAFF)), 'authorization: Basic YTpi'], 'ambiguous'],
])('GIVEN a token with %s THEN it is refused, even where none is needed', async (_, fields, result) => {
  const given = await start({ ...RULES, rules: [...RULES.rules, { name: 'all', plain: true }] });
  const response = await given.ask(...fields);
  expect(response).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n/);
  expect(response).toContain('www-authenticate: Bearer error="invalid_token"');
  expect(response).toContain('details="token_invalid"');
  expect(given.backend.received).toBe('');
  expect(given.audit).toMatchObject([{ decision: 'denied', cause: 'token_invalid' }]);
  expect(given.test.metrics()).toContain(`mesh_jwt_tokens_total{listener="test",result="${result}"} 1`);
});

test('GIVEN a dry run THEN a token that is not good passes, and is told', async () => {
  const given = await start({ ...RULES, dryRun: true });
  expect(await given.ask('Authorization: Bearer x')).toMatch(/^HTTP\/1\.1 200 /);
  expect(given.audit).toMatchObject([{ decision: 'would_deny', cause: 'token_invalid' }]);
});

test('GIVEN a file of keys that changes THEN new keys hold, and a bad file leaves those before', async () => {
  const given = await start();
  const [old, fresh] = [bearer(token(KEY, STAFF)), bearer(token(NEXT, STAFF))];
  const changed = async (content: string, result: string, count: number): Promise<void> => {
    given.writeKeys(content);
    await until(`the file is ${result}`, () => {
      given.clock.advance(100);
      return given.test.metrics().includes(`mesh_jwks_reloads_total{result="${result}"} ${count}`);
    });
  };
  expect(await given.ask(fresh)).toMatch(/^HTTP\/1\.1 401 /);
  await changed(jwks(KEY.jwk, NEXT.jwk), 'applied', 1);
  expect(await given.ask(old)).toMatch(/^HTTP\/1\.1 200 /);
  expect(await given.ask(fresh)).toMatch(/^HTTP\/1\.1 200 /);
  await changed('{"keys":[]}', 'rejected', 1);
  expect(await given.ask(old)).toMatch(/^HTTP\/1\.1 200 /);
  await changed(jwks(NEXT.jwk), 'applied', 2);
  expect(await given.ask(old)).toMatch(/^HTTP\/1\.1 401 /);
  expect(await given.ask(fresh)).toMatch(/^HTTP\/1\.1 200 /);
});

test('GIVEN a document whose file of keys is not there, or has none THEN it is refused whole', async () => {
  const given = await start();
  const [listener] = given.test.config.listeners;
  for (const content of [undefined, '{"keys":[]}']) {
    const folder = mkdtempSync(join(tmpdir(), 'mesh-jwks-'));
    cleanups.push(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'other.json');
    if (content !== undefined) writeFileSync(file, content);
    const jwt = [{ issuer: 'x', audiences: ['y'], jwksFile: file }];
    const changed = { ...listener!, authorization: { rules: [{ name: 'all', plain: true as const }] }, jwt };
    const applied = await given.test.proxy.apply(JSON.stringify({ ...given.test.config, listeners: [changed] }));
    expect(applied).toMatchObject({ ok: false, mayPass: true, problems: [expect.stringContaining(file)] });
  }
  expect(await given.ask()).toMatch(/^HTTP\/1\.1 403 /);
});

describe('where tokens are, and what goes on', () => {
  const text = token(KEY, STAFF);

  it('another scheme in Authorization goes on, and so does a token that is to', async () => {
    const given = await start({ rules: [{ name: 'all', plain: true }] }, { forward: true });
    expect(await given.ask('Authorization: Basic YTpi')).toMatch(/ 200 /);
    expect(await given.ask(bearer(text))).toMatch(/ 200 /);
    expect(given.backend.received).toContain('Authorization: Basic YTpi');
    expect(given.backend.received).toContain(bearer(text));
  });

  it('a field of its own has nothing but the token', async () => {
    const given = await start(RULES, { header: 'X-Token' });
    expect(await given.ask(`x-token: ${text}`)).toMatch(/ 200 /);
    expect(await given.ask(bearer(text))).toMatch(/ 403 /);
    expect(await given.ask(`x-token: Bearer ${text}`)).toMatch(/ 401 /);
    expect(await given.ask(`x-token: ${text}`, `x-token: ${text}`)).toMatch(/ 401 /);
    expect(given.backend.received).not.toContain(text);
  });

  it('a cookie goes no further, and the other cookies do', async () => {
    const given = await start(RULES, { cookie: 'session' });
    expect(await given.ask(`Cookie: a=1; session=${text}; b=2`, 'Cookie: c=3')).toMatch(/ 200 /);
    expect(given.backend.received).toContain('cookie: a=1; b=2\r\n');
    expect(given.backend.received).toContain('Cookie: c=3\r\n');
    expect(given.backend.received).not.toContain(text);
    expect(await given.ask(`Cookie: session=${text}; session=x`)).toMatch(/ 401 /);
    expect(await given.ask(`Cookie: session=${text}`, `Cookie: session=${text}`)).toMatch(/ 401 /);
    expect(await given.ask(`Cookie: Session=${text}`)).toMatch(/ 403 /);
  });
});

describe('claims as fields', () => {
  const HEADERS: Partial<JwtConfig> = { claimHeaders: [{ claim: 'sub', header: 'X-User' }, { claim: 'groups', header: 'x-groups' }, { claim: 'admin', header: 'x-admin' }] };
  const lines = (received: string): string[] => received.split('\r\n').filter((line) => /^x[-_](user|groups|admin)/i.test(line));

  it('tell the app, in a form that is safe in a field', async () => {
    const given = await start(RULES, HEADERS);
    await given.ask(bearer(token(KEY, { ...STAFF, sub: 'Ann\r\nx-admin: Müller, 100%', groups: ['staff', 'a,b', ' c '], admin: true })));
    expect(lines(given.backend.received)).toEqual(['X-User: Ann%0D%0Ax-admin: M%C3%BCller%2C 100%25', 'x-groups: staff,a%2Cb,%20c%20']);
  });

  it('come from nobody else, whoever sends them and however they are spelled', async () => {
    const given = await start({ rules: [{ name: 'all', plain: true }] }, HEADERS);
    await given.ask('x-user: root', 'X_User: root', 'X-GROUPS: staff', 'x-admin: 1');
    expect(lines(given.backend.received)).toEqual([]);
    await given.ask(bearer(token(KEY, GOOD)), 'x-user: root', 'x_user: root');
    expect(lines(given.backend.received)).toEqual(['X-User: ann']);
  });
});

test('GIVEN routes with claims THEN they take the requests whose token has them, and nobody else\'s', async () => {
  const answer = (name: string, body: string, matches?: RouteConfig['matches']): RouteConfig => ({ name, respond: { status: 200, body }, ...(matches && { matches }) });
  const given = await start({ rules: [{ name: 'all', plain: true }] }, {}, [
    answer('gold', 'gold', [{ claims: [{ name: 'tier', value: 'gold' }] }]),
    answer('known', 'known', [{ claims: [{ name: 'iss' }] }]),
    answer('rest', 'nobody'),
  ]);
  const bodyOf = async (...fields: string[]): Promise<string> => {
    const client = await rawClient(given.test.port);
    client.send(`GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`);
    return (await client.receives(/\r\n\r\n[a-z]+$/)).split('\r\n\r\n')[1]!;
  };
  expect(await bodyOf(bearer(token(KEY, { ...GOOD, tier: 'gold' })))).toBe('gold');
  expect(await bodyOf(bearer(token(KEY, { ...GOOD, tier: ['silver', 'gold'] })))).toBe('gold');
  expect(await bodyOf(bearer(token(KEY, { ...GOOD, tier: 'silver' })))).toBe('known');
  expect(await bodyOf('tier: gold')).toBe('nobody');
});

test('GIVEN rules with claims within others, numbers and booleans THEN they let in exactly who has them', async () => {
  const rule = (name: string, ...claims: ClaimMatch[]): AuthorizationRule => ({ name, plain: true, matches: [{ claims }] });
  const given = await start({
    rules: [
      rule('realm', { path: ['realm_access', 'roles'], value: 'staff' }),
      rule('level', { name: 'level', number: 3 }, { path: ['email', 'verified'], boolean: true }),
      rule('team', { name: 'team', value: 'Größe' }),
    ],
    audit: 'all',
  });
  const ruleOf = async (claims: object): Promise<string> => {
    const status = /^HTTP\/1\.1 (\d+)/.exec(await given.ask(bearer(token(KEY, { ...GOOD, ...claims }))))![1]!;
    return status === '200' ? given.audit.at(-1)!.rule! : status;
  };
  const verified = { email: { verified: true } };
  expect(await ruleOf({ realm_access: { roles: ['guest', 'staff'] } })).toBe('realm');
  expect(await ruleOf({ level: 3, ...verified })).toBe('level');
  expect(await ruleOf({ team: ['Größe'] })).toBe('team');
  for (const claims of [
    { 'realm_access.roles': ['staff'] }, { realm_access: ['staff'] }, { roles: ['staff'] }, { level: 3 }, { level: '3', ...verified },
    { level: 3, email: { verified: 'true' } }, { level: 3, email: true }, { team: 'größe' },
  ]) expect([claims, await ruleOf(claims)]).toEqual([claims, '403']);
});
