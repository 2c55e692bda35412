import { once } from 'node:events';
import { AddressInfo, connect, Socket } from 'node:net';
import { Behaviour, PROMPT } from '../../../src/cli/stand-in/behaviour';
import { TcpStandIn } from '../../../src/cli/stand-in/tcp-server';
import { eventually } from '../../support/eventually';

const IDENTITY = { service: 'redis', version: 'v1', pod: 'redis-1' };

async function started(behaviour: Behaviour = PROMPT): Promise<{ standIn: TcpStandIn; socket: Socket; received: () => string }> {
  const standIn = new TcpStandIn(IDENTITY, () => behaviour, () => 0.5);
  await new Promise<void>((resolve) => { standIn.server.listen(0, '127.0.0.1', resolve); });
  const socket = connect({ port: (standIn.server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
  let text = '';
  socket.setEncoding('utf8').on('data', (part: string) => { text += part; });
  return { standIn, socket, received: () => text };
}

test('says who it is, then sends back what comes', async () => {
  const { standIn, socket, received } = await started();
  const greeting = `${JSON.stringify(IDENTITY)}\n`;
  await eventually('the greeting', () => received() === greeting);
  socket.end('PING\r\n');
  await once(socket, 'close');
  expect(received()).toBe(`${greeting}PING\r\n`);
  await standIn.close();
});

test('a connection that is to fail is reset, and not ended', async () => {
  const { standIn, socket, received } = await started({ ...PROMPT, failureRate: 1 });
  const [error] = await once(socket, 'error') as [NodeJS.ErrnoException];
  expect([error.code, received()]).toEqual(['ECONNRESET', '']);
  await standIn.close();
});

test('ends the connections that are open when it closes', async () => {
  const { standIn, socket, received } = await started();
  await eventually('the greeting', () => received() !== '');
  const ended = once(socket, 'end');
  const closed = standIn.close();
  await ended;
  socket.end();
  await closed;
});
