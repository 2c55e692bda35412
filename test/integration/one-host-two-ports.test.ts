/** What an app calls by one host name at two ports, through a real proxy that runs by the document of the constructs. */
import { ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Testing } from 'cdk8s';
import { AppProtocol, ExternalEndpoints, ExternalService, MeshService } from '../../src';
import { ENV_HOSTS_FILE, ENV_STATE_DIR } from '../../src/contract';
import { readHosts } from '../../src/proxy/hosts/hosts-text';
import { documentOf, newChart } from '../support/manifests';
import { freePort } from '../support/proxy';
import { RawBackend, rawClient, until } from '../support/raw-http';

const BUNDLE = join(__dirname, '../../lib/bin/proxy.js');
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

test('each port leads to its own destination', async () => {
  const backends = await Promise.all(['first', 'other'].map((text) => RawBackend.answering(() => `HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n${text}`)));
  cleanups.push(() => Promise.all(backends.map((backend) => backend.close())));
  const chart = newChart();
  const web = new MeshService(chart, 'web', { containers: [{ image: 'web:1', portNumber: await freePort() }], protocol: AppProtocol.HTTP });
  const destinations = await Promise.all(backends.map(async ({ port }, index) => new ExternalService(chart, `ledger-${index}`, {
    hostname: 'ledger.example.com', port: await freePort(), protocol: AppProtocol.HTTP,
    endpoints: ExternalEndpoints.addresses({ address: '127.0.0.1', port }),
  })));
  destinations.forEach((destination) => web.calls(destination));
  const hosts = await start({
    ...documentOf(Testing.synth(chart), 'web-v1'), admin: { port: await freePort() }, shutdown: { drainMs: 100 },
  });

  await until('the name is in the hosts file', () => hosts().has('ledger.example.com'), 20_000);
  const address = hosts().get('ledger.example.com')!;
  for (const [index, text] of ['first', 'other'].entries()) {
    const client = await rawClient(destinations[index].port, address);
    cleanups.push(() => client.socket.destroy());
    client.send('GET / HTTP/1.1\r\nHost: ledger.example.com\r\n\r\n');
    await client.receives(text);
  }
});

/** Runs a proxy by a document; what its hosts file says. */
async function start(document: object): Promise<() => ReadonlyMap<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-one-host-'));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  const state = join(folder, 'state');
  const file = join(state, 'hosts');
  mkdirSync(state);
  // Nothing comes in in this test, and the inbound port may be in use on the machine that it runs on.
  const { listeners } = document as { listeners: { direction: string }[] };
  writeFileSync(join(folder, 'proxy.json'), JSON.stringify({ ...document, listeners: listeners.filter(({ direction }) => direction === 'outbound') }));
  const child: ChildProcess = spawn(process.execPath, [BUNDLE, '--config', join(folder, 'proxy.json')], {
    env: { PATH: process.env.PATH, POD_IPS: '127.0.0.1', [ENV_STATE_DIR]: state, [ENV_HOSTS_FILE]: file },
  });
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => { output += chunk; });
  const exited = new Promise((resolve) => { child.on('exit', resolve); });
  cleanups.push(() => child.kill('SIGKILL') && exited);
  await until(() => `it has started; so far ${output}`, () => output.includes('"event":"started"'), 20_000);
  return () => readHosts(readFileSync(file, 'utf8')).leads;
}
