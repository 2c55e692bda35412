/**
 * Identities from an agent whose messages and gRPC server others have written (py-spiffe, grpcio): the calls that test/proxy/workload-api makes to a
 * fake.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeIssuer } from '../../src/authority';
import { cleanupsAfterEach } from '../support/cleanups';
import { Program, pythonPackages } from '../support/foreign-programs';
import { DOMAIN, idOf, TestAuthority } from '../support/identities';
import { startProxy, TestProxyOptions } from '../support/proxy';
import { RawBackend, rawClient, until } from '../support/raw-http';

jest.setTimeout(300_000);

const cleanups = cleanupsAfterEach();

const dersOf = (pems: string): string => (pems.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g) ?? []).map((pem) => new X509Certificate(pem).raw.toString('hex')).join('');

function svids(authority: TestAuthority): string {
  return `${JSON.stringify(['cart', 'catalog', 'web'].map((service) => {
    const { certificate, key } = authority.leaf(service);
    return {
      id: idOf(service), cert: dersOf(certificate), key: createPrivateKey(key).export({ type: 'pkcs8', format: 'der' }).toString('hex'),
      bundle: dersOf(authority.root.certificate),
    };
  }))}\n`;
}

test('sidecars are registered, call each other, and go on with what is renewed, and without the agent', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-agent-'));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  const socket = join(folder, 'spire-agent.sock');
  const agent = new Program({ cleanups }, 'python3', [join(__dirname, 'programs/agent.py'), socket], {
    ...process.env, PYTHONPATH: pythonPackages(['spiffe==0.3.2', 'grpcio==1.85.3']),
  });
  await agent.says(/ready/);
  const backend = await RawBackend.answering(() => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  cleanups.push(() => backend.close());
  const sidecar = async (service: string, port: number, options: TestProxyOptions) => {
    const started = await startProxy([port], { identity: { trustDomain: DOMAIN, workloadApiSocket: socket, id: idOf(service) }, ...options });
    cleanups.push(() => started.proxy.close());
    return started;
  };
  const callee = await sidecar('catalog', backend.port, { direction: 'inbound', mutualTls: {} });
  expect(callee.proxy.readiness().why).toMatch(/it gives this workload no identity \(no identity issued\)/);
  const authority = new TestAuthority();
  agent.send(svids(authority));
  await until('the callee is ready', () => callee.proxy.readiness().ready, 20_000);
  const caller = await sidecar('web', callee.port, { cluster: { mutualTls: { serverIds: [idOf('catalog')] } } });
  const sidecars = [callee, caller];
  const ask = async (): Promise<void> => {
    const client = await rawClient(caller.port);
    client.send('GET / HTTP/1.1\r\nHost: catalog\r\n\r\n');
    expect(await client.receives(/ok$|details=/)).toMatch(/200 OK/);
    client.socket.destroy();
  };
  await ask();
  authority.issuer = makeIssuer(authority.root, { now: Date.now() }, 'second issuer');
  const applied = (test: typeof callee): number => Number(/^mesh_identity_reloads_total\{result="applied"\} (\d+)$/m.exec(test.metrics())?.[1] ?? 0);
  const before = sidecars.map(applied);
  agent.send(svids(authority));
  await until('both have it', () => sidecars.every((test, i) => applied(test) > before[i]!), 20_000);
  await ask();
  // It ends with its input.
  agent.closeInput();
  await until('it is noticed', () => sidecars.every((test) => /^mesh_workload_api_open 0$/m.test(test.metrics())), 20_000);
  await ask();
});
