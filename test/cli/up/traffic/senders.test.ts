/** What counts as an answer of a server of TCP, and what is said of servers that are not there. */
import { createServer, Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Http2Sender } from '../../../../src/cli/up/traffic/http2-sender';
import type { Answer, Sender } from '../../../../src/cli/up/traffic/sender';
import { TcpSender } from '../../../../src/cli/up/traffic/tcp-sender';
import { cleanupsAfterEach } from '../../../support/cleanups';
import { freePort } from '../../../support/ports';

const cleanups = cleanupsAfterEach();

async function serve(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => { sockets.push(socket); onConnection(socket); });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  cleanups.push(() => { for (const socket of sockets) socket.destroy(); server.close(); });
  return (server.address() as AddressInfo).port;
}

function ask(sender: Sender, port: number): Promise<Answer> {
  cleanups.push(() => sender.close());
  return new Promise((resolve) => { sender.send({ target: { address: '127.0.0.1', port }, host: 'cache', path: '/', headers: {} }, resolve); });
}

const tcp = (): TcpSender => new TcpSender(false, undefined);

test('a server that waits to be asked has answered when it took the connection', async () => {
  let accepted = 0;
  const port = await serve(() => { accepted = performance.now(); });
  const { failure, at } = await ask(tcp(), port);
  expect(failure).toBeUndefined();
  // It was waited for longer, to see whether it says something.
  expect(at! - accepted).toBeLessThan(performance.now() - accepted);
});

test('a server that says a word and ends has answered, and one that says none has not', async () => {
  expect((await ask(tcp(), await serve((socket) => socket.end('220 ready')))).failure).toBeUndefined();
  expect((await ask(tcp(), await serve((socket) => socket.end()))).failure).toBe('closed without a word');
});

test.each<[string, () => Sender]>([['TCP', tcp], ['HTTP/2', () => new Http2Sender(true, false, undefined)]])('a server of %s that is not there is told by the system\'s word', async (_, sender) => {
  expect((await ask(sender(), await freePort())).failure).toBe('ECONNREFUSED');
});
