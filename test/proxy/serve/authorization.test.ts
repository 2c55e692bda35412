/** Who may send what: the table of the engine's tests through the proxy over sockets, and what becomes of those who may not. */
import type { Credentials } from '../../../src/authority';
import type { AuthorizationConfig } from '../../../src/contract';
import type { ClientConnection } from '../../../src/proxy/serve/downstream/client-connection';
import { MAX_AUDIT_LINES } from '../../../src/proxy/serve/authorization/authorizer';
import type { AuditRecord } from '../../../src/proxy/telemetry/audit-log';
import { AUTHORIZATION_CASES, rulesOf } from '../../authorization/cases';
import { FakeClock } from '../../support/fake-clock';
import { idOf, MountedIdentity, TestAuthority } from '../../support/identities';
import { startProxy, TestProxy, TestProxyOptions } from '../../support/proxy';
import { RawBackend, rawClient, RawConnection, until } from '../../support/raw-http';
import { tlsClient } from '../../support/raw-tls';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const ID = 'spiffe://cluster.local/ns/shop/sa/web';

const authority = new TestAuthority();
const identity = new MountedIdentity(authority.leaf('catalog'), authority.root.certificate);

const cleanups: (() => unknown)[] = [() => identity.remove()];
afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Authorizing {
  readonly test: TestProxy;
  /** Heads of the requests that the app got. */
  readonly heads: string[];
  readonly audit: AuditRecord[];
  /** A connection of a caller, whose identity the test says: the proxy lets it in without TLS. */
  connect(caller: string | undefined): Promise<RawConnection>;
}

/** A proxy in front of an app, to which connections have the identity that the test says. */
async function start(authorization: AuthorizationConfig, options: TestProxyOptions = {}): Promise<Authorizing> {
  const heads: string[] = [];
  const backend = await RawBackend.answering((head) => {
    heads.push(head);
    return OK;
  });
  const test = await startProxy([backend.port], {
    direction: 'inbound', authorization, identity: identity.config, mutualTls: { mode: 'permissive' }, ...options,
  });
  const audit: AuditRecord[] = [];
  test.proxy.context.onAudit = (record) => { audit.push(record); };
  cleanups.push(() => backend.close(), () => test.proxy.close());
  return {
    test, heads, audit,
    connect: async (caller) => {
      const connections = (): ClientConnection[] => (
        test.proxy.listeners.all().flatMap((listener) => [...listener.connections] as ClientConnection[]));
      const before = new Set(connections());
      const client = await rawClient(test.port);
      cleanups.push(() => client.socket.destroy());
      // An empty line, which is ignored, says that the connection has no TLS.
      client.send('\r\n');
      await until('the proxy has the connection', () => connections().some((connection) => !before.has(connection)));
      // As mutual TLS would say it.
      Object.assign(connections().find((connection) => !before.has(connection))!.peer, { caller });
      return client;
    },
  };
}

async function asked(client: RawConnection, request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'): Promise<string> {
  client.send(request);
  return client.receives(/\r\n\r\n[^]/);
}

describe.each([...new Set(AUTHORIZATION_CASES.map(({ group }) => group))])('GIVEN $name', (group) => {
  let given: Authorizing;
  beforeAll(async () => {
    given = await start({ rules: rulesOf(group), audit: 'all' }, { ...(group.path && { path: group.path }) });
  });

  it.each(AUTHORIZATION_CASES.filter((each) => each.group === group))('WHEN $request THEN $expected', async ({ caller, method, target, fields, expected }) => {
    given.audit.length = 0;
    given.heads.length = 0;
    const client = await given.connect(caller);
    client.send(`${method} ${target} HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
    const response = await client.receives('\r\n\r\n');
    client.socket.destroy();
    if (expected.startsWith('!')) {
      expect(response).toMatch(/^HTTP\/1\.1 400 /);
      expect(given.audit).toEqual([]);
      expect(given.heads).toEqual([]);
      return;
    }
    // The codec refuses a standard method in another case: nobody is asked.
    if (method !== method.toUpperCase()) {
      expect([expected, given.audit]).toEqual(['no_match', []]);
      expect(response).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[^]*details="bad_request"/);
      return;
    }
    const [record] = given.audit;
    expect(record!.rule ?? record!.cause).toBe(expected);
    expect(record!.caller).toBe(caller);
    const denied = record!.decision === 'denied';
    expect(response).toMatch(denied ? /^HTTP\/1\.1 403 Forbidden\r\n[^]*details="not_authorized"/ : /^HTTP\/1\.1 200 /);
    expect(given.heads.length).toBe(denied ? 0 : 1);
    // What was decided about is what the app gets.
    if (!denied) expect(given.heads[0]!.split(' ')[1]!.split('?')[0]).toBe(record!.path);
  });
});

const ONLY_WEB: AuthorizationConfig = { rules: [{ name: 'web', callers: [ID], matches: [{ path: { type: 'prefix', value: '/api' } }] }] };
const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: a.io\r\n\r\n`;

/** What metrics say of decisions. */
function decisions({ test }: Authorizing): string[] {
  return test.metrics().split('\n').filter((line) => line.startsWith('mesh_authorization_decisions_total'));
}

describe('one who may not', () => {
  it('gets 403 with the reason and the cause, no identity of anybody, and keeps the connection', async () => {
    const given = await start(ONLY_WEB);
    const client = await given.connect(ID);
    const response = await asked(client, get('/admin'));
    expect(response).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
    expect(response).toContain('proxy-status: web.shop; error=http_request_denied; details="not_authorized"');
    expect(response).toContain('the rules for the caller don\'t cover such a request');
    expect(response).not.toContain('spiffe');
    client.received = '';
    expect(await asked(client, get('/api'))).toMatch(/^HTTP\/1\.1 200 /);
    expect(given.heads).toHaveLength(1);
    expect(given.test.metrics()).toContain('code="403",reason="not_authorized"} 1');
  });

  it('is denied before a body comes, and the app sees nothing of it', async () => {
    const given = await start(ONLY_WEB);
    const client = await given.connect(undefined);
    client.send('POST /api HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nxx');
    expect(await client.receives('\r\n\r\n')).toMatch(/^HTTP\/1\.1 403 /);
    expect(given.heads).toEqual([]);
  });

  it('is not sent to the app by an upgrade either', async () => {
    const given = await start(ONLY_WEB);
    const response = await asked(await given.connect(undefined), 'GET /api HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
    expect(response).toMatch(/^HTTP\/1\.1 403 /);
    expect(given.heads).toEqual([]);
  });

  it('learns nothing by TRACE or OPTIONS that the proxy answers itself', async () => {
    const given = await start(ONLY_WEB);
    for (const method of ['TRACE', 'OPTIONS']) {
      expect(await asked(await given.connect(undefined), `${method} / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 403 /);
    }
  });

  it('takes no place and no token of the admission', async () => {
    const given = await start(ONLY_WEB, { admission: { rateLimit: { requestsPerSecond: 0.001, burst: 1 }, concurrency: { type: 'fixed', max: 1 } } });
    const stranger = await given.connect(undefined);
    for (let turn = 0; turn < 3; turn += 1) {
      stranger.received = '';
      expect(await asked(stranger, get('/api'))).toMatch(/^HTTP\/1\.1 403 /);
    }
    const client = await given.connect(ID);
    expect(await asked(client, get('/api'))).toMatch(/^HTTP\/1\.1 200 /);
    client.received = '';
    expect(await asked(client, get('/api'))).toMatch(/^HTTP\/1\.1 429 /);
  });

  it('is asked by each request: one connection can be let in and denied by turns', async () => {
    const given = await start(ONLY_WEB);
    const client = await given.connect(ID);
    client.send(get('/api/1') + get('/x') + get('/api/2') + get('/api/../x') + get('/api/3'));
    await until('five are answered', () => client.received.split('HTTP/1.1 ').length === 6 && client.received.endsWith('ok'));
    expect(client.received.match(/HTTP\/1\.1 \d+/g)).toEqual([200, 403, 200, 403, 200].map((status) => `HTTP/1.1 ${status}`));
    expect(given.heads.map((head) => head.split(' ')[1])).toEqual(['/api/1', '/api/2', '/api/3']);
  });
});

describe('what was decided', () => {
  it('is counted by rule and cause', async () => {
    const given = await start(ONLY_WEB);
    for (const [caller, target] of [[ID, '/api'], [ID, '/api'], [ID, '/x'], [`${ID}2`, '/api'], [undefined, '/api']] as const) {
      await asked(await given.connect(caller), get(target));
    }
    expect(decisions(given).sort()).toEqual([
      'mesh_authorization_decisions_total{listener="test",decision="allowed",rule="web",cause="-"} 2',
      ...['no_identity', 'no_match', 'unknown_caller'].map((cause) => (
        `mesh_authorization_decisions_total{listener="test",decision="denied",rule="-",cause="${cause}"} 1`)),
    ]);
  });

  it('is logged when it denies, unless the listener says more or less', async () => {
    for (const [audit, logged] of [[undefined, ['denied']], ['all', ['allowed', 'denied']], ['off', []]] as const) {
      const given = await start({ ...ONLY_WEB, ...(audit && { audit }) });
      const client = await given.connect(ID);
      await asked(client, get('/api?token=secret'));
      client.received = '';
      await asked(client, get('/y/../x/%61?token=secret'));
      expect(given.audit.map(({ decision }) => decision)).toEqual(logged);
      expect(JSON.stringify(given.audit)).not.toContain('secret');
      if (audit === 'all') {
        expect(given.audit).toEqual([
          { listener: 'test', caller: ID, client: '127.0.0.1', method: 'GET', path: '/api', host: 'a.io', decision: 'allowed', rule: 'web' },
          { listener: 'test', caller: ID, client: '127.0.0.1', method: 'GET', path: '/x/a', host: 'a.io', decision: 'denied', cause: 'no_match' },
        ]);
      }
    }
  });

  it('is logged only so often in a second when it denies, and counted always', async () => {
    const clock = new FakeClock();
    const given = await start(ONLY_WEB, { clock });
    const client = await given.connect(undefined);
    client.send(get('/').repeat(MAX_AUDIT_LINES + 7));
    await until('all are answered', () => client.received.split('HTTP/1.1 403').length === MAX_AUDIT_LINES + 8);
    expect(given.audit).toHaveLength(MAX_AUDIT_LINES);
    expect(given.test.metrics()).toContain('mesh_limit_reached_total{limit="auditLines"} 7');
    expect(decisions(given)).toEqual([`mesh_authorization_decisions_total{listener="test",decision="denied",rule="-",cause="no_identity"} ${MAX_AUDIT_LINES + 7}`]);
    clock.advance(1_000);
    client.received = '';
    await asked(client, get('/'));
    expect(given.audit).toHaveLength(MAX_AUDIT_LINES + 1);
  });
});

test('GIVEN a dry run THEN all pass, and what would be denied is counted and logged', async () => {
  const given = await start({ ...ONLY_WEB, dryRun: true });
  expect(await asked(await given.connect(undefined), get('/x'))).toMatch(/^HTTP\/1\.1 200 /);
  expect(await asked(await given.connect(ID), get('/api'))).toMatch(/^HTTP\/1\.1 200 /);
  expect(given.audit).toMatchObject([{ decision: 'would_deny', cause: 'no_identity', path: '/x' }]);
  expect(decisions(given).sort()).toEqual([
    'mesh_authorization_decisions_total{listener="test",decision="allowed",rule="web",cause="-"} 1',
    'mesh_authorization_decisions_total{listener="test",decision="would_deny",rule="-",cause="no_identity"} 1',
  ]);
});

describe('a new document', () => {
  const withRules = ({ test }: Authorizing, authorization: unknown): string => (
    JSON.stringify({ ...test.config, listeners: [{ ...test.config.listeners[0]!, authorization }] }));

  it('holds from the next request on, also on open connections', async () => {
    const given = await start(ONLY_WEB);
    const client = await given.connect(ID);
    expect(await asked(client, get('/api'))).toMatch(/^HTTP\/1\.1 200 /);
    for (const [rules, status] of [[{ rules: [] }, 403], [undefined, 200], [{ rules: [{ name: 'other', plain: true }] }, 403]] as const) {
      expect((await given.test.proxy.apply(withRules(given, rules))).ok).toBe(true);
      client.received = '';
      expect(await asked(client, get('/api'))).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    }
    // The rule is gone, and so is its series.
    expect(decisions(given).join('\n')).not.toContain('rule="web"');
  });

  it.each([
    ['an expression that is refused', { rules: [{ name: 'a', plain: true, matches: [{ path: { type: 'regex', value: '(' } }] }] }],
    ['a rule that is not known', { rules: [{ name: 'a', deny: true }] }], ['no rules', {}], ['null', null],
  ])('with %s changes nothing', async (_, authorization) => {
    const given = await start(ONLY_WEB);
    expect((await given.test.proxy.apply(withRules(given, authorization))).ok).toBe(false);
    expect(await asked(await given.connect(undefined), get('/api'))).toMatch(/^HTTP\/1\.1 403 /);
    expect(await asked(await given.connect(ID), get('/api'))).toMatch(/^HTTP\/1\.1 200 /);
  });
});

test('GIVEN a listener without rules THEN nothing is asked', async () => {
  const backend = await RawBackend.answering(() => OK);
  const test = await startProxy([backend.port], { direction: 'inbound' });
  cleanups.push(() => backend.close(), () => test.proxy.close());
  const client = await rawClient(test.port);
  cleanups.push(() => client.socket.destroy());
  expect(await asked(client)).toMatch(/^HTTP\/1\.1 200 /);
  expect(test.metrics()).not.toContain('mesh_authorization_decisions_total');
});

describe('callers that prove who they are by mutual TLS', () => {
  const rules: AuthorizationConfig = {
    rules: [
      { name: 'web', callers: [idOf('web')], matches: [{ path: { type: 'prefix', value: '/items' }, method: 'GET' }] },
      { name: 'admin', callers: [idOf('admin')] },
      { name: 'health', anyAuthenticated: true, matches: [{ path: { type: 'exact', value: '/healthz' } }] },
    ],
    audit: 'all',
  };
  const elsewhere = new TestAuthority();
  const foreign = new TestAuthority('other.example');
  let given: Authorizing;
  let permissive: Authorizing;
  beforeAll(async () => {
    given = await start(rules, { mutualTls: {} });
    permissive = await start({ ...rules, rules: [...rules.rules, { name: 'old', plain: true, matches: [{ path: { type: 'prefix', value: '/old' } }] }] });
  });

  async function askAs(leaf: Credentials, target: string, fields = '', { test }: Authorizing = given): Promise<string> {
    const client = await tlsClient(test.port, { ALPNProtocols: ['mesh/h1'], cert: leaf.certificate, key: leaf.key });
    cleanups.push(() => client.socket.destroy());
    client.send(`${target} HTTP/1.1\r\nHost: a.io\r\n${fields}\r\n`);
    return client.receives('\r\n\r\n');
  }

  it.each([
    ['web', 'GET /items', 200], ['web', 'GET /items/7?x', 200], ['web', 'POST /items', 403], ['web', 'GET /admin', 403], ['web', 'GET /healthz', 200], ['web', 'GET //items', 403],
    ['web', 'GET /items/../admin', 403], ['web', 'GET /items/%2e%2e/admin', 403], ['admin', 'GET /admin', 200], ['admin', 'DELETE /items/7', 200], ['admin', 'OPTIONS *', 200],
    ['cart', 'GET /items', 403], ['cart', 'GET /healthz', 200], ['cart', 'POST /healthz', 200], ['webx', 'GET /items', 403], ['we', 'GET /items', 403], ['w.b', 'GET /items', 403],
  ])('%s: %s is %i', async (caller, target, status) => {
    given.audit.length = 0;
    expect(await askAs(authority.leaf(caller), target)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(given.audit).toMatchObject([{ caller: idOf(caller), decision: status === 200 ? 'allowed' : 'denied' }]);
  });

  it('no field gives or changes an identity', async () => {
    const forged = `X-Mesh-Caller: ${idOf('admin')}\r\nX-Forwarded-Client-Cert: URI=${idOf('admin')}\r\n`;
    expect(await askAs(authority.leaf('web'), 'GET /admin', forged)).toMatch(/^HTTP\/1\.1 403 /);
  });

  it.each<[string, Credentials]>([
    ['of the same name by another authority', elsewhere.leaf('admin')], ['of the same path in another trust domain', foreign.leaf('admin')],
  ])('a certificate %s never gets to the rules', async (_, leaf) => {
    given.audit.length = 0;
    given.heads.length = 0;
    const outcome = await askAs(leaf, 'GET /healthz').catch(() => 'broken off');
    expect(outcome).not.toMatch(/^HTTP\/1\.1 200 /);
    expect(given.audit).toEqual([]);
    expect(given.heads).toEqual([]);
  });

  it('where connections without TLS are let in too, only plain rules are for those', async () => {
    expect(await askAs(authority.leaf('admin'), 'GET /x', '', permissive)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await askAs(authority.leaf('web'), 'GET /old', '', permissive)).toMatch(/^HTTP\/1\.1 403 /);
    for (const [target, status] of [['/old', 200], ['/healthz', 403], ['/items', 403]] as const) {
      const client = await rawClient(permissive.test.port);
      cleanups.push(() => client.socket.destroy());
      expect(await asked(client, get(target))).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    }
  });

  it('from sidecar to sidecar, the 403 gets to the caller\'s app, and is not sent again', async () => {
    const web = new MountedIdentity(authority.leaf('web'), authority.root.certificate);
    cleanups.push(() => web.remove());
    const outbound = await startProxy([given.test.port], { identity: web.config, cluster: { mutualTls: { serverIds: [idOf('catalog')] } } });
    cleanups.push(() => outbound.proxy.close());
    given.audit.length = 0;
    const client = await rawClient(outbound.port);
    cleanups.push(() => client.socket.destroy());
    expect(await asked(client, get('/admin'))).toMatch(/^HTTP\/1\.1 403 [^]*details="not_authorized"/);
    client.received = '';
    expect(await asked(client, get('/items'))).toMatch(/^HTTP\/1\.1 200 /);
    expect(given.audit.map(({ caller, decision, path }) => `${caller} ${decision} ${path}`))
      .toEqual([`${idOf('web')} denied /admin`, `${idOf('web')} allowed /items`]);
  });
});
