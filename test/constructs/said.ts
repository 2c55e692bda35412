/** What is said of an app at synthesis. `cdk8s-mesh check` must say the same of its YAML. */
import { Chart, Testing, YamlOutputType } from 'cdk8s';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Mesh, MeshProps } from '../../src';
import { infoOf } from '../../src/cli/check/info';
import { readManifests } from '../../src/cli/model/manifests';
import { readModel } from '../../src/cli/model/read-model';
import { lint } from '../../src/planning/lints';

/** Errors, and then warnings, of a chart of the namespace `shop`. */
export function said(build: (chart: Chart) => void, mesh: MeshProps = {}): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-said-'));
  const written = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    const app = Testing.app({ outdir: folder, yamlOutputType: YamlOutputType.FILE_PER_APP });
    new Mesh(app, 'mesh', mesh);
    const chart = new Chart(app, 'shop', { namespace: 'shop' });
    build(chart);
    let errors: string[] = [];
    try {
      Testing.synth(chart);
    } catch (error) {
      errors = (error as Error).message.split('\n').slice(1).map((line) => line.replace(/^ *\[[^\]]*\] /, ''));
    }
    const atSynth = [...errors, ...written.mock.calls.map(([line]) => String(line).replace(/^cdk8s-mesh: warning: |\n$/g, ''))];

    // What is refused is written all the same, as somebody could by hand.
    jest.spyOn(app.node, 'validate').mockReturnValue([]);
    app.synth();
    const manifests = readManifests([folder]);
    const found = lint(infoOf(manifests, readModel(manifests, folder), { zones: undefined, requestsPerSecond: new Map(), latencyMs: new Map() }))
      .filter(({ rule }) => !mesh.lints?.off?.includes(rule));
    expect(found.map(({ rule, where, message, remedy }) => `${where}: ${message}; ${remedy} (${rule})`)).toEqual(atSynth);
    return atSynth;
  } finally {
    written.mockRestore();
    rmSync(folder, { recursive: true });
  }
}
