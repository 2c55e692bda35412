import { AddressInfo, connect, createServer, Socket } from 'node:net';
import * as fc from 'fast-check';
import { onread, owned, readShared, writeCopy } from '../../../src/proxy/net/shared-read';
import { until } from '../../support/raw-http';

const sockets: Socket[] = [];
afterEach(() => { for (const socket of sockets.splice(0)) socket.destroy(); });

async function pair(options: object = {}): Promise<{ client: Socket; accepted: Socket }> {
  const server = createServer();
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const accepting = new Promise<Socket>((resolve) => { server.once('connection', (socket) => { server.close(); resolve(socket); }); });
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', noDelay: true, ...options });
  sockets.push(client);
  return { client, accepted: await accepting.then((socket) => { sockets.push(socket); return socket; }) };
}

test('accepted and opened sockets read into the buffer on this version of Node, and `owned` copies out of it', async () => {
  const opened: Buffer[] = [];
  const accepting: Buffer[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    readShared(socket, (bytes) => {
      accepting.push(owned(bytes));
      expect(owned(bytes)).not.toBe(bytes);
      socket.write('world');
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const client = connect({
    port: (server.address() as AddressInfo).port, host: '127.0.0.1',
    onread: onread((bytes) => {
      expect(owned(bytes)).not.toBe(bytes);
      opened.push(owned(bytes));
    }),
  });
  sockets.push(client);
  client.write('hello');
  await until('both have read', () => opened.length === 1 && accepting.length === 1);
  server.close();
  expect([accepting.join(), opened.join()]).toEqual(['hello', 'world']);
});

test('a socket without the fields of Node reads as usual', async () => {
  const { client, accepted } = await pair();
  const received: Buffer[] = [];
  readShared(new Proxy(accepted, { get: (target, name) => (name === '_handle' ? {} : Reflect.get(target, name).bind?.(target) ?? Reflect.get(target, name)) }), (bytes) => {
    expect(owned(bytes)).toBe(bytes);
    received.push(bytes);
  });
  client.write('hello');
  await until('it has read', () => received.join() === 'hello');
});

test('pause stops the reading, resume goes on, and the end is told', async () => {
  let received = 0;
  let ended = false;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    readShared(socket, (bytes) => {
      received += bytes.length;
      socket.pause();
      setImmediate(() => socket.resume());
    });
    socket.on('end', () => { ended = true; });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  sockets.push(client);
  const size = 5_000_000;
  client.end(Buffer.alloc(size));
  await until('all is read', () => received === size && ended);
  server.close();
});

test('what is written by writeCopy arrives as it was, whatever becomes of its bytes afterwards and however slow the reader is', async () => {
  const sizes = fc.tuple(fc.nat({ max: 300 }), fc.nat({ max: 65_536 }));
  await fc.assert(fc.asyncProperty(fc.array(sizes, { minLength: 1, maxLength: 60 }), fc.boolean(), async (writes, slow) => {
    const { client, accepted } = await pair();
    const received: Buffer[] = [];
    if (slow) client.pause();
    client.on('data', (chunk) => received.push(chunk));
    const expected: Buffer[] = [];
    writes.forEach(([headLength, length], i) => {
      const head = Buffer.alloc(headLength, i);
      const bytes = Buffer.alloc(length, i + 1);
      expected.push(Buffer.from(head), Buffer.from(bytes));
      writeCopy(accepted, head, bytes);
      head.fill(0);
    });
    const all = Buffer.concat(expected);
    await new Promise((resolve) => { setImmediate(resolve); });
    client.resume();
    await until('all has arrived', () => received.reduce((sum, chunk) => sum + chunk.length, 0) === all.length);
    expect(Buffer.concat(received).equals(all)).toBe(true);
    client.destroy();
    accepted.destroy();
  }), { numRuns: 30 });
});
