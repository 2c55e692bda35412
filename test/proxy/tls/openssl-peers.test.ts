/** Mutual TLS with `openssl s_client` and `s_server` at the other end: another implementation of TLS, which sends alerts where Node sends none. */
import { ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Credentials } from '../../../src/authority';
import { cleanupsAfterEach } from '../../support/cleanups';
import { idOf, MountedIdentity, TestAuthority } from '../../support/identities';
import { freePort, startProxy, TestProxy } from '../../support/proxy';
import { RawBackend, rawClient, until } from '../../support/raw-http';

const POST = 'POST / HTTP/1.1\r\nHost: catalog\r\nContent-Length: 2\r\n\r\nhi';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

const authority = new TestAuthority();
const elsewhere = new TestAuthority();
const cleanups = cleanupsAfterEach();

/** A program with the files that it needs; its output so far. */
class Openssl {
  output = '';
  private readonly child: ChildProcess;

  constructor(args: readonly string[], { certificate, key }: Credentials, root: string) {
    const folder = mkdtempSync(join(tmpdir(), 'mesh-openssl-'));
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      return join(folder, name);
    };
    this.child = spawn('openssl', [
      ...args, '-cert', file('cert', certificate), '-cert_chain', file('chain', certificate), '-key', file('key', key), '-CAfile', file('root', root), '-alpn', 'mesh/h1',
    ]);
    for (const stream of [this.child.stdout!, this.child.stderr!]) stream.on('data', (data) => { this.output += String(data); });
    cleanups.push(() => rmSync(folder, { recursive: true }), () => this.child.kill('SIGKILL'));
  }

  send(text: string): void { this.child.stdin!.write(text); }

  says(text: RegExp): Promise<void> { return until(() => `it says ${text}: ${this.output}`, () => text.test(this.output)); }
}

async function serve(root: string): Promise<number> {
  const port = await freePort();
  const server = new Openssl(['s_server', '-accept', `127.0.0.1:${port}`, '-www', '-Verify', '3', '-verify_return_error', '-tls1_3'], authority.leaf('catalog'), root);
  await server.says(/ACCEPT/);
  return port;
}

async function proxy(ports: readonly number[], service: string, options: Parameters<typeof startProxy>[1] = {}): Promise<TestProxy> {
  const identity = new MountedIdentity(authority.leaf(service), authority.root.certificate);
  const test = await startProxy(ports, { identity: identity.config, ...options });
  cleanups.push(() => identity.remove(), () => test.proxy.close());
  return test;
}

const calls = { cluster: { mutualTls: { serverIds: [idOf('catalog')] } } };

async function ask(port: number, request: string): Promise<string> {
  const client = await rawClient(port);
  cleanups.push(() => client.socket.destroy());
  client.send(request);
  return client.receives(/\r\n\r\n/);
}

async function callee(): Promise<TestProxy> {
  const backend = await RawBackend.answering(() => OK);
  cleanups.push(() => backend.close());
  return proxy([backend.port], 'catalog', { direction: 'inbound', mutualTls: {} });
}

test('s_client with a certificate of the mesh is let in', async () => {
  const client = new Openssl(['s_client', '-connect', `127.0.0.1:${(await callee()).port}`, '-verify_return_error', '-ign_eof'], authority.leaf('web'), authority.root.certificate);
  client.send('GET / HTTP/1.1\nHost: catalog\n\n'.replace(/\n/g, '\r\n'));
  await client.says(/HTTP\/1.1 200 OK/);
  expect(client.output).toMatch(/ALPN protocol: mesh\/h1/);
  expect(client.output).toMatch(/New, TLSv1.3/);
});

test('s_server that is the service gets requests', async () => {
  const outbound = await proxy([await serve(authority.root.certificate)], 'web', calls);
  expect(await ask(outbound.port, 'GET / HTTP/1.1\r\nHost: catalog\r\n\r\n')).toMatch(/^HTTP\/1.1 200/);
});

test('s_server that refuses our certificate by an alert counts as never reached: any request goes elsewhere', async () => {
  const refusing = await serve(elsewhere.root.certificate);
  const alone = await proxy([refusing], 'web', calls);
  expect(await ask(alone.port, POST)).toMatch(/^HTTP\/1.1 503 [^]*error=tls_alert_received; details="identity_refused"/);
  expect(alone.metrics()).toMatch(/mesh_upstream_connection_failures_total\{cluster="backend",kind="certificate_refused"\} [1-9]/);
  const outbound = await proxy([refusing, (await callee()).port], 'web', calls);
  for (let i = 0; i < 6; i += 1) expect(await ask(outbound.port, POST)).toMatch(/^HTTP\/1.1 200/);
  expect(outbound.metrics()).toMatch(/mesh_retries_total\{cluster="backend",reason="identity_refused"\} [1-9]/);
});
