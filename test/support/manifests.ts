/** Synthesizes constructs in tests and finds objects in what comes out. */
import { App, Chart, ChartProps, Testing } from 'cdk8s';
import type { ProxyConfig } from '../../src/contract';

/** A Kubernetes object, as loosely typed as the YAML that it becomes. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Manifest = any;

/** A chart in namespace `shop` unless said otherwise. */
export function newChart(props: ChartProps = { namespace: 'shop' }, id = 'chart', app: App = Testing.app()): Chart {
  return new Chart(app, id, props);
}

/** Synthesizes what `build` creates in a chart. */
export function synth(build: (chart: Chart) => void, props?: ChartProps): Manifest[] {
  const chart = newChart(props);
  build(chart);
  return Testing.synth(chart);
}

/** All objects of a kind. */
export function findByKind(manifests: Manifest[], kind: string): Manifest[] {
  return manifests.filter((manifest) => manifest.kind === kind);
}

/** The object of a kind and a name; there must be exactly one. */
export function findOne(manifests: Manifest[], kind: string, name: string): Manifest {
  const found = findByKind(manifests, kind).filter((manifest) => manifest.metadata.name === name);
  if (found.length !== 1) {
    const names = findByKind(manifests, kind).map((manifest) => manifest.metadata.name);
    throw new Error(`${found.length} objects are ${kind} '${name}'; there are: ${names.join(', ') || 'none'}`);
  }
  return found[0];
}

/** The pod template of a workload. */
export function podTemplate(workload: Manifest): Manifest {
  return (workload.spec.jobTemplate ?? workload).spec.template;
}

/** The pod spec of a workload. */
export function podSpec(workload: Manifest): Manifest {
  return podTemplate(workload).spec;
}

/** The proxy's document of a workload, `catalog-v1` for example. */
export function documentOf(manifests: Manifest[], workload: string): ProxyConfig {
  return JSON.parse(findOne(manifests, 'ConfigMap', `${workload}-mesh`).data['proxy.json']) as ProxyConfig;
}

/** All objects as lines `kind namespace/name`. */
export function inventory(manifests: Manifest[]): string[] {
  return manifests.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`).sort();
}
