/** Ports that the pod redirects: which sockets are bound in their place. */
import { freePort, startProxy } from '../../support/proxy';
import { RawBackend, rawClient } from '../../support/raw-http';

test('an outbound listener binds the port that its own is redirected to', async () => {
  const [port, other] = [await freePort(), await freePort()];
  const backend = await RawBackend.start((connection) => connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  const { proxy } = await startProxy([backend.port], { port, redirectedPorts: new Map([[port, other]]) });
  const client = await rawClient(other);
  client.send('GET / HTTP/1.1\r\nHost: ratings\r\n\r\n');
  expect(await client.receives('ok')).toContain('200 OK');
  await expect(rawClient(port)).rejects.toThrow('ECONNREFUSED');
  client.socket.destroy();
  proxy.close();
  await backend.close();
});

test('an inbound one binds its own', async () => {
  const [port, other] = [await freePort(), await freePort()];
  const { proxy } = await startProxy([1], { port, direction: 'inbound', redirectedPorts: new Map([[port, other]]) });
  (await rawClient(port)).socket.destroy();
  await expect(rawClient(other)).rejects.toThrow('ECONNREFUSED');
  proxy.close();
});
