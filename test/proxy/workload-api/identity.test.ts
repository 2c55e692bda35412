/**
 * Identities from an agent that speaks SPIFFE's Workload API, over a real unix socket: the first answer, what is renewed, and an agent that is not
 * there, says no, or says something else.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, ServerHttp2Session } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { issue, makeIssuer, makeRoot } from '../../../src/authority';
import type { IdentityConfig } from '../../../src/contract';
import { systemClock } from '../../../src/proxy/runtime/clock';
import type { Clock } from '../../../src/proxy/runtime/clock';
import { MetricRegistry } from '../../../src/proxy/telemetry/registry';
import { WorkloadApiInstruments } from '../../../src/proxy/telemetry/workload-api-instruments';
import type { IdentityListener } from '../../../src/proxy/tls/identity';
import { MAX_MESSAGE_BYTES } from '../../../src/proxy/workload-api/message-reader';
import { FIRST_ANSWER_MS, LONGEST_WAIT_MS, WorkloadApiSource } from '../../../src/proxy/workload-api/workload-api-source';
import { cleanupsAfterEach } from '../../support/cleanups';
import { DOMAIN, idOf, TestAuthority } from '../../support/identities';
import { startProxy, TestProxy, TestProxyOptions } from '../../support/proxy';
import { RawBackend, rawClient, until } from '../../support/raw-http';
import { FakeAgent, field, GivenSvid } from '../../support/workload-api';

const GET = 'GET / HTTP/1.1\r\nHost: catalog\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

const cleanups = cleanupsAfterEach();

/** Short waits are over at once, those for an agent among them; how long they were is noted. Other timers look at the time when they fire. */
function impatientClock(waits: number[] = []): Clock {
  const after: Clock['after'] = (ms, task) => {
    if (ms > LONGEST_WAIT_MS || ms === FIRST_ANSWER_MS) return systemClock.after(ms, task);
    waits.push(ms);
    return systemClock.after(Math.min(ms, 20), task);
  };
  return { ...systemClock, after };
}

async function agent(...svids: GivenSvid[]): Promise<FakeAgent> {
  const fake = new FakeAgent();
  cleanups.push(() => fake.remove());
  if (svids.length > 0) fake.give(...svids);
  await fake.start();
  return fake;
}

interface Sidecar extends TestProxy {
  readonly problems: (readonly string[])[];
}

async function sidecar(fake: Pick<FakeAgent, 'socket'>, id: string | undefined, ports: readonly number[], options: TestProxyOptions): Promise<Sidecar> {
  const problems: (readonly string[])[] = [];
  const onIdentity: IdentityListener = (told) => problems.push(told);
  const identity: IdentityConfig = { trustDomain: DOMAIN, workloadApiSocket: fake.socket, ...(id !== undefined && { id }) };
  const test = await startProxy(ports, { clock: impatientClock(), identity, onIdentity, ...options });
  cleanups.push(() => test.proxy.close());
  return { ...test, problems };
}

async function callee(fake: Pick<FakeAgent, 'socket'>, id: string | undefined = idOf('catalog')): Promise<Sidecar> {
  const backend = await RawBackend.answering(() => OK);
  cleanups.push(() => backend.close());
  return sidecar(fake, id, [backend.port], { direction: 'inbound', mutualTls: {} });
}

function caller(fake: FakeAgent, port: number): Promise<Sidecar> {
  return sidecar(fake, idOf('web'), [port], { cluster: { mutualTls: { serverIds: [idOf('catalog')] } } });
}

async function ask(port: number): Promise<string> {
  const client = await rawClient(port);
  cleanups.push(() => client.socket.destroy());
  client.send(GET);
  return client.receives(/ok$|details=[^]*\r\n\r\n/);
}

function counted({ metrics }: TestProxy, series: string): number {
  const line = metrics().split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.slice(series.length + 1));
}

const failures = (test: TestProxy, cause: string): number => counted(test, `mesh_workload_api_failures_total{cause="${cause}"}`);

const authority = new TestAuthority();

function svid(service: string, by = authority, bundle = by.root.certificate): GivenSvid {
  return { id: idOf(service), leaf: by.leaf(service), bundle };
}

test('sidecars get their identities from agents, and call each other', async () => {
  const fake = await agent(svid('catalog'), svid('web'));
  const inbound = await callee(fake);
  const outbound = await caller(fake, inbound.port);
  expect(await ask(outbound.port)).toMatch(/200 OK/);
  expect(inbound.proxy.readiness().ready).toBe(true);
  expect(fake.calls.map((metadata) => metadata.get('workload.spiffe.io'))).toEqual([['true'], ['true']]);
  expect(['mesh_workload_api_open', 'mesh_identity_usable', 'mesh_identity_trusted', 'mesh_identity_rejected'].map((name) => counted(inbound, name))).toEqual([1, 1, 1, 0]);
});

test('of several identities the one is taken that the document names, and the first where it names none', async () => {
  const fake = await agent(svid('cart'), svid('catalog'));
  const named = await callee(fake);
  const first = await sidecar(fake, undefined, [1], { direction: 'inbound', mutualTls: {} });
  const outbound = await caller(await agent(svid('web')), named.port);
  expect(await ask(outbound.port)).toMatch(/200 OK/);
  expect(first.proxy.readiness().ready).toBe(true);
});

test('leaf, issuer and root are replaced by the agent, over the same call, and no request fails', async () => {
  const own = new TestAuthority();
  const fake = await agent(svid('catalog', own), svid('web', own));
  const inbound = await callee(fake);
  const outbound = await caller(fake, inbound.port);
  const replace = async (bundle: string): Promise<void> => {
    const { length } = outbound.problems;
    fake.give(svid('catalog', own, bundle), svid('web', own, bundle));
    await until('both have it', () => [inbound, outbound].every(({ problems }) => problems.length > length));
    expect(await ask(outbound.port)).toMatch(/200 OK/);
  };
  await replace(own.root.certificate);
  const former = own.root.certificate;
  own.issuer = makeIssuer(own.root, { now: Date.now() }, 'second issuer');
  await replace(former);
  own.root = makeRoot(DOMAIN, { now: Date.now() }, 'second root');
  await replace(former + own.root.certificate);
  own.issuer = makeIssuer(own.root, { now: Date.now() }, 'third issuer');
  await replace(former + own.root.certificate);
  await replace(own.root.certificate);
  expect(inbound.problems.flat()).toEqual([]);
  expect(counted(inbound, 'mesh_identity_reloads_total{result="applied"}')).toBe(5);
  expect(fake.calls).toHaveLength(2);
});

describe('a proxy without an identity', () => {
  test('is not ready and says why while the agent is not there, and is ready when it comes', async () => {
    const fake = new FakeAgent();
    cleanups.push(() => fake.remove());
    const inbound = await callee(fake);
    expect(inbound.proxy.readiness()).toMatchObject({ ready: false, why: expect.stringMatching(/can't prove who it is: the Workload API at '.*spire-agent.sock' can't be used: its socket is not there; see whether the agent runs/) });
    expect(['mesh_workload_api_open', 'mesh_identity_usable', 'mesh_identity_rejected'].map((name) => counted(inbound, name))).toEqual([0, 0, 1]);
    expect(failures(inbound, 'unreachable')).toBeGreaterThan(0);
    fake.give(svid('catalog'));
    await fake.start();
    await until('it is ready', () => inbound.proxy.readiness().ready);
    expect(inbound.problems.at(-1)).toEqual([]);
  });

  test('is not ready while it is not registered, and is ready when it is', async () => {
    const fake = await agent();
    const inbound = await callee(fake);
    expect(inbound.proxy.readiness().why).toMatch(/it gives this workload no identity \(no identity issued\); register the workload/);
    expect(failures(inbound, 'denied')).toBeGreaterThan(0);
    fake.give(svid('catalog'));
    await until('it is ready', () => inbound.proxy.readiness().ready);
  });

  test('waits longer and longer, and never longer than the bound', async () => {
    const waits: number[] = [];
    const fake = await agent();
    const identity: IdentityConfig = { trustDomain: DOMAIN, workloadApiSocket: fake.socket, id: idOf('catalog') };
    const instruments = new WorkloadApiInstruments(new MetricRegistry());
    const dependencies = { clock: impatientClock(waits), random: () => 0.999, instruments };
    const source = await WorkloadApiSource.open(identity, dependencies, { onApplied() {}, onRejected() {} });
    cleanups.push(() => source.close());
    await until('it has asked often', () => waits.length >= 6);
    expect(waits.slice(0, 6)).toEqual([1_000, 2_000, 4_000, 8_000, LONGEST_WAIT_MS, LONGEST_WAIT_MS].map((ms) => 0.999 * ms));
  });

  test.each<[string, () => Parameters<FakeAgent['giveRaw']>[0], RegExp]>([
    ['an answer that is no message', () => Buffer.from([0x0f]), /its answer can't be read/],
    ['an answer whose certificates are none', () => field(1, Buffer.concat([field(1, Buffer.from(idOf('catalog'))), field(2, Buffer.from([0x30, 0x82, 0xff])), field(4, Buffer.alloc(0))])), /its answer can't be read/],
    ['no identity', () => Buffer.alloc(0), /it gives this workload the identity none, and not spiffe:/],
    ['an answer that is too long', () => field(9, Buffer.alloc(MAX_MESSAGE_BYTES)), /a message has \d+ bytes, and may have 1048576/],
    ['an error', () => ({ code: grpc.status.UNAVAILABLE, details: 'agent is starting' }), /it ended the call with gRPC status 14 \(agent is starting\)/],
  ])('is not ready, given %s', async (_, given, why) => {
    const fake = await agent();
    fake.giveRaw(given());
    const inbound = await callee(fake);
    await until('it says so', () => why.test(inbound.proxy.readiness().why));
    expect(inbound.proxy.readiness().ready).toBe(false);
  });

  test.each<[string, () => GivenSvid[], RegExp]>([
    ['the identity of another account', () => [svid('cart'), svid('web')], /it gives this workload the identity spiffe:\S+\/cart, spiffe:\S+\/web, and not spiffe:\S+\/catalog; correct the registration entry/],
    ['a certificate of another id than it says', () => [{ ...svid('cart'), id: idOf('catalog') }], /is of spiffe:\S+\/cart, and must be of spiffe:\S+\/catalog/],
    ['another trust domain', () => [{ ...svid('catalog', new TestAuthority('other.local')), id: idOf('catalog') }], /not of the trust domain 'cluster.local'/],
    ['a key of another certificate', () => [{ ...svid('catalog'), leaf: { ...authority.leaf('catalog'), key: authority.leaf('web').key } }], /its certificate and its key for \S+ can't be used together/],
    ['roots that did not issue it', () => [svid('catalog', authority, new TestAuthority().root.certificate)], /does not lead to its bundle/],
    ['no roots', () => [svid('catalog', authority, '')], /the bundle of the Workload API at '.*' holds no certificate/],
  ])('is not ready, given %s', async (_, svids, why) => {
    const inbound = await callee(await agent(...svids()));
    expect(inbound.proxy.readiness()).toMatchObject({ ready: false, why: expect.stringMatching(why) });
    expect(failures(inbound, 'unusable')).toBe(1);
    expect(counted(inbound, 'mesh_workload_api_open')).toBe(0);
  });
});

describe('what was last good stays in use', () => {
  test('while the agent is away, and is renewed when it is back', async () => {
    const fake = await agent(svid('catalog'), svid('web'));
    const inbound = await callee(fake);
    const outbound = await caller(fake, inbound.port);
    expect(await ask(outbound.port)).toMatch(/200 OK/);
    fake.stop();
    await until('it is noticed', () => [inbound, outbound].every((test) => counted(test, 'mesh_workload_api_open') === 0));
    await until('it is told', () => inbound.problems.length > 0);
    expect(inbound.problems[0]!.join()).toMatch(/the Workload API at '.*' can't be used: /);
    expect(['mesh_identity_usable', 'mesh_identity_rejected'].map((name) => counted(inbound, name))).toEqual([1, 1]);
    expect(inbound.proxy.readiness().ready).toBe(true);
    expect(await ask(outbound.port)).toMatch(/200 OK/);
    await fake.start();
    await until('they are up to date', () => [inbound, outbound].every((test) => counted(test, 'mesh_workload_api_open') === 1));
    expect(counted(inbound, 'mesh_identity_rejected')).toBe(0);
    expect(await ask(outbound.port)).toMatch(/200 OK/);
  });

  test('while the agent gives something else, which is told once', async () => {
    const fake = await agent(svid('catalog'));
    const inbound = await callee(fake);
    fake.give(svid('cart'));
    await until('it is told', () => inbound.problems.length > 0);
    fake.give(svid('cart'));
    await until('it has come again', () => failures(inbound, 'unusable') === 2);
    fake.give(svid('catalog'));
    await until('it is mended', () => counted(inbound, 'mesh_identity_rejected') === 0);
    expect(inbound.problems.map((told) => told.length)).toEqual([1, 0]);
    expect(inbound.proxy.readiness().ready).toBe(true);
  });

  test('until it expires: then the proxy is not ready, and says that the agent is away, too', async () => {
    let wallTime = Date.now();
    const fake = await agent(svid('catalog'));
    const backend = await RawBackend.answering(() => OK);
    cleanups.push(() => backend.close());
    const inbound = await sidecar(fake, idOf('catalog'), [backend.port], { direction: 'inbound', mutualTls: {}, clock: { ...impatientClock(), wallTime: () => wallTime } });
    expect(inbound.proxy.readiness().ready).toBe(true);
    fake.stop();
    await until('it is noticed', () => counted(inbound, 'mesh_workload_api_open') === 0);
    wallTime += 366 * 86_400_000;
    expect(inbound.proxy.readiness()).toMatchObject({ ready: false, why: expect.stringMatching(/certificate has expired[^]*Workload API/) });
  });
});

test('an agent that ends a call with trailers that say nothing is told as one that gave no status', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-agent-'));
  const socket = join(folder, 'agent.sock');
  const server = createServer();
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream) => {
    stream.on('error', () => {}).resume();
    stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'content-type': 'text/plain' }));
    stream.end('', 'latin1');
  });
  await new Promise<void>((resolve) => { server.listen(socket, resolve); });
  cleanups.push(() => { for (const session of sessions) session.destroy(); server.close(); }, () => rmSync(folder, { recursive: true }));
  const inbound = await callee({ socket });
  expect(inbound.proxy.readiness().why).toMatch(/it ended the call with no status/);
});

test('roots of federated trust domains, which come with every answer, are not trusted', async () => {
  const other = new TestAuthority();
  const inbound = await callee(await agent(svid('catalog')));
  const outbound = await caller(await agent({ id: idOf('web'), leaf: issue(other.issuer, idOf('web'), { now: Date.now() }), bundle: other.root.certificate + authority.root.certificate }), inbound.port);
  expect(await ask(outbound.port)).toMatch(/caller_unverified|certificate_refused|503/);
  expect(counted(inbound, 'mesh_mutual_tls_callers_refused_total{listener="test",fault="untrusted"}')).toBeGreaterThan(0);
});

test('a document with another socket takes over when its agent has answered, and is refused when there is none', async () => {
  const [first, second] = [await agent(svid('catalog')), await agent(svid('catalog'))];
  const inbound = await callee(first);
  const at = (socket: string): string => JSON.stringify({ ...inbound.config, identity: { ...inbound.config.identity, workloadApiSocket: socket } });
  expect(await inbound.proxy.apply(at('/nowhere/agent.sock'))).toMatchObject({ ok: false, mayPass: true, problems: [expect.stringMatching(/its socket is not there/)] });
  expect(first.openCalls).toBe(1);
  expect(await inbound.proxy.apply(at(second.socket))).toMatchObject({ ok: true });
  await until('the first agent is left', () => first.openCalls === 0);
  expect(second.openCalls).toBe(1);
  expect(inbound.proxy.readiness().ready).toBe(true);
});
