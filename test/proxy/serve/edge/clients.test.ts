/** Clients by address, over real sockets: who is let in, and how much each may ask for. */
import type { ClientsConfig } from '../../../../src/contract';
import { ClientRules, clientOf } from '../../../../src/proxy/serve/edge/client-rules';
import { cleanupsAfterEach } from '../../../support/cleanups';
import { FakeClock } from '../../../support/fake-clock';
import { makeKeyPair, MountedSecret } from '../../../support/key-pairs';
import { rawClient, until } from '../../../support/raw-http';
import { tlsClient } from '../../../support/raw-tls';
import { exchanged, get, startEdge, EdgeTest } from './support';

const cleanups = cleanupsAfterEach();

const status = (response: string): number => Number(response.slice(9, 12));
const from = (address: string): string => get(`X-Forwarded-For: ${address}`);

async function tls(): Promise<{ certificates: MountedSecret['config'][] }> {
  const pair = await makeKeyPair();
  const secret = new MountedSecret(pair.certificate, pair.key);
  cleanups.push(() => secret.remove());
  return { certificates: [secret.config] };
}

async function nothingIsLeft(test: EdgeTest): Promise<void> {
  await until('all connections are gone', () => test.proxy.context.connections === 0);
  expect(test.value('mesh_downstream_connections_open{listener="test"}')).toBe(0);
}

describe('networks', () => {
  test.each<[string, ClientsConfig, string, number]>([
    ['allowed', { allow: ['127.0.0.0/8'] }, '127.0.0.2', 200],
    ['not allowed', { allow: ['127.0.0.1'] }, '127.0.0.2', 403],
    ['denied', { deny: ['127.0.0.2/31'] }, '127.0.0.3', 403],
    ['not denied', { deny: ['127.0.0.2/31'] }, '127.0.0.1', 200],
    ['allowed and denied', { allow: ['127.0.0.0/8'], deny: ['127.0.0.2'] }, '127.0.0.2', 403],
  ])('%s: by the connection', async (_, clients, address, expected) => {
    const test = await startEdge(cleanups, { clients });
    const response = await test.ask(get('X-Forwarded-For: 127.0.0.1'), address);
    expect(status(response)).toBe(expected);
    expect(response.includes('address_denied')).toBe(expected === 403);
    if (expected === 403) expect(test.backend.received).toBe('');
  });

  test.each([['192.0.2.1', 403], ['::ffff:192.0.2.1', 403], ['2001:db8:1::1', 403], ['2001:db9::1', 200], ['198.51.100.1', 200], ['192.0.2.1, 198.51.100.1', 200],
    ['198.51.100.1, 192.0.2.1', 403]] as const)(
    'of X-Forwarded-For: %s gets %i', async (address, expected) => {
      const test = await startEdge(cleanups, { clients: { deny: ['192.0.2.0/24', '2001:db8::/32'] }, forwarded: { trustedHops: 1 } });
      expect(status(await test.ask(from(address)))).toBe(expected);
    },
  );

  test.each<[string, ClientsConfig, string, number]>([
    ['allow', { allow: ['127.0.0.0/8'] }, 'unknown', 403],
    ['deny', { deny: ['192.0.2.0/24'] }, '192.0.2.1, _hidden', 403],
    ['deny, and an address far left that is none', { deny: ['192.0.2.0/24'] }, 'unknown, 198.51.100.1', 200],
    ['no field', { allow: ['127.0.0.0/8'] }, '', 200],
    ['limits alone', { rateLimit: { requestsPerSecond: 1, burst: 10 } }, 'unknown', 200],
  ])('GIVEN a trusted proxy that names no address THEN it is not judged in place of the client: %s', async (_, clients, said, expected) => {
    const test = await startEdge(cleanups, { clients, forwarded: { trustedHops: 1 } });
    const client = await rawClient(test.port);
    cleanups.push(() => client.socket.destroy());
    const response = await exchanged(client, from(said));
    expect(status(response)).toBe(expected);
    if (expected === 403) expect(response).toContain('address_denied');
    expect(status(await exchanged(client, from('198.51.100.1')))).toBe(clients.allow ? 403 : 200);
  });

  test('are judged for each request of a connection, and by the rules of the day', async () => {
    const test = await startEdge(cleanups, { clients: { deny: ['192.0.2.0/24'] }, forwarded: { trustedHops: 1 } });
    const client = await rawClient(test.port);
    cleanups.push(() => client.socket.destroy());
    for (const [address, expected] of [['1.1.1.1', 200], ['192.0.2.1', 403], ['1.1.1.1', 200]] as const) {
      expect(status(await exchanged(client, from(address)))).toBe(expected);
    }
    const listeners = [{ ...test.config.listeners[0], clients: { deny: ['1.1.1.1'] } }];
    expect(await test.proxy.apply(JSON.stringify({ ...test.config, listeners }))).toMatchObject({ ok: true });
    expect(status(await exchanged(client, from('1.1.1.1')))).toBe(403);
    expect(status(await exchanged(client, from('192.0.2.1')))).toBe(200);
  });

  test('of a PROXY header count', async () => {
    const test = await startEdge(cleanups, { clients: { deny: ['192.0.2.0/24'] }, proxyProtocol: { from: ['127.0.0.1'] } });
    expect(status(await test.ask(`PROXY TCP4 192.0.2.1 10.0.0.1 1 2\r\n${get()}`))).toBe(403);
    expect(status(await test.ask(`PROXY TCP4 198.51.100.1 10.0.0.1 1 2\r\n${get()}`))).toBe(200);
  });

  test('are closed before TLS, and counted', async () => {
    const test = await startEdge(cleanups, { clients: { deny: ['127.0.0.1'] } }, { tls: await tls() });
    await expect(tlsClient(test.port)).rejects.toThrow();
    expect(test.value('mesh_downstream_connections_refused_total{listener="test",reason="address_denied"}')).toBe(1);
    await nothingIsLeft(test);
  });
});

test('a client without an address is let in only where all are', () => {
  const lets = (config: ClientsConfig): boolean => new ClientRules({ maxAddresses: 2, ...config } as ConstructorParameters<typeof ClientRules>[0], () => {}).lets('');
  expect([lets({ maxConnections: 1 }), lets({ allow: ['0.0.0.0/0'] }), lets({ deny: ['10.0.0.0/8'] })]).toEqual([true, false, false]);
});

describe('requests of one client', () => {
  const limited = { rateLimit: { requestsPerSecond: 0.5, burst: 2 } };

  test('are refused beyond the rate, with the time to wait, and no others', async () => {
    const clock = new FakeClock();
    const test = await startEdge(cleanups, { clients: limited, forwarded: { trustedHops: 1 } }, { clock });
    const results = async (address: string): Promise<number[]> => {
      const got: number[] = [];
      for (let i = 0; i < 3; i += 1) got.push(status(await test.ask(from(address))));
      return got;
    };
    expect(await results('192.0.2.1')).toEqual([200, 200, 429]);
    expect(await results('192.0.2.2')).toEqual([200, 200, 429]);
    const refused = await test.ask(from('192.0.2.1'));
    expect(refused).toMatch(/retry-after: 2\r\n[^]*client_rate_limited/);
    clock.advance(2_000);
    expect(status(await test.ask(from('192.0.2.1')))).toBe(200);
    expect(status(await test.ask(from('192.0.2.1')))).toBe(429);
  });

  test('are counted over connections, and go on being counted after a reload that changes nothing of it', async () => {
    const clock = new FakeClock();
    const test = await startEdge(cleanups, { clients: limited }, { clock });
    await test.ask(get());
    await test.ask(get());
    expect(await test.proxy.apply(JSON.stringify({ ...test.config, via: true }))).toMatchObject({ ok: true });
    expect(status(await test.ask(get()))).toBe(429);
    expect(status(await test.ask(get(), '127.0.0.2'))).toBe(200);
  });

  test('are counted for so many clients, and beyond that the limit tells', () => {
    let reached = 0;
    const rules = new ClientRules({ maxAddresses: 10, rateLimit: { requestsPerSecond: 1, burst: 1 } }, () => { reached += 1; });
    rules.take('a', 0);
    for (let i = 0; i < 4; i += 1) rules.take(`${i}`, 0);
    expect(rules.take('a', 0)).toBe(1);
    expect(reached).toBe(0);
    for (let i = 0; i < 100; i += 1) rules.take(`many ${i}`, 0);
    expect(reached).toBeGreaterThan(0);
    expect(rules.take('a', 0)).toBe(0);
  });
});

describe('connections of one client', () => {
  test('are refused beyond the limit, until one is closed', async () => {
    const test = await startEdge(cleanups, { clients: { maxConnections: 2 } });
    const clients = [await rawClient(test.port), await rawClient(test.port)];
    for (const client of clients) await exchanged(client, get());
    const third = await rawClient(test.port);
    expect(await third.closes()).toMatch(/^HTTP\/1.1 429 [^]*client_connection_limit[^]*retry-after: 1\r\n/);
    expect(test.value('mesh_downstream_connections_refused_total{listener="test",reason="client_connection_limit"}')).toBe(1);
    expect(status(await test.ask(get(), '127.0.0.2'))).toBe(200);
    clients[0]!.socket.destroy();
    await until('it is gone', () => test.proxy.context.connections === 2);
    expect(status(await test.ask(get()))).toBe(200);
    for (const { socket } of [...clients, third]) socket.destroy();
  });

  test('are told apart by PROXY headers, and refused before TLS', async () => {
    const test = await startEdge(cleanups, { clients: { maxConnections: 1 } }, { tls: await tls() });
    const first = await tlsClient(test.port);
    await expect(tlsClient(test.port)).rejects.toThrow();
    first.socket.destroy();
    await nothingIsLeft(test);
    (await tlsClient(test.port)).socket.destroy();
    await nothingIsLeft(test);
  });
});

test.each([['192.0.2.1', '192.0.2.1'], ['::ffff:192.0.2.1', '192.0.2.1']])('%s counts as %s', (address, expected) => {
  expect(clientOf(address)).toBe(expected);
});

test('addresses of one IPv6 network of 64 bits count as one client', () => {
  expect(clientOf('2001:db8:0:1::1')).toBe(clientOf('2001:db8:0:1:ffff::'));
  expect(clientOf('2001:db8:0:1::1')).not.toBe(clientOf('2001:db8:0:2::1'));
});

test.each<[ClientsConfig, object, string]>([
  [{}, {}, '/listeners/0/clients: it limits nothing'],
  [{ maxAddresses: 5 }, {}, '/listeners/0/clients: it limits nothing'],
  [{ allow: ['10.0.0.0/40'] }, {}, "/listeners/0/clients/allow/0: '10.0.0.0/40' is no network"],
  [{ maxConnections: 5 }, { forwarded: { trustedHops: 1 } }, '/listeners/0/clients/maxConnections: with trustedHops'],
])('a document with %j is refused', async (clients, others, expected) => {
  const test = await startEdge(cleanups, {});
  const listeners = [{ ...test.config.listeners[0], clients, ...others }];
  expect(await test.proxy.apply(JSON.stringify({ ...test.config, listeners }))).toMatchObject({ problems: [expect.stringContaining(expected)] });
});
