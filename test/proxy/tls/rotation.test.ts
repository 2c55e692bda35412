/**
 * Leaf, issuer and root are replaced while requests go from one sidecar to another: each of them is answered, and no connection outlives what
 * it was made with.
 */
import { connect as connectTls } from 'node:tls';
import { issue, makeIssuer, makeRoot } from '../../../src/authority';
import { systemClock } from '../../../src/proxy/runtime/clock';
import type { IdentityListener } from '../../../src/proxy/tls/identity';
import { cleanupsAfterEach } from '../../support/cleanups';
import { DOMAIN, idOf, MountedIdentity, TestAuthority } from '../../support/identities';
import { holdingRelay } from '../../support/holding-relay';
import { startProxy, TestProxy, TestProxyOptions } from '../../support/proxy';
import { RawBackend, rawClient, until } from '../../support/raw-http';
import { Load } from '../../support/request-load';

const GET = 'GET / HTTP/1.1\r\nHost: catalog\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** Requests that are answered after each of the ten changes, before the next one; `npm run test:rotation` makes it 20,000. */
const REQUESTS_A_CHANGE = Number(process.env.MESH_REQUESTS_A_CHANGE ?? 300);

const cleanups = cleanupsAfterEach();

interface Sidecar extends TestProxy {
  readonly identity: MountedIdentity;
  /** Problems of each change of its files. */
  readonly changes: (readonly string[])[];
  /** What was told to be in use each time. */
  readonly told: Parameters<IdentityListener>[1][];
}

async function sidecar(ports: readonly number[], identity: MountedIdentity, options: TestProxyOptions): Promise<Sidecar> {
  const changes: (readonly string[])[] = [];
  const told: Sidecar['told'] = [];
  const onIdentity: IdentityListener = (problems, inUse) => {
    changes.push(problems);
    told.push(inUse);
  };
  const test = await startProxy(ports, { identity: identity.config, onIdentity, ...options });
  cleanups.push(() => identity.remove(), () => test.proxy.close());
  return { ...test, identity, changes, told };
}

async function pair(authority: TestAuthority, options: TestProxyOptions = {}): Promise<{ readonly callee: Sidecar; readonly caller: Sidecar }> {
  const backend = await RawBackend.answering(() => OK);
  cleanups.push(() => backend.close());
  const mounted = (service: string): MountedIdentity => new MountedIdentity(authority.leaf(service), authority.root.certificate);
  const callee = await sidecar([backend.port], mounted('catalog'), { direction: 'inbound', mutualTls: {}, ...options });
  const caller = await sidecar([callee.port], mounted('web'), { cluster: { mutualTls: { serverIds: [idOf('catalog')] } }, ...options });
  return { callee, caller };
}

function counted({ metrics }: TestProxy, series: string): number {
  const line = metrics().split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.slice(series.length + 1));
}

test('no request fails while leaf, issuer and root are replaced', async () => {
  const authority = new TestAuthority();
  const { callee, caller } = await pair(authority);
  const load = new Load(caller.port, 8);
  cleanups.push(() => load.stop());
  const sidecars = [[callee, 'catalog'], [caller, 'web']] as const;
  let bundle = authority.root.certificate;
  /** New leaves for both, one after the other, each under load. */
  const replace = async (): Promise<void> => {
    for (const [{ identity, changes }, service] of sidecars) {
      const { length } = changes;
      identity.swap(issue(authority.issuer, idOf(service), { now: Date.now() }), bundle);
      await until('the change is in use', () => changes.length > length);
      const { answered } = load;
      await until('requests were answered since', () => load.answered >= answered + REQUESTS_A_CHANGE, 30_000 + REQUESTS_A_CHANGE * 20);
    }
  };
  await replace();
  authority.issuer = makeIssuer(authority.root, { now: Date.now() }, 'second issuer');
  await replace();
  const former = bundle;
  const root = makeRoot(DOMAIN, { now: Date.now() }, 'second root');
  // First everybody trusts both, then everybody shows what the new one has signed, then the old one goes.
  bundle = former + root.certificate;
  await replace();
  authority.issuer = makeIssuer(root, { now: Date.now() }, 'third issuer');
  await replace();
  bundle = root.certificate;
  await replace();
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(load.answered).toBeGreaterThan(10 * REQUESTS_A_CHANGE);
  for (const [test] of sidecars) {
    expect(test.changes.flat()).toEqual([]);
    expect(counted(test, 'mesh_identity_reloads_total{result="applied"}')).toBe(5);
  }
  // With the old root gone, connections that it had vouched for were replaced.
  expect(counted(callee, 'mesh_tls_handshakes_total{listener="test"}')).toBeGreaterThan(1);
}, 120_000 + REQUESTS_A_CHANGE * 200);

test('a connection is replaced when the certificate that it was made with has expired', async () => {
  let wallTime = Date.now();
  const clock = { ...systemClock, wallTime: () => wallTime };
  const authority = new TestAuthority();
  const { callee, caller } = await pair(authority, { clock });
  const client = await rawClient(caller.port);
  const ask = async (): Promise<string> => {
    client.received = '';
    client.send(GET);
    return client.receives(/ok$/);
  };
  const handshakes = (): number => counted(callee, 'mesh_tls_handshakes_total{listener="test"}');
  await ask();
  await ask();
  expect(handshakes()).toBe(1);
  for (const [{ identity, changes }, service] of [[callee, 'catalog'], [caller, 'web']] as const) {
    const { length } = changes;
    identity.swap(issue(authority.issuer, idOf(service), { now: Date.now(), lifetimeMs: 86_400_000 * 3 }), authority.root.certificate);
    await until('the change is in use', () => changes.length > length);
  }
  await ask();
  expect(handshakes()).toBe(1);
  wallTime += 86_400_000 + 1_000;
  await ask();
  expect(handshakes()).toBe(2);
  client.socket.destroy();
});

test('a connection ends when the root that vouched for its caller is trusted no longer', async () => {
  const authority = new TestAuthority();
  const other = makeRoot(DOMAIN, { now: Date.now() }, 'other root');
  const { callee, caller } = await pair(authority);
  const client = await rawClient(caller.port);
  client.send(GET);
  await client.receives(/ok$/);
  const { length } = callee.changes;
  callee.identity.swap(issue(authority.issuer, idOf('catalog'), { now: Date.now() }), other.certificate);
  await until('the change is in use', () => callee.changes.length > length);
  client.received = '';
  client.send(GET);
  // The last one on the connection.
  await client.receives(/ok$/);
  client.received = '';
  client.send(GET);
  await client.receives(/caller_unverified/);
  client.socket.destroy();
});

test('a handshake that a caller holds up is no proof when its root has been taken out meanwhile', async () => {
  const authority = new TestAuthority();
  const other = makeRoot(DOMAIN, { now: Date.now() }, 'other root');
  const { callee, caller } = await pair(authority);
  const relay = await holdingRelay(cleanups, callee.port);
  const leaf = authority.leaf('web');
  const late = connectTls({ port: relay.port, cert: leaf.certificate, key: leaf.key, rejectUnauthorized: false, ALPNProtocols: ['mesh/h1'] });
  cleanups.push(() => late.destroy());
  let received = '';
  late.on('data', (bytes) => { received += String(bytes); }).on('error', () => {});
  await relay.holds;
  // What came before it was read by the time that this is answered.
  const client = await rawClient(caller.port);
  cleanups.push(() => client.socket.destroy());
  client.send(GET);
  await client.receives(/ok$/);
  const { length } = callee.changes;
  callee.identity.swap(issue(authority.issuer, idOf('catalog'), { now: Date.now() }), other.certificate);
  await until('the change is in use', () => callee.changes.length > length);
  relay.release();
  late.write(GET);
  await until('it is told', () => received !== '');
  expect(received).toMatch(/caller_unverified/);
  expect(counted(callee, 'mesh_mutual_tls_callers_refused_total{listener="test",fault="untrusted"}')).toBe(1);
});

test('nor is one that a callee holds up', async () => {
  const authority = new TestAuthority();
  const other = makeRoot(DOMAIN, { now: Date.now() }, 'other root');
  const { callee } = await pair(authority);
  const relay = await holdingRelay(cleanups, callee.port);
  const identity = new MountedIdentity(authority.leaf('web'), authority.root.certificate);
  const caller = await sidecar([relay.port], identity, { cluster: { mutualTls: { serverIds: [idOf('catalog')] } }, route: { retry: { maxRetries: 0 } } });
  const client = await rawClient(caller.port);
  cleanups.push(() => client.socket.destroy());
  client.send(GET);
  await relay.holds;
  identity.swap(issue(authority.issuer, idOf('web'), { now: Date.now() }), other.certificate);
  await until('the change is in use', () => caller.changes.length > 0);
  relay.release();
  await client.receives(/server_unverified/);
  expect(client.received).toMatch(/a root was taken out of the trust bundle during its handshake/);
});

describe('a bundle without the root of the certificate', () => {
  const other = makeRoot(DOMAIN, { now: Date.now() }, 'other root').certificate;

  test('is in force at once, given that the certificate was there before, and it is told that peers refuse it', async () => {
    const authority = new TestAuthority();
    const { callee } = await pair(authority);
    expect(counted(callee, 'mesh_identity_trusted')).toBe(1);
    callee.identity.swap(authority.leaf('catalog'), authority.root.certificate);
    await until('the leaf is in use', () => callee.changes.length === 1);
    const leaf = authority.leaf('catalog');
    callee.identity.swap(leaf, other);
    await until('the bundle is in use', () => callee.changes.length === 2);
    expect(callee.told.at(-1)!.untrusted).toMatch(/tls.crt' does not lead to the trust bundle in '.*ca.crt': it leads to '.+', and there is '.*other root.*'; add the root/);
    expect(['trusted', 'usable', 'rejected'].map((name) => counted(callee, `mesh_identity_${name}`))).toEqual([0, 1, 0]);
    // The issuer is not replaced yet: its next certificate is as good as the one before.
    callee.identity.swap(authority.leaf('catalog'), other);
    await until('the next leaf is in use', () => callee.changes.length === 3);
    expect(['trusted', 'usable', 'rejected'].map((name) => counted(callee, `mesh_identity_${name}`))).toEqual([0, 1, 0]);
    callee.identity.swap(leaf, other + authority.root.certificate);
    await until('both roots are in use', () => callee.changes.length === 4);
    expect(counted(callee, 'mesh_identity_trusted')).toBe(1);
    expect(callee.changes.flat()).toEqual([]);
  });

  test('makes the proxy not ready, given that it starts with it', async () => {
    const authority = new TestAuthority();
    const identity = new MountedIdentity(authority.leaf('catalog'), other);
    const callee = await sidecar([1], identity, { direction: 'inbound', mutualTls: {} });
    expect(callee.proxy.readiness()).toMatchObject({ ready: false, why: expect.stringMatching(/can't prove who it is: the certificate in .* does not lead to the trust bundle/) });
    expect(['trusted', 'usable', 'rejected'].map((name) => counted(callee, `mesh_identity_${name}`))).toEqual([0, 0, 1]);
    identity.swap(authority.leaf('catalog'), other + authority.root.certificate);
    await until('it is ready', () => callee.proxy.readiness().ready);
  });
});

describe('files that can\'t be used', () => {
  const authority = new TestAuthority();

  test.each<[string, (identity: MountedIdentity) => void, RegExp]>([
    ['a key of another certificate', (identity) => identity.swap({ ...authority.leaf('catalog'), key: authority.leaf('catalog').key }, authority.root.certificate), /holds another key/],
    ['no bundle', (identity) => identity.swap(authority.leaf('catalog'), ''), /holds no certificate/],
    ['a bundle with the certificate of a workload', (identity) => identity.swap(authority.leaf('catalog'), authority.leaf('web').certificate), /holds a certificate that is no authority's; take it out/],
    ['a certificate of another trust domain', (identity) => identity.swap(new TestAuthority('other.local').leaf('catalog'), authority.root.certificate), /not of the trust domain/],
    ['the certificate of an authority', (identity) => identity.swap(authority.issuer, authority.root.certificate), /authority/],
    ['a certificate of another authority than that of the bundle', (identity) => identity.swap(new TestAuthority().leaf('catalog'), authority.root.certificate), /does not lead to the trust bundle/],
    ['a certificate without that of its issuer', (identity) => {
      const { certificate, key } = authority.leaf('catalog');
      identity.swap({ certificate: certificate.slice(0, certificate.indexOf('-----END') + 26), key }, authority.root.certificate);
    }, /does not lead to the trust bundle/],
    ['none', (identity) => identity.write({ other: '' }), /./],
  ])('change nothing but a metric, given %s', async (_, change, problem) => {
    const { callee, caller } = await pair(authority);
    change(callee.identity);
    await until('it is told', () => callee.changes.length === 1, 15_000);
    expect(callee.changes[0]!.join()).toMatch(problem);
    expect(counted(callee, 'mesh_identity_rejected')).toBe(1);
    expect(counted(callee, 'mesh_identity_usable')).toBe(1);
    expect(callee.proxy.readiness().ready).toBe(true);
    const client = await rawClient(caller.port);
    client.send(GET);
    await client.receives(/200 OK/);
    client.socket.destroy();
    callee.identity.swap(authority.leaf('catalog'), authority.root.certificate);
    await until('good files are in use', () => callee.changes.length === 2, 15_000);
    expect(counted(callee, 'mesh_identity_rejected')).toBe(0);
  });
});
