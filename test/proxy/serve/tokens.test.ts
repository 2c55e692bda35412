/** Requests with tokens, over sockets: what rules with claims let in, and keys that change. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuthorizationConfig } from '../../../src/contract';
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
    { name: 'staff', plain: true, claims: [{ name: 'groups', values: ['staff'] }] },
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

async function start(authorization = RULES): Promise<Given> {
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
    direction: 'inbound', authorization, jwt: [{ issuer: ISSUER, audiences: ['shop'], jwksFile: file }], clock,
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

test('GIVEN a token with the claim THEN the request passes, with the token', async () => {
  const given = await start();
  const text = token(KEY, STAFF);
  expect(await given.ask(bearer(text))).toMatch(/^HTTP\/1\.1 200 /);
  expect(given.backend.received).toContain(bearer(text));
  expect(await given.ask(`authorization: bEARER  ${text}`)).toMatch(/^HTTP\/1\.1 200 /);
  expect(given.audit.map(({ rule }) => rule)).toEqual(['staff', 'staff']);
  expect(given.test.metrics()).toContain('mesh_jwt_tokens_total{listener="test",result="verified"} 1');
  expect(given.test.metrics()).toContain('mesh_jwt_tokens_total{listener="test",result="remembered"} 1');
});

test('GIVEN no token, or one without the claim THEN it is denied as any other', async () => {
  const given = await start();
  for (const fields of [[], [bearer(token(KEY))], ['Authorization: Basic YTpi'], ['Authorization:'], [`X-Authorization: Bearer ${token(KEY, STAFF)}`]]) {
    expect(await given.ask(...fields)).toMatch(/^HTTP\/1\.1 403 /);
  }
  expect(given.backend.received).toBe('');
});

test('GIVEN Connection that names the field THEN the app gets the token that was looked at all the same', async () => {
  const given = await start();
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
