import { createServer, Server } from 'node:net';
import { PortForward } from '../../../../src/cli/up/traffic/port-forward';

const flow = { to: 'web', host: 'web', target: () => undefined };

/** The message of what `open` rejects with when the system answers `code`. */
async function refusal(port: number, code: string): Promise<string> {
  const listen = jest.spyOn(Server.prototype, 'listen').mockImplementation(function (this: Server) {
    process.nextTick(() => this.emit('error', Object.assign(new Error(`listen ${code}`), { code })));
    return this;
  });
  try {
    return await new PortForward(flow, port).open().then(() => 'none', (error: Error) => error.message);
  } finally {
    listen.mockRestore();
  }
}

test('a port that needs privileges is refused with one that does not', async () => {
  expect(await refusal(80, 'EACCES')).toBe('--expose web=80: you may not listen on port 80; choose a port from 1024 on, such as web=8080');
});

test('a port in use is refused', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address() as { port: number };
  await expect(new PortForward(flow, port).open()).rejects.toThrow(`--expose web=${port}: port ${port} of 127.0.0.1 is in use by another program; choose another`);
  await new Promise((resolve) => { server.close(resolve); });
});

test('what else the system says is told as it is', async () => {
  expect(await refusal(8080, 'EADDRNOTAVAIL')).toBe('--expose web=8080: listen EADDRNOTAVAIL');
});
