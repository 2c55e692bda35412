/** The header of the PROXY protocol that endpoints get, read by the reader of the other direction. */
import { parseProxyHeader, proxyHeader } from '../../../../src/proxy/net/proxy-protocol';
import { cleanupsAfterEach } from '../../../support/cleanups';
import { until } from '../../../support/raw-http';
import { joined, tcpClient, tcpProxy, tcpServer } from '../../../support/tcp-proxy';

const cleanups = cleanupsAfterEach();
const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

test.each([
  ['10.1.2.3', 40_000, '10.9.8.7', 6_379, '10.1.2.3', 28],
  ['2001:db8::1', 1, '2001:db8::2', 65_535, '2001:db8::1', 52],
  ['10.1.2.3', 40_000, '2001:db8::2', 6_379, '10.1.2.3', 52],
])('%s:%i to %s:%i is written as the protocol says', (from, fromPort, to, toPort, read, length) => {
  const header = proxyHeader({ address: from, port: fromPort }, { address: to, port: toPort });
  expect(parseProxyHeader(header)).toEqual({ kind: 'v2', length, address: read });
  expect(header.length).toBe(length);
  expect([header.readUInt16BE(length - 4), header.readUInt16BE(length - 2)]).toEqual([fromPort, toPort]);
});

test('the example of the specification, byte by byte', () => {
  const header = proxyHeader({ address: '192.168.0.1', port: 56_324 }, { address: '192.168.0.11', port: 443 });
  expect(header.toString('hex')).toBe('0d0a0d0a000d0a515549540a2111000cc0a80001c0a8000bdc0401bb');
});

test('an address that is not known makes it a header without one', () => {
  expect(parseProxyHeader(proxyHeader({ address: '', port: 0 }, { address: '10.0.0.1', port: 80 }))).toEqual({ kind: 'local', length: 16, address: undefined });
});

test('comes before the first byte of the client, with its address, and none of it counts as the client\'s', async () => {
  const server = await tcpServer(cleanups);
  const proxy = await tcpProxy(cleanups, [server.port], { direction: 'inbound', cluster: { proxyProtocol: 'v2' } });
  const client = await tcpClient(cleanups, proxy, '127.0.0.7');
  client.send('PING');
  const peer = await server.connection();
  await peer.receives('PING');
  const bytes = bytesOf(peer.received);
  const header = parseProxyHeader(bytes);
  expect(header).toEqual({ kind: 'v2', length: 28, address: '127.0.0.7' });
  expect(bytes.subarray(28).toString()).toBe('PING');
  expect([bytes.readUInt16BE(24), bytes.readUInt16BE(26)]).toEqual([client.socket.localPort, proxy.port]);
});

test('comes at once to a server that speaks first, and has the pod\'s own address for the app beside the proxy', async () => {
  const { client, peer } = await joined(cleanups, { podAddress: '10.7.7.7', cluster: { proxyProtocol: 'v2' } }, (connection) => connection.send('220\r\n'));
  await client.receives('220\r\n');
  expect(parseProxyHeader(bytesOf(peer.received))).toEqual({ kind: 'v2', length: 28, address: '10.7.7.7' });
});

test('a health check sends one without an address', async () => {
  const server = await tcpServer(cleanups);
  await tcpProxy(cleanups, [server.port], { cluster: { proxyProtocol: 'v2', healthCheck: { type: 'tcp' } } });
  const peer = await server.connection();
  await until('it has come', () => peer.received.length === 16);
  expect(parseProxyHeader(bytesOf(peer.received))).toEqual({ kind: 'local', length: 16, address: undefined });
});

test('a listener behind a balancer passes on the address that the balancer told', async () => {
  const server = await tcpServer(cleanups);
  const proxy = await tcpProxy(cleanups, [server.port], {
    direction: 'inbound', cluster: { proxyProtocol: 'v2' }, edge: { proxyProtocol: { from: ['127.0.0.0/8'] } },
  });
  const client = await tcpClient(cleanups, proxy);
  client.send(Buffer.concat([proxyHeader({ address: '198.51.100.7', port: 1234 }, { address: '203.0.113.1', port: 6379 }), bytesOf('AUTH')]));
  const peer = await server.connection();
  await peer.receives('AUTH');
  expect(parseProxyHeader(bytesOf(peer.received))).toMatchObject({ address: '198.51.100.7' });
});
