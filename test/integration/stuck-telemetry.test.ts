/** What nobody takes from the proxy, its log and its spans, costs no request: it is dropped and counted. */
import { ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProxyConfig } from '../../src/contract';
import { cleanupsAfterEach } from '../support/cleanups';
import { freePort } from '../support/proxy';
import { sampleOf } from '../support/prometheus';
import { RawBackend, until } from '../support/raw-http';

const BUNDLE = join(__dirname, '../../lib/bin/proxy.js');
/** Enough lines for the buffer of a mebibyte and the kernel's, with paths this long. */
const REQUESTS = 2_000;
const LONG_PATH = `/${'p'.repeat(1_000)}`;
const CLIENTS = 20;
const QUEUED_SPANS = 100;

const cleanups = cleanupsAfterEach();

/** Takes connections and requests, and never answers. */
async function startSilentCollector(): Promise<string> {
  const server = createServer((socket) => { socket.on('error', () => undefined).resume(); });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  cleanups.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function startProxy(collector: string): Promise<{ port: number; metrics: () => Promise<string> }> {
  const backend = await RawBackend.answering(() => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  const folder = mkdtempSync(join(tmpdir(), 'mesh-stuck-'));
  const [port, adminPort] = [await freePort(), await freePort()];
  const document: ProxyConfig = {
    version: 'v1',
    node: { service: 'web', namespace: 'shop', version: 'v1' },
    admin: { port: adminPort },
    listeners: [{ name: 'inbound', direction: 'inbound', port, routes: [{ name: 'default', split: [{ cluster: 'app', weight: 1 }] }] }],
    clusters: [{ name: 'app', discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: backend.port }] } }],
    accessLog: { mode: 'all' },
    tracing: { endpoint: collector, samplingPercent: 100, maxQueuedSpans: QUEUED_SPANS },
  };
  writeFileSync(join(folder, 'proxy.json'), JSON.stringify(document));
  const child: ChildProcess = spawn(process.execPath, [BUNDLE, '--config', join(folder, 'proxy.json')], {
    // Nobody reads its standard output.
    env: { PATH: process.env.PATH, POD_IPS: '127.0.0.1', POD_NAME: 'web-0' }, stdio: ['ignore', 'pipe', 'ignore'],
  });
  cleanups.push(async () => {
    child.kill('SIGKILL');
    await backend.close();
    rmSync(folder, { recursive: true });
  });
  const read = (path: string): Promise<string> => fetch(`http://127.0.0.1:${adminPort}${path}`).then((response) => response.text(), () => '');
  let ready = '';
  await until(() => `it is ready; it says ${ready}`, () => {
    void read('/ready').then((text) => { ready = text; });
    return ready.includes('ready');
  }, 20_000);
  return { port, metrics: () => read('/metrics') };
}

/** How many requests got which status. */
async function send(port: number): Promise<Record<string, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  const statuses: Record<string, number> = {};
  const one = (): Promise<void> => new Promise((resolve) => {
    const end = (status: string): void => {
      statuses[status] = (statuses[status] ?? 0) + 1;
      resolve();
    };
    get({ host: '127.0.0.1', port, path: LONG_PATH, agent }, (response) => response.resume().on('end', () => end(String(response.statusCode))))
      .on('error', (error) => end(error.message));
  });
  let sent = 0;
  await Promise.all(Array.from({ length: CLIENTS }, async () => { while (sent++ < REQUESTS) await one(); }));
  agent.destroy();
  return statuses;
}

test('a log that nobody reads and a collector that never answers lose no request', async () => {
  const { port, metrics } = await startProxy(await startSilentCollector());
  expect(await send(port)).toEqual({ 200: REQUESTS });
  const text = await metrics();
  expect(sampleOf(text, 'mesh_log_lines_dropped_total')).toBeGreaterThan(0);
  expect(sampleOf(text, 'mesh_spans_queued')).toBeLessThanOrEqual(QUEUED_SPANS);
  // Two of each request, and none but those in the queue were kept.
  expect(sampleOf(text, 'mesh_spans_total{result="queue_full"}')).toBeGreaterThanOrEqual(2 * REQUESTS - QUEUED_SPANS - 1);
});
