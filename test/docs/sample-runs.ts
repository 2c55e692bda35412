/**
 * Runs samples of the documents. One that imports is a program of its own. Any other is what stands in the constructor of a chart, with these names
 * at hand: all of cdk8s-mesh, `kplus`, some of cdk8s, `app`, `image`, and `web`, `catalog` and `bookinfo`, which are made just before the statement
 * that first names them.
 */
import * as cdk8s from 'cdk8s';
import * as mesh from 'cdk8s-mesh';
import * as kplus from 'cdk8s-plus-28';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';
import { Bookinfo } from '../../examples/bookinfo/bookinfo';
import type { Manifest } from '../support/manifests';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];

/** Made on demand: a service that is there would keep a sample from creating its Mesh, which has to come first. */
const ON_DEMAND = {
  web: (chart: cdk8s.Chart) => new mesh.MeshService(chart, 'web', { containers }),
  catalog: (chart: cdk8s.Chart) => new mesh.MeshService(chart, 'catalog', { containers }),
  bookinfo: (chart: cdk8s.Chart) => new Bookinfo(chart.node.root as cdk8s.App, 'bookinfo'),
};

/** What a sample without imports synthesizes. */
export function synthesize(sample: string): Manifest[] {
  const app = cdk8s.Testing.app();
  const chart = new cdk8s.Chart(app, 'sample', { namespace: 'shop', disableResourceNameHashes: true });
  const { ApiObject, App, Chart, Duration, Size } = cdk8s;
  const scope = { ApiObject, App, Chart, Duration, Size, ...mesh, kplus, app, image: 'ghcr.io/acme/app:1', ON_DEMAND };
  const code = ts.transpile(withNamesOnDemand(sample), { target: ts.ScriptTarget.ES2022 });
  new Function(...Object.keys(scope), code).apply(chart, Object.values(scope));
  return documentsOf(app.synthYaml());
}

/** Inserts what makes a name before the first statement that has it, unless the sample declares it. */
function withNamesOnDemand(sample: string): string {
  const source = ts.createSourceFile('sample.ts', sample, ts.ScriptTarget.ES2022);
  const made = new Set<string>();
  return source.statements.map((statement) => {
    const text = statement.getFullText(source);
    if (ts.isVariableStatement(statement)) statement.declarationList.declarations.forEach(({ name }) => made.add(name.getText(source)));
    const missing = Object.keys(ON_DEMAND).filter((name) => !made.has(name) && new RegExp(`\\b${name}\\b(?!')`).test(text.replace(/'[^']*'/g, "''")));
    missing.forEach((name) => made.add(name));
    return missing.map((name) => `\nconst ${name} = ON_DEMAND.${name}(this);`).join('') + text;
  }).join('');
}

/** What a program with imports synthesizes, and the tests in it. @param write whether it writes files, as it says */
export function runProgram(program: string, { write = false } = {}): { manifests: Manifest[]; tests: Map<string, () => void> } {
  const apps: cdk8s.App[] = [];
  class RecordedApp extends cdk8s.App {
    constructor(props: cdk8s.AppProps = {}) {
      super(props);
      apps.push(this);
    }
    override synth(): void {
      if (write) super.synth();
    }
  }
  const modules: Record<string, unknown> = { cdk8s: { ...cdk8s, App: RecordedApp } };
  const tests = new Map<string, () => void>();
  const { outputText } = ts.transpileModule(program, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } });
  new Function('require', 'exports', 'test', outputText)(
    (name: string): unknown => modules[name] ?? require(name), {}, (name: string, run: () => void) => tests.set(name, run),
  );
  return { manifests: apps.flatMap((app) => documentsOf(app.synthYaml())), tests };
}

function documentsOf(yaml: string): Manifest[] {
  return parseAllDocuments(yaml).map((document) => document.toJS() as Manifest | null).filter((manifest) => manifest !== null);
}
