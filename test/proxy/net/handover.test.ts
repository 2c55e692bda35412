/** Sockets that a process leaves to the next: what the proxy reads and writes of it, and a proxy that takes over a listening socket. */
import { spawn } from 'node:child_process';
import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { AddressInfo, createServer, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProxyConfig } from '../../../src/contract';
import { ENV_SOCKETS, ENV_SOCKETS_FD, SocketHandover } from '../../../src/proxy/net/handover';
import { freePort } from '../../support/proxy';
import { RawBackend, rawClient, until } from '../../support/raw-http';

/** The file descriptor of a listening socket. */
const fdOf = (server: Server): number => (server as unknown as { readonly _handle: { readonly fd: number } })._handle.fd;

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'mesh-handover-')); });
afterEach(() => rmSync(folder, { recursive: true }));

test('without a supervisor there is nothing to take and nobody to tell', () => {
  const handover = new SocketHandover({});
  expect(handover.take({ address: '127.0.0.1', port: 80 })).toBeUndefined();
  handover.tell([{ address: '127.0.0.1', port: 80 }]);
  handover.closeRest();
});

test('each socket is taken once, the rest is closed, and the environment is left without them', () => {
  const [first, second] = [openSync(join(folder, 'a'), 'w'), openSync(join(folder, 'b'), 'w')];
  const env: Record<string, string | undefined> = { [ENV_SOCKETS]: `127.0.0.1|80=${first},::1|81=${second},rubbish`, [ENV_SOCKETS_FD]: 'x', OTHER: '1' };
  const handover = new SocketHandover(env);
  expect(env).toEqual({ OTHER: '1' });
  expect(handover.take({ address: '127.0.0.1', port: 80 })).toBe(first);
  expect(handover.take({ address: '127.0.0.1', port: 80 })).toBeUndefined();
  handover.closeRest();
  expect(fstatSync(first).isFile()).toBe(true);
  expect(() => fstatSync(second)).toThrow('EBADF');
  closeSync(first);
});

test('the whole list is told, when it has changed', () => {
  const fd = openSync(join(folder, 'told'), 'w');
  const handover = new SocketHandover({ [ENV_SOCKETS_FD]: String(fd) });
  handover.tell([{ address: '127.64.0.1', port: 80 }, { address: '::1', port: 15006 }]);
  handover.tell([{ address: '127.64.0.1', port: 80 }, { address: '::1', port: 15006 }]);
  handover.tell([]);
  closeSync(fd);
  handover.tell([{ address: '127.64.0.1', port: 80 }]);
  expect(readFileSync(join(folder, 'told'), 'utf8')).toBe('listen 127.64.0.1 80\nlisten ::1 15006\nend\nend\n');
});

test('a process serves the connections that wait at the socket it was left, and closes one that it has no use for', async () => {
  const backend = await RawBackend.answering(() => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  const listening = (): Promise<Server> => new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
  const servers = [await listening(), await listening()];
  const [port, unused] = servers.map((server) => (server.address() as AddressInfo).port);
  const config: ProxyConfig = {
    version: 'v1',
    node: { service: 'web', namespace: 'shop', version: 'v1' },
    admin: { port: await freePort() },
    listeners: [{ name: 'catalog', direction: 'outbound', address: '127.0.0.1', port: port!, routes: [{ name: 'default', split: [{ cluster: 'catalog', weight: 1 }] }] }],
    clusters: [{ name: 'catalog', discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: backend.port }] } }],
  };
  const path = join(folder, 'proxy.json');
  writeFileSync(path, JSON.stringify(config));
  const child = spawn(process.execPath, [join(__dirname, '../../../lib/bin/proxy.js'), '--config', path], {
    stdio: ['ignore', 'pipe', 'inherit', ...servers.map(fdOf)],
    env: { PATH: process.env['PATH'], POD_IPS: '127.0.0.1', [ENV_SOCKETS]: `127.0.0.1|${port}=3,127.0.0.1|${unused}=4` },
  });
  let output = '';
  child.stdout!.on('data', (chunk) => { output += String(chunk); });
  try {
    // From now on the sockets are the child's alone.
    for (const server of servers) server.close();
    const client = await rawClient(port!);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.receives('\r\n\r\nok', 20_000);
    client.end();
    await until('it has started', () => output.includes('"event":"started"'), 20_000);
    await expect(rawClient(unused!)).rejects.toThrow('ECONNREFUSED');
  } finally {
    child.kill('SIGKILL');
    await backend.close();
  }
}, 60_000);
