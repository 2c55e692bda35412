/** What each stack that was ported from elsewhere has to show: YAML without findings, and an answer to each call when `up` runs it with stand-ins. */
import { App, Chart, Testing, YamlOutputType } from 'cdk8s';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../src/cli/main';
import { readManifests } from '../../src/cli/model/manifests';
import { readModel } from '../../src/cli/model/read-model';
import { awaitEndpoints } from '../../src/cli/up/await-endpoints';
import { callsOf } from '../../src/cli/up/traffic/every-call';
import { flowBetween } from '../../src/cli/up/traffic/flow';
import { OUTSIDE } from '../../src/cli/up/traffic/outside';
import { Traffic } from '../../src/cli/up/traffic/traffic';
import type { Manifest } from '../support/manifests';
import { startMesh } from '../support/local-mesh';

/** Requests a second along each call, and for how long. */
const RATE = 50;
const DURATION_MS = 400;

export class PortedStack {
  readonly manifests: Manifest[];
  private readonly folder = mkdtempSync(join(tmpdir(), 'mesh-ported-'));

  constructor(build: (app: App) => Chart) {
    const app = Testing.app({ outdir: this.folder, yamlOutputType: YamlOutputType.FILE_PER_APP });
    const chart = build(app);
    app.synth();
    this.manifests = Testing.synth(chart) as Manifest[];
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  /** What `cdk8s-mesh check --strict` says, and its exit code. */
  async check(): Promise<{ code: number; text: string }> {
    let text = '';
    const write = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => { text += String(chunk); return true; });
    try {
      return { code: await main(['check', '--strict', this.folder]), text };
    } finally {
      write.mockRestore();
    }
  }

  /**
   * Runs it, and sends requests along each call, and from outside to the gateway.
   *
   * @param path that the gateway has a route for
   * @returns what came of each call: the versions that answered and the reasons of failures
   */
  async run(gateway: string, path: string): Promise<Record<string, string>> {
    const model = readModel(readManifests([this.folder]), this.folder);
    const mesh = await startMesh(model);
    try {
      expect(await awaitEndpoints(() => mesh, { timeoutMs: 30_000, onWaiting: () => undefined, stopped: () => false })).toBeUndefined();
      const calls = [...callsOf(model), [OUTSIDE, gateway] as const];
      return Object.fromEntries(await Promise.all(calls.map(async ([from, to]): Promise<[string, string]> => {
        const outcomes = new Set<string>();
        const traffic = new Traffic({
          flow: flowBetween(mesh, from, to), rate: RATE, durationMs: DURATION_MS, path, trusted: mesh.certificates?.onlyAuthority,
          onOutcome: ({ failure, version }) => outcomes.add(failure ?? version ?? 'answered'),
        });
        await traffic.finished;
        return [`${from} -> ${to}`, [...outcomes].sort().join(', ')];
      })));
    } finally {
      await mesh.stop();
    }
  }
}
