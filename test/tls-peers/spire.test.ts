/**
 * Identities from a real SPIRE: its server and an agent that has joined it, and sidecars that have theirs from the agent's socket. SPIRE is compiled
 * when this runs for the first time, which takes some minutes.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from '../support/foreign-programs';
import { DOMAIN, idOf } from '../support/identities';
import { freePort } from '../support/ports';
import { startProxy, TestProxy, TestProxyOptions } from '../support/proxy';
import { RawBackend, rawClient, until } from '../support/raw-http';
import { spirePrograms } from './spire-programs';

jest.setTimeout(45 * 60_000);

/** What certificates live. The agent renews them at half of that. */
const TTL_SECONDS = 30;
const WAIT_MS = 90_000;
const AGENT = `spiffe://${DOMAIN}/agent`;

const cleanups: (() => unknown)[] = [];
let programs: string;
let folder: string;
let serverSocket: string;
let agentSocket: string;
let agent: Program;
let backend: RawBackend;

const server = (...args: string[]): string => (
  execFileSync(join(programs, 'spire-server'), [...args.slice(0, 2), '-socketPath', serverSocket, ...args.slice(2)], { encoding: 'utf8' }));

/** The process that asks has the user of this one. */
function register(service: string): void {
  server('entry', 'create', '-parentID', AGENT, '-spiffeID', idOf(service), '-selector', `unix:uid:${process.getuid!()}`, '-x509SVIDTTL', String(TTL_SECONDS));
}

function configurationOf(name: string, content: string): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

beforeAll(async () => {
  programs = spirePrograms();
  folder = mkdtempSync(join(tmpdir(), 'mesh-spire-'));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  [serverSocket, agentSocket] = [join(folder, 'server.sock'), join(folder, 'agent.sock')];
  const port = await freePort();
  const serverFile = configurationOf('server.conf', `
    server {
      bind_address = "127.0.0.1"
      bind_port = "${port}"
      socket_path = "${serverSocket}"
      trust_domain = "${DOMAIN}"
      data_dir = "${folder}"
      log_level = "INFO"
    }
    plugins {
      DataStore "sql" {
        plugin_data {
          database_type = "sqlite3"
          connection_string = "${join(folder, 'entries.sqlite3')}"
        }
      }
      NodeAttestor "join_token" { plugin_data {} }
      KeyManager "memory" { plugin_data {} }
    }`);
  await new Program({ cleanups }, join(programs, 'spire-server'), ['run', '-config', serverFile]).says(/Starting Server APIs[^]*Starting Server APIs/);
  const [, token] = /Token: (\S+)/.exec(server('token', 'generate', '-spiffeID', AGENT))!;
  const roots = configurationOf('roots.pem', server('bundle', 'show'));
  const agentFile = configurationOf('agent.conf', `
    agent {
      data_dir = "${folder}"
      log_level = "INFO"
      server_address = "127.0.0.1"
      server_port = "${port}"
      socket_path = "${agentSocket}"
      trust_bundle_path = "${roots}"
      trust_domain = "${DOMAIN}"
    }
    plugins {
      NodeAttestor "join_token" { plugin_data {} }
      KeyManager "memory" { plugin_data {} }
      WorkloadAttestor "unix" { plugin_data {} }
    }`);
  agent = new Program({ cleanups }, join(programs, 'spire-agent'), ['run', '-config', agentFile, '-joinToken', token!]);
  await agent.says(/Starting Workload and SDS APIs/);
  backend = await RawBackend.answering(() => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  cleanups.push(() => backend.close());
});

afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function sidecar(service: string, port: number, options: TestProxyOptions): Promise<TestProxy> {
  const started = await startProxy([port], { identity: { trustDomain: DOMAIN, workloadApiSocket: agentSocket, id: idOf(service) }, ...options });
  cleanups.push(() => started.proxy.close());
  return started;
}

const applied = (test: TestProxy): number => Number(/^mesh_identity_reloads_total\{result="applied"\} (\d+)$/m.exec(test.metrics())?.[1] ?? 0);
const expiryOf = (test: TestProxy): number => Number(/^mesh_identity_expiration_timestamp_seconds\{file="certificate"\} (\S+)$/m.exec(test.metrics())?.[1]);

async function ask(port: number): Promise<string> {
  const client = await rawClient(port);
  client.send('GET / HTTP/1.1\r\nHost: catalog\r\n\r\n');
  await client.receives(/ok$|details=/);
  client.socket.destroy();
  return client.received;
}

test('sidecars get their identities when they are registered, speak mutual TLS, and take over what the agent renews', async () => {
  const callee = await sidecar('catalog', backend.port, { direction: 'inbound', mutualTls: {} });
  expect(callee.proxy.readiness()).toMatchObject({ ready: false, why: expect.stringMatching(/it gives this workload no identity/) as string });
  register('catalog');
  await until('the callee is ready', () => callee.proxy.readiness().ready, WAIT_MS);
  expect(expiryOf(callee)).toBeLessThanOrEqual(Date.now() / 1_000 + TTL_SECONDS + 5);

  register('web');
  const caller = await sidecar('web', callee.port, { cluster: { mutualTls: { serverIds: [idOf('catalog')] } } });
  await until('the caller is ready', () => caller.proxy.readiness().ready, WAIT_MS);
  expect(await ask(caller.port)).toMatch(/200 OK/);
  expect(backend.received).toContain(`x-mesh-caller: ${idOf('web')}`);
  // One that is to be a third service, which nothing is registered for.
  const other = await sidecar('cart', callee.port, { cluster: { mutualTls: { serverIds: [idOf('catalog')] } } });
  expect(other.proxy.readiness().why).toContain(`and not ${idOf('cart')}`);

  const sidecars = [callee, caller];
  const [before, expiries] = [sidecars.map(applied), sidecars.map(expiryOf)];
  await until('both have other certificates', () => sidecars.every((each, i) => applied(each) > before[i]! && expiryOf(each) > expiries[i]!), WAIT_MS);
  expect(await ask(caller.port)).toMatch(/200 OK/);
  expect(sidecars.map(({ proxy }) => proxy.readiness().ready)).toEqual([true, true]);
});
