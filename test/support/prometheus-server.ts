/** A real Prometheus, which scrapes the pods of a local mesh and evaluates the rules of its services. Debian's package `prometheus` has it. */
import { ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { stringify } from 'yaml';
import type { LocalMesh } from '../../src/cli/up/local-mesh';

export const PROMETHEUS_IS_MISSING = spawnSync('prometheus', ['--version']).error !== undefined;

/** Once a second, so that a run of a minute has enough to compute rates of. */
const SECONDS = 1;
const DEADLINE_MS = 120_000;

export type Labels = Readonly<Record<string, string>>;
/** An instant value, or values by the time in seconds. */
export interface Sample { readonly metric: Labels; readonly value: [number, string] }
export interface Range { readonly metric: Labels; readonly values: [number, string][] }

export class Prometheus {
  private constructor(private readonly child: ChildProcess, private readonly folder: string, readonly url: string) {}

  /**
   * @param groups of rules
   * @param how    it scrapes, such as its `tls_config`
   */
  static async start(groups: readonly unknown[], how: object = {}): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'mesh-prometheus-'));
    writeFileSync(join(folder, 'rules.yaml'), stringify({ groups }));
    writeFileSync(join(folder, 'targets.json'), '[]');
    writeFileSync(join(folder, 'prometheus.yaml'), stringify({
      global: { scrape_interval: `${SECONDS}s`, scrape_timeout: `${SECONDS}s`, evaluation_interval: `${SECONDS}s` },
      rule_files: [join(folder, 'rules.yaml')],
      scrape_configs: [{ job_name: 'mesh', file_sd_configs: [{ files: [join(folder, 'targets.json')] }], ...how }],
    }));
    const child = spawn('prometheus', [
      `--config.file=${join(folder, 'prometheus.yaml')}`, `--storage.tsdb.path=${join(folder, 'data')}`, '--web.listen-address=127.0.0.1:0',
    ], { stdio: ['ignore', 'ignore', 'pipe'] });
    const said: string[] = [];
    const address = await new Promise<string>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`prometheus has ended with ${code}:\n${said.join('\n')}`)));
      createInterface(child.stderr!).on('line', (line) => {
        said.push(line);
        const [, found] = /msg="Listening on" address=(\S+)/.exec(line) ?? [];
        if (found !== undefined) resolve(found);
      });
    });
    const prometheus = new Prometheus(child, folder, `http://${address}`);
    await prometheus.ready();
    return prometheus;
  }

  /** It listens before it has read what it has stored, and then answers queries with 503. */
  private async ready(): Promise<void> {
    while ((await fetch(`${this.url}/-/ready`)).status !== 200) await setTimeout(50);
  }

  /** Scrapes the pods that there are now, with the labels that a PodMonitor gives them. */
  scrape(mesh: LocalMesh): void {
    this.scrapeTargets(mesh.pods.map(({ name, namespace, adminAddress, workload }) => ({
      targets: [`${adminAddress.address}:${adminAddress.port}`],
      labels: { namespace, pod: name, cdk8s_mesh_service: workload.service, cdk8s_mesh_version: workload.version },
    })));
  }

  scrapeTargets(targets: readonly { readonly targets: readonly string[]; readonly labels: Labels }[]): void {
    const written = join(this.folder, 'targets.new');
    writeFileSync(written, JSON.stringify(targets));
    renameSync(written, join(this.folder, 'targets.json'));
  }

  /** What a query yields now. Throws what Prometheus says against it. */
  async query(expr: string): Promise<Sample[]> {
    return await this.get('query', { query: expr }) as Sample[];
  }

  /** Values in steps of a second. */
  async range(expr: string, start: number, end: number): Promise<Range[]> {
    return await this.get('query_range', { query: expr, start: String(start), end: String(end), step: String(SECONDS) }) as Range[];
  }

  /** The time of Prometheus, in seconds. */
  async now(): Promise<number> {
    return Math.floor((await this.query('time()') as unknown as [number, string])[0]);
  }

  /** Settles when a condition holds; it is asked for twice a second. */
  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    for (const end = performance.now() + DEADLINE_MS; !await holds(); await setTimeout(SECONDS * 500)) {
      if (performance.now() > end) throw new Error(`not within ${DEADLINE_MS} ms: ${what}`);
    }
  }

  stop(): void {
    this.child.removeAllListeners('exit');
    this.child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async get(what: string, parameters: Record<string, string>): Promise<unknown> {
    const response = await fetch(`${this.url}/api/v1/${what}`, { method: 'POST', body: new URLSearchParams(parameters) });
    const { status, error, data } = await response.json() as { status: string; error: string; data: { result: unknown } };
    if (status !== 'success') throw new Error(`${error}: ${parameters.query}`);
    return data.result;
  }
}
