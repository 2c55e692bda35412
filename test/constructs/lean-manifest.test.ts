/** A second client-side `kubectl apply` must find nothing to change, so nothing is written that the API server drops. */
import { Chart, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Shop } from '../../examples/shop/shop';
import { MeshService, MeshSidecar, Scaling, ServiceType } from '../../src';
import { findByKind, findOne, Manifest, newChart } from '../support/manifests';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];

/**
 * Fields that Kubernetes' own types omit when they are zero: not pointers, and `omitempty`
 * (https://github.com/kubernetes/api, core/v1, apps/v1, policy/v1, rbac/v1).
 */
const OMITTED_ZEROS: Readonly<Record<string, unknown>> = {
  hostNetwork: false, hostPID: false, hostIPC: false, publishNotReadyAddresses: false, readOnly: false, stdin: false, stdinOnce: false, tty: false,
  minReadySeconds: 0, initialDelaySeconds: 0, nodePort: 0, apiGroup: '', serviceAccountName: '', nodeName: '', clusterIP: '', value: '',
};

/** What the API server would drop, each with where it is. */
function dropped(manifest: Manifest): string[] {
  const found: string[] = [];
  const look = (value: unknown, path: string): void => {
    if (Array.isArray(value) && value.length === 0) found.push(`${path} is an empty list`);
    if (value === null) found.push(`${path} is null`);
    if (typeof value !== 'object' || value === null) return;
    for (const [name, below] of Object.entries(value)) {
      if (Object.hasOwn(OMITTED_ZEROS, name) && OMITTED_ZEROS[name] === below) found.push(`${path}.${name} is ${JSON.stringify(below)}`);
      look(below, `${path}.${name}`);
    }
  };
  look(manifest, `${manifest.kind} ${manifest.metadata.name}`);
  return found;
}

test('the example has nothing that the API server drops', () => {
  expect(Testing.synth(new Shop(Testing.app(), 'shop')).flatMap(dropped)).toEqual([]);
});

test('neither has a service of each type, with an autoscaler', () => {
  for (const type of [ServiceType.CLUSTER_IP, ServiceType.NODE_PORT, ServiceType.LOAD_BALANCER, ServiceType.HEADLESS]) {
    const chart = newChart();
    new MeshService(chart, 'web', { containers, type, scaling: Scaling.between(1, 3) }).calls(new MeshService(chart, 'catalog', { containers }));
    expect(Testing.synth(chart).flatMap(dropped)).toEqual([]);
  }
});

test('neither have the objects beside a workload made elsewhere, which is its author\'s', () => {
  const chart = newChart();
  const workload = new kplus.StatefulSet(chart, 'ledger', { containers });
  const sidecar = new MeshSidecar(chart, 'Sidecar', { workload, serviceName: 'ledger' });
  sidecar.expose();
  sidecar.calls(new MeshService(chart, 'catalog', { containers }));
  const manifests = Testing.synth(chart);
  expect(manifests.filter(({ metadata }) => !metadata.name.startsWith('chart-')).flatMap(dropped)).toEqual([]);
});

test.each<[string, (chart: Chart) => kplus.Workload]>([
  ['Deployment', (chart) => new kplus.Deployment(chart, 'ledger', { containers })],
  ['StatefulSet', (chart) => new kplus.StatefulSet(chart, 'ledger', { containers })],
  ['DaemonSet', (chart) => new kplus.DaemonSet(chart, 'ledger', { containers })],
])('neither has a %s of cdk8s-plus with a sidecar', (kind, make) => {
  const chart: Chart = newChart();
  new MeshSidecar(chart, 'sidecar', { workload: make(chart) });
  expect(findByKind(Testing.synth(chart), kind).flatMap(dropped)).toEqual([]);
});

test('what means something though it looks empty stays', () => {
  const chart: Chart = newChart();
  const web = new MeshService(chart, 'web', { containers });
  web.deployment.containers[0].mount('/tmp', kplus.Volume.fromEmptyDir(chart, 'Tmp', 'tmp'));
  web.deployment.podMetadata.addLabel('readOnly', 'false');
  const manifests = Testing.synth(chart);
  const { spec, metadata } = findOne(manifests, 'Deployment', 'web-v1').spec.template;
  expect(spec.volumes).toContainEqual({ name: 'tmp', emptyDir: {} });
  expect(metadata.labels.readOnly).toBe('false');
  expect(findByKind(manifests, 'ServiceAccount')[0].automountServiceAccountToken).toBe(false);
  expect(findOne(manifests, 'Deployment', 'web-v1').spec.strategy.rollingUpdate.maxUnavailable).toBe(0);
});
