/**
 * A pod's sidecar as processes of the bundled file, one after the other, over one mounted document and one folder of state: what a pod
 * is to a proxy whose container restarts.
 */
import { ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENV_STATE_DIR, ProxyConfig } from '../../src/contract';
import { freePort } from './proxy';
import { RawBackend, rawClient, until } from './raw-http';

const BUNDLE = join(__dirname, '../../lib/bin/proxy.js');
const START_MS = 20_000;

/** One process. */
export class PodProcess {
  readonly exited: Promise<number | null>;
  output = '';

  constructor(readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => { this.output += chunk; });
    this.exited = new Promise((resolve) => { child.on('exit', resolve); });
  }

  async logs(event: string): Promise<void> {
    await until(() => `it logs ${event}; so far ${this.output}`, () => this.output.includes(`"event":"${event}"`), START_MS);
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }
}

export class ProcessPod {
  private readonly processes: PodProcess[] = [];

  private constructor(readonly folder: string, readonly backend: RawBackend, readonly adminPort: number) {}

  /** With a backend that answers everything with 200. */
  static async make(): Promise<ProcessPod> {
    const folder = mkdtempSync(join(tmpdir(), 'mesh-pod-'));
    mkdirSync(join(folder, 'state'));
    const backend = await RawBackend.answering(() => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    return new ProcessPod(folder, backend, await freePort());
  }

  async close(): Promise<void> {
    for (const process of this.processes) await process.kill();
    await this.backend.close();
    rmSync(this.folder, { recursive: true });
  }

  /** A document of an app that calls services, each at a port of its own; all lead to the backend. */
  calling(ports: Readonly<Record<string, number>>, more: object = {}): ProxyConfig {
    return {
      version: 'v1',
      node: { service: 'web', namespace: 'shop', version: 'v1' },
      admin: { port: this.adminPort },
      listeners: Object.entries(ports).map(([name, port]) => ({
        name: `outbound/${name}`, direction: 'outbound', address: '127.0.0.1', port, routes: [{ name: 'default', split: [{ cluster: name, weight: 1 }] }],
      })),
      clusters: Object.keys(ports).map((name) => ({ name, discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: this.backend.port }] } })),
      shutdown: { drainMs: 100 },
      ...more,
    };
  }

  mount(document: object | string): void {
    writeFileSync(join(this.folder, 'proxy.json'), typeof document === 'string' ? document : JSON.stringify(document));
  }

  run(): PodProcess {
    const process_ = new PodProcess(spawn(process.execPath, [BUNDLE, '--config', join(this.folder, 'proxy.json')], {
      env: { PATH: process.env.PATH, POD_IPS: '127.0.0.1', [ENV_STATE_DIR]: join(this.folder, 'state') },
    }));
    this.processes.push(process_);
    return process_;
  }

  async start(): Promise<PodProcess> {
    const process_ = this.run();
    await process_.logs('started');
    return process_;
  }

  /** Forgets all state, as a pod that takes the place of this one has none. */
  replace(): void {
    rmSync(join(this.folder, 'state'), { recursive: true });
    mkdirSync(join(this.folder, 'state'));
  }

  /** What an admin page says. */
  async page(path: string): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.adminPort}${path}`)).text();
  }
}

/** Fails unless a request to the port is answered by a backend of a {@link ProcessPod}. */
export async function ask(port: number, host = '127.0.0.1'): Promise<void> {
  const client = await rawClient(port, host);
  client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  expect(await client.closes()).toMatch(/^HTTP\/1\.1 200 [^]*ok$/);
}
