import { createServer, Socket } from 'node:net';
import { Delivery, HttpCollector } from '../../../src/proxy/tracing/collector';
import { cleanupsAfterEach } from '../../support/cleanups';
import { until } from '../../support/raw-http';

const cleanups = cleanupsAfterEach();
/** More than the kernel takes before somebody reads. */
const BYTES = 32 * 1_048_576;

test('a body is out before it counts as delivered, given a collector that answers before it reads', async () => {
  let socket: Socket | undefined;
  let others = 0;
  let received = 0;
  const server = createServer((accepted) => {
    socket = accepted;
    accepted.once('data', (head) => {
      received = head.length - (head.indexOf('\r\n\r\n') + 4);
      accepted.pause();
      accepted.on('data', (bytes) => {
        received += bytes.length;
        for (const byte of bytes) if (byte !== 0x41) others += 1;
      });
      accepted.pause();
      accepted.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}');
    });
  });
  await new Promise<void>((listening) => { server.listen(0, '127.0.0.1', listening); });
  const { port } = server.address() as { port: number };
  const collector = new HttpCollector(`http://127.0.0.1:${port}`, 20_000);
  cleanups.push(() => collector.close(), () => socket?.destroy(), () => server.close());
  const body = Buffer.alloc(BYTES, 'A');
  const deliveries: Delivery[] = [];
  collector.send(body, (delivery) => {
    deliveries.push(delivery);
    body.fill('C');
  });
  await until('it is answered', () => (socket?.bytesWritten ?? 0) > 0);
  // The answer arrives within some rounds of the event loop.
  for (let round = 0; round < 100; round += 1) await new Promise((resolve) => { setImmediate(resolve); });
  socket!.resume();
  await until('all of it is read', () => received === BYTES, 20_000);
  await until('it is delivered', () => deliveries.length === 1);
  expect([deliveries[0]!.result, others]).toEqual(['delivered', 0]);
});
