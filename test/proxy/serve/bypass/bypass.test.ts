/**
 * Requests that reach a callee past their pod's sidecar, over real sockets: a caller's outbound proxy, a callee's inbound one, and
 * clients beside them. The clock of the callee's is moved by the test.
 */
import { KnownSidecars, MAX_ADDRESSES, MAX_SHOWN, REMEMBER_MS } from '../../../../src/proxy/serve/downstream/bypass/known-sidecars';
import { KEEP_MS } from '../../../../src/proxy/serve/downstream/bypass/origin';
import { cleanupsAfterEach } from '../../../support/cleanups';
import { FakeClock } from '../../../support/fake-clock';
import { startProxy, TestProxy, TestProxyOptions } from '../../../support/proxy';
import { RawBackend, rawClient, RawConnection } from '../../../support/raw-http';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
/** The pod that has a sidecar: the outbound proxy connects from here, as its app does that passes it by. */
const POD = '127.0.0.1';
const OUTSIDE = '127.0.0.9';

const cleanups = cleanupsAfterEach();

interface Mesh { readonly caller: TestProxy; readonly callee: TestProxy; readonly clock: FakeClock; readonly told: string[] }

async function start(options: TestProxyOptions = {}): Promise<Mesh> {
  const app = await RawBackend.answering(() => OK);
  const clock = new FakeClock();
  const told: string[] = [];
  const callee = await startProxy([app.port], {
    direction: 'inbound', clock, seed: 2, onBypass: (address) => { told.push(address); }, limits: { idleTimeoutMs: 3_600_000 }, ...options,
  });
  const caller = await startProxy([callee.port], { seed: 3 });
  cleanups.push(() => app.close(), () => callee.proxy.close(), () => caller.proxy.close());
  return { caller, callee, clock, told };
}

async function connectTo(port: number, from = POD): Promise<RawConnection> {
  const client = await rawClient(port, '127.0.0.1', from);
  cleanups.push(() => client.socket.destroy());
  return client;
}

/** Sends a request and returns its response. */
async function ask(client: RawConnection, fields = ''): Promise<string> {
  client.received = '';
  client.send(`GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
  return client.receives('\r\n\r\nok');
}

const bypassed = ({ callee }: Mesh): string | undefined => /mesh_bypassing_requests_total\{listener="test"\} (\d+)/.exec(callee.metrics())?.[1];

test('what passes its sidecar by is counted, told once, shown, and ended after a while', async () => {
  const mesh = await start();
  const straight = await connectTo(mesh.callee.port);
  await ask(straight);
  // Until a sidecar is known at this address, it is a client like any other.
  expect(bypassed(mesh)).toBeUndefined();
  await ask(await connectTo(mesh.caller.port));
  mesh.clock.advance(1_000);
  for (let n = 0; n < 3; n += 1) expect(await ask(straight)).not.toContain('connection: close');
  expect(bypassed(mesh)).toBe('3');
  expect(mesh.told).toEqual([POD]);
  expect(mesh.callee.proxy.context.knownSidecars.report(mesh.clock.now())).toEqual([{ address: POD, requests: 3, ageMs: 0 }]);
  mesh.clock.advance(2 * KEEP_MS);
  expect(await ask(straight)).toContain('connection: close\r\n');
  await straight.closes();
  expect(bypassed(mesh)).toBe('4');
});

test('what passed its sidecar is not, however long its connections live', async () => {
  const mesh = await start();
  const app = await connectTo(mesh.caller.port);
  for (let minutes = 0; minutes < 20; minutes += 1) {
    expect(await ask(app)).not.toContain('connection: close');
    mesh.clock.advance(60_000);
  }
  expect(bypassed(mesh)).toBeUndefined();
  // And its address is still known.
  await ask(await connectTo(mesh.callee.port));
  expect(bypassed(mesh)).toBe('1');
});

test('clients that have no sidecar keep their connections', async () => {
  const mesh = await start();
  await ask(await connectTo(mesh.caller.port));
  const outside = await connectTo(mesh.callee.port, OUTSIDE);
  for (let n = 0; n < 5; n += 1) {
    expect(await ask(outside)).not.toContain('connection: close');
    mesh.clock.advance(10_000);
  }
  expect(bypassed(mesh)).toBeUndefined();
});

test('an app that copies the fields of what it got, past its sidecar, is found', async () => {
  const mesh = await start();
  await ask(await connectTo(mesh.caller.port));
  await ask(await connectTo(mesh.callee.port), 'x-mesh-via: out-00000001, in-00000002\r\n');
  expect(bypassed(mesh)).toBe('1');
});

test('health checks of a sidecar are not counted, and don\'t make it known', async () => {
  const mesh = await start();
  await ask(await connectTo(mesh.callee.port), 'User-Agent: cdk8s-mesh-health-check\r\n');
  await ask(await connectTo(mesh.callee.port));
  expect(bypassed(mesh)).toBeUndefined();
  await ask(await connectTo(mesh.caller.port));
  await ask(await connectTo(mesh.callee.port), 'User-Agent: cdk8s-mesh-health-check\r\n');
  expect(bypassed(mesh)).toBeUndefined();
});

test.each(['HTTP/1.1\r\nConnection: close', 'HTTP/1.0'])('what passes its sidecar by is counted without a kept connection, too: %s', async (version) => {
  const mesh = await start();
  await ask(await connectTo(mesh.caller.port));
  const straight = await connectTo(mesh.callee.port);
  straight.send(`GET / ${version}\r\nHost: a\r\n\r\n`);
  await straight.receives('\r\n\r\nok');
  expect(bypassed(mesh)).toBe('1');
});

test('an address is forgotten, for it may be another pod\'s later', async () => {
  const mesh = await start();
  await ask(await connectTo(mesh.caller.port));
  mesh.clock.advance(REMEMBER_MS);
  await ask(await connectTo(mesh.callee.port));
  expect(bypassed(mesh)).toBeUndefined();
});

test('requests of the app itself, and those by TLS, are not looked at', async () => {
  const { caller } = await start();
  const app = await connectTo(caller.port);
  await ask(app, 'x-mesh-via: out-00000001\r\n');
  await ask(await connectTo(caller.port));
  expect(caller.metrics()).not.toContain('mesh_bypassing_requests_total');
});

test('an app that keeps passing by is not made to connect for each request', async () => {
  const mesh = await start();
  await ask(await connectTo(mesh.caller.port));
  let connections = 0;
  let client = await connectTo(mesh.callee.port);
  for (let n = 0; n < 60; n += 1) {
    if ((await ask(client)).includes('connection: close')) {
      connections += 1;
      client = await connectTo(mesh.callee.port);
    }
    mesh.clock.advance(1_000);
  }
  expect(connections).toBeGreaterThanOrEqual(5);
  expect(connections).toBeLessThanOrEqual(12);
});

describe('what is remembered', () => {
  test('is bounded, and says when it was full', () => {
    const limits: string[] = [];
    const known = new KnownSidecars(() => {}, (limit) => { limits.push(limit); });
    for (let n = 0; n <= 2 * MAX_ADDRESSES; n += 1) known.note(`10.0.${n >> 8}.${n & 255}`, 0);
    expect(limits).toEqual(['sidecarAddresses', 'sidecarAddresses']);
    expect(known.has('10.0.0.0', 0)).toBe(false);
    expect(known.has(`10.0.${(2 * MAX_ADDRESSES) >> 8}.0`, 0)).toBe(true);
    for (let n = 0; n <= 2 * MAX_SHOWN; n += 1) known.count(`10.0.0.${n}`, 0);
    expect(limits.slice(2)).toEqual(['bypassingAddresses', 'bypassingAddresses']);
    expect(known.report(0).length).toBeLessThanOrEqual(2 * MAX_SHOWN);
  });

  test('is told again of an address that was quiet for long', () => {
    const told: string[] = [];
    const known = new KnownSidecars((address) => { told.push(address); }, () => {});
    known.count('10.0.0.1', 0);
    known.count('10.0.0.1', REMEMBER_MS - 1);
    known.count('10.0.0.1', 2 * REMEMBER_MS);
    expect(told).toEqual(['10.0.0.1', '10.0.0.1']);
  });
});
