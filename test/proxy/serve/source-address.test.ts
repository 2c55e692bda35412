/** Hashing by the address that requests come from, over real sockets: on outbound listeners it is the pod's own. */
import { cleanupsAfterEach } from '../../support/cleanups';
import { startProxy } from '../../support/proxy';
import { RawBackend, rawClient } from '../../support/raw-http';

const cleanups = cleanupsAfterEach();

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

test('GIVEN a policy by source address THEN all that a pod sends goes to one endpoint, and what others send to others', async () => {
  const backends = await Promise.all([0, 1, 2].map(() => RawBackend.answering(() => OK)));
  backends.forEach((backend) => cleanups.push(() => backend.close()));
  const counts = (): number[] => backends.map(({ received }) => received.split('GET ').length - 1);
  const chosen = new Set<number>();
  for (let pod = 1; pod <= 12; pod += 1) {
    const before = counts();
    const test = await startProxy(backends.map(({ port }) => port), {
      podAddress: `10.0.0.${pod}`, route: { hash: [{ type: 'sourceAddress' }] }, cluster: { loadBalancing: { type: 'maglev' } },
    });
    cleanups.push(() => test.proxy.close());
    for (let i = 0; i < 3; i += 1) {
      const client = await rawClient(test.port);
      cleanups.push(() => client.socket.destroy());
      client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await client.receives(/ok$/);
    }
    const got = counts().map((count, index) => count - before[index]!);
    expect([...got].sort()).toEqual([0, 0, 3]);
    chosen.add(got.indexOf(3));
  }
  expect(chosen.size).toBe(3);
});
