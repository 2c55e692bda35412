/** Who forwards a port of a pod connects to its loopback: listeners that say so are there, too. Over real sockets. */
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { boundAddresses, isDispensable } from '../../../src/proxy/serve/downstream/bound-addresses';
import { cleanupsAfterEach } from '../../support/cleanups';
import { startProxy } from '../../support/proxy';
import { RawBackend, rawClient } from '../../support/raw-http';

const POD = '127.31.0.8';
const HAS_IPV6 = Object.values(networkInterfaces()).flat().some((each) => each?.address === '::1');

const cleanups = cleanupsAfterEach();

async function inbound(loopback: boolean): Promise<number> {
  const app = await RawBackend.answering(() => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  cleanups.push(() => app.close());
  const test = await startProxy([app.port], { direction: 'inbound', ownAddress: true, podAddress: POD, loopback });
  cleanups.push(() => test.proxy.close());
  return test.port;
}

async function answers(host: string, port: number): Promise<boolean> {
  const client = await rawClient(port, host).catch(() => undefined);
  if (!client) return false;
  cleanups.push(() => client.socket.destroy());
  client.send('GET / HTTP/1.1\r\nHost: localhost:8080\r\nConnection: close\r\n\r\n');
  return (await client.closes()).startsWith('HTTP/1.1 200 ');
}

test('GIVEN a listener with loopback THEN it answers there as at the pod\'s address', async () => {
  const port = await inbound(true);
  for (const host of [POD, '127.0.0.1', ...HAS_IPV6 ? ['::1'] : []]) expect([host, await answers(host, port)]).toEqual([host, true]);
});

test('GIVEN a listener without THEN it answers at the pod\'s address alone', async () => {
  const port = await inbound(false);
  expect([await answers(POD, port), await answers('127.0.0.1', port)]).toEqual([true, false]);
});

test('GIVEN something else listens there THEN the document is refused in words', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => { other.listen(0, '127.0.0.1', resolve); });
  cleanups.push(() => other.close());
  const { port } = other.address() as { port: number };
  await expect(startProxy([], { direction: 'inbound', ownAddress: true, podAddress: POD, loopback: true, port }))
    .rejects.toThrow(`listener 'test' can't bind 127.0.0.1:${port}: the port is taken`);
});

test.each([
  [{ loopback: true }, ['10.0.0.7'], ['10.0.0.7', '127.0.0.1', '::1']],
  [{ loopback: true }, ['10.0.0.7', 'fd00::7'], ['10.0.0.7', 'fd00::7', '127.0.0.1', '::1']],
  [{ loopback: true }, ['::'], ['::']],
  [{ loopback: true }, ['0.0.0.0'], ['0.0.0.0', '::1']],
  [{ loopback: true }, ['127.0.0.1'], ['127.0.0.1', '::1']],
  [{ loopback: true, address: '127.0.0.1' }, ['10.0.0.7'], ['127.0.0.1', '::1']],
  [{}, ['10.0.0.7'], ['10.0.0.7']],
])('GIVEN %j in a pod with %j THEN %j are bound', (config, podAddresses, bound) => {
  expect(boundAddresses(config, podAddresses)).toEqual(bound);
});

const failing = (code: string): NodeJS.ErrnoException => Object.assign(new Error(code), { code });

test('a family that the pod doesn\'t have is done without on loopback, and nowhere else', () => {
  expect(isDispensable({ loopback: true }, '::1', failing('EADDRNOTAVAIL'))).toBe(true);
  expect(isDispensable({ loopback: true }, '::1', failing('EAFNOSUPPORT'))).toBe(true);
  expect(isDispensable({ loopback: true }, '::1', failing('EADDRINUSE'))).toBe(false);
  expect(isDispensable({ loopback: true }, '10.0.0.7', failing('EADDRNOTAVAIL'))).toBe(false);
  expect(isDispensable({ loopback: true, address: '::1' }, '::1', failing('EADDRNOTAVAIL'))).toBe(false);
  expect(isDispensable({}, '::1', failing('EADDRNOTAVAIL'))).toBe(false);
});
