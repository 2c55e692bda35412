/** X-Forwarded-For and its like, over real sockets: what the app is told, and which address counts as the client's. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { addressIn } from '../../../../src/proxy/serve/edge/forwarded-fields';
import { cleanupsAfterEach } from '../../../support/cleanups';
import { Http2Client } from '../../../support/http2-client';
import { makeKeyPair, MountedSecret } from '../../../support/key-pairs';
import { startProxy } from '../../../support/proxy';
import { rawClient, until } from '../../../support/raw-http';
import { tlsClient } from '../../../support/raw-tls';
import { exchanged, get, startEdge } from './support';

const cleanups = cleanupsAfterEach();

const OWN = ['x-forwarded-for: 127.0.0.1', 'x-forwarded-proto: http', 'x-forwarded-host: shop.test'];

test('GIVEN a listener without the field THEN nothing is added or taken away', async () => {
  const test = await startEdge(cleanups, {});
  await test.ask(get('X-Forwarded-For: 1.1.1.1', 'Forwarded: for=1.1.1.1', 'X-Real-IP: 1.1.1.1'));
  expect(test.got()).toEqual(['x-forwarded-for: 1.1.1.1', 'forwarded: for=1.1.1.1', 'x-real-ip: 1.1.1.1']);
});

test('GIVEN no trusted hops THEN what a client says of itself is replaced, however it is spelled', async () => {
  const test = await startEdge(cleanups, { forwarded: {} });
  const client = await rawClient(test.port);
  cleanups.push(() => client.socket.destroy());
  await exchanged(client, get(
    'x-forwarded-FOR: 6.6.6.6', 'X_Forwarded_For: 6.6.6.6', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: evil.test', 'X-Forwarded-Port: 1',
    'X-Forwarded-Prefix: /x', 'Forwarded: for=6.6.6.6', 'X-Real-Ip: 6.6.6.6', 'x-real_ip: 6.6.6.6', 'X-Forwarded: y', 'X-Other: kept',
  ));
  expect(test.got()).toEqual(['x-forwarded: y', 'x-other: kept', ...OWN]);
  await exchanged(client, get('X-Forwarded-For: 7.7.7.7'));
  expect(test.got()).toEqual(OWN);
  await exchanged(client, get('Host: cart.test:8080'));
  expect(test.got()).toEqual([...OWN.slice(0, 2), 'x-forwarded-host: cart.test:8080']);
});

test('GIVEN fields that are dropped THEN no route, hash or fault goes by them', async () => {
  const faults = [{ percent: 100, abortStatus: 418, header: { name: 'x-forwarded-proto', value: 'https' } }];
  const listens = async (forwarded: object | undefined): Promise<string> => {
    const test = await startEdge(cleanups, { ...(forwarded && { forwarded }) }, { route: { meshFields: false, faults } });
    return (await test.ask(get('X-Forwarded-Proto: https'))).slice(9, 12);
  };
  expect([await listens(undefined), await listens({})]).toEqual(['418', '200']);
});

describe('GIVEN trusted hops THEN the client is the entry of that number from the right', () => {
  test.each<[string, number, readonly string[], string]>([
    ['one hop', 1, ['X-Forwarded-For: 9.9.9.9'], '9.9.9.9, 127.0.0.1'],
    ['one hop, and what the client made up', 1, ['X-Forwarded-For: 6.6.6.6, 9.9.9.9'], '9.9.9.9, 127.0.0.1'],
    ['one hop, and a second field', 1, ['X-Forwarded-For: 9.9.9.9', 'X-Forwarded-For: 8.8.8.8'], '8.8.8.8, 127.0.0.1'],
    ['two hops in two fields', 2, ['X-Forwarded-For: 6.6.6.6, 9.9.9.9', 'X-Forwarded-For: 8.8.8.8'], '9.9.9.9, 8.8.8.8, 127.0.0.1'],
    ['two hops, and fewer entries', 2, ['X-Forwarded-For: 6.6.6.6'], '127.0.0.1'],
    ['one hop, and none', 1, [], '127.0.0.1'],
    ['one hop, and no address', 1, ['X-Forwarded-For: 9.9.9.9, unknown'], '127.0.0.1'],
    ['one hop, and an address with a port', 1, ['X-Forwarded-For: 9.9.9.9:1234'], '9.9.9.9, 127.0.0.1'],
    ['one hop, and IPv6', 1, ['X-Forwarded-For: [2001:DB8::1]:443'], '2001:db8::1, 127.0.0.1'],
    ['one hop, and a mapped address', 1, ['X-Forwarded-For: ::ffff:9.9.9.9'], '9.9.9.9, 127.0.0.1'],
    ['one hop, and empty entries', 1, ['X-Forwarded-For: 9.9.9.9, ,'], '9.9.9.9, 127.0.0.1'],
  ])('%s', async (_, trustedHops, fields, expected) => {
    const test = await startEdge(cleanups, { forwarded: { trustedHops } });
    await test.ask(get(...fields));
    expect(test.got()).toContain(`x-forwarded-for: ${expected}`);
  });

  test('and the scheme and host that it told of are passed on, unless there are two', async () => {
    const test = await startEdge(cleanups, { forwarded: { trustedHops: 1 } });
    const hop = 'X-Forwarded-For: 9.9.9.9';
    await test.ask(get(hop, 'X-Forwarded-Proto: https', 'X-Forwarded-Host: www.test', 'X-Forwarded-Port: 443', 'X-Forwarded_Port: 1'));
    expect(test.got()).toEqual(['x-forwarded-port: 443', 'x-forwarded-for: 9.9.9.9, 127.0.0.1', 'x-forwarded-proto: https', 'x-forwarded-host: www.test']);
    await test.ask(get(hop, 'X-Forwarded-Proto: https', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: a"b'));
    expect(test.got()).toEqual(['x-forwarded-for: 9.9.9.9, 127.0.0.1', 'x-forwarded-proto: http', 'x-forwarded-host: shop.test']);
    await test.ask(get('X-Forwarded-Proto: https', 'X-Forwarded-Port: 443'));
    expect(test.got()).toEqual(OWN);
  });
});

test.each([
  ['append', 'x-forwarded-for: 9.9.9.9, 127.0.0.1'], ['keep', 'x-forwarded-for: 9.9.9.9'], ['overwrite', 'x-forwarded-for: 9.9.9.9'], ['drop', undefined],
] as const)('GIVEN %s THEN X-Forwarded-For is %s', async (xForwardedFor, expected) => {
  const test = await startEdge(cleanups, { forwarded: { trustedHops: 1, xForwardedFor } });
  await test.ask(get('X-Forwarded-For: 9.9.9.9'));
  expect(test.got().find((line) => line.startsWith('x-forwarded-for'))).toBe(expected);
});

test('GIVEN rfc7239 THEN Forwarded says the same', async () => {
  const test = await startEdge(cleanups, { forwarded: { trustedHops: 1, rfc7239: true } });
  await test.ask(get('X-Forwarded-For: 2001:db8::1', 'Forwarded: for=6.6.6.6'));
  expect(test.got().filter((line) => line.startsWith('forwarded'))).toEqual(['forwarded: for="[2001:db8::1]";proto=http;host="shop.test", for=127.0.0.1']);
});

test('GIVEN TLS THEN the scheme is https', async () => {
  const pair = await makeKeyPair();
  const secret = new MountedSecret(pair.certificate, pair.key);
  cleanups.push(() => secret.remove());
  const test = await startEdge(cleanups, { forwarded: {} }, { tls: { certificates: [secret.config] } });
  const client = await tlsClient(test.port);
  cleanups.push(() => client.socket.destroy());
  await exchanged(client, get('X-Forwarded-Proto: http'));
  expect(test.got()).toContain('x-forwarded-proto: https');
});

test('GIVEN hashing by source address THEN it is the client\'s, of an outbound listener, too', async () => {
  const seen = new Map<string, Set<string>>();
  const test = await startEdge(cleanups, { forwarded: { trustedHops: 1 } }, {
    clusters: [{ name: 'backend', discovery: { type: 'static', endpoints: [] } }],
    route: { hash: [{ type: 'sourceAddress' }], meshFields: false },
  });
  test.proxy.context.onExchange = ({ client: { peer } }) => {
    const hash = String((peer as unknown as { readonly hash: number }).hash);
    seen.set(peer.address, (seen.get(peer.address) ?? new Set()).add(hash));
  };
  for (const address of ['9.9.9.1', '9.9.9.2', '9.9.9.1']) await test.ask(get(`X-Forwarded-For: 6.6.6.6, ${address}`));
  expect([...seen.keys()]).toEqual(['9.9.9.1', '9.9.9.2']);
  expect(new Set([...seen.values()].flatMap((hashes) => [...hashes])).size).toBe(2);
});

test('GIVEN a proxy in front that sends requests of several clients on one connection THEN each is told by its own', async () => {
  const seen: string[] = [];
  const held: (() => void)[] = [];
  const app = createServer((request, response) => {
    const answer = (): void => { response.end(); };
    if (request.url === '/late') held.push(answer);
    else answer();
  });
  await new Promise<void>((resolve) => { app.listen(0, '127.0.0.1', resolve); });
  const { proxy, port } = await startProxy([(app.address() as AddressInfo).port], { protocol: 'http2', edge: { forwarded: { trustedHops: 1 } } });
  const front = await Http2Client.to(port);
  cleanups.push(() => front.close(), () => proxy.close(), () => { app.closeAllConnections(); app.close(); });
  proxy.context.onExchange = ({ client: { peer } }) => { seen.push(peer.address); };

  const late = front.ask({ ':path': '/late', ':authority': 'shop.test', 'x-forwarded-for': '9.9.9.1' });
  await until('the app has it', () => held.length === 1);
  await front.ask({ ':authority': 'shop.test', 'x-forwarded-for': '9.9.9.2' });
  held[0]!();
  await late;

  expect(seen).toEqual(['9.9.9.2', '9.9.9.1']);
});

test('GIVEN a client from outside that asks what was tried THEN it learns no addresses', async () => {
  const test = await startEdge(cleanups, { forwarded: {} });
  expect(await test.ask(get('x-mesh-explain: 1'))).not.toContain('x-mesh-attempts');
});

test('GIVEN a gateway that does nothing else for its clients THEN they learn no addresses either', async () => {
  const test = await startEdge(cleanups, {}, { direction: 'outbound', ownAddress: true });
  expect(await test.ask(get('x-mesh-explain: 1'))).not.toContain('x-mesh-attempts');
});

test('GIVEN the app beside the proxy THEN it learns them', async () => {
  const test = await startEdge(cleanups, {}, { direction: 'outbound' });
  expect(await test.ask(get('x-mesh-explain: 1'))).toContain('x-mesh-attempts');
});

test.each([['1.2.3.4', '1.2.3.4'], ['1.2.3.4:5', '1.2.3.4'], ['[::1]', '::1'], ['::1', '::1'], ['fe80::1%eth0', undefined], ['1.2.3', undefined],
  ['_hidden', undefined], ['[::1', undefined], ['1.2.3.4:', undefined], ['::FFFF:102:304', '1.2.3.4']])('the address in %s is %s', (entry, expected) => {
  expect(addressIn(entry)).toBe(expected);
});
