/** A namespace that enforces the restricted Pod Security Standard, and workloads made elsewhere in it. */
import { ApiObject, Chart, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { MeshService, MeshSidecar } from '../../src';
import { newChart } from '../support/manifests';

const restricted: kplus.ContainerSecurityContextProps = {
  capabilities: { drop: [kplus.Capability.ALL] }, seccompProfile: { type: kplus.SeccompProfileType.RUNTIME_DEFAULT },
};

function synthesize(securityContext: kplus.ContainerSecurityContextProps | undefined, level = 'restricted', kind: 'Deployment' | 'Job' = 'Deployment'): void {
  const chart: Chart = newChart();
  new ApiObject(chart, 'Namespace', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { 'pod-security.kubernetes.io/enforce': level } } });
  const containers = [{ name: 'app', image: 'ghcr.io/acme/app:1', portNumber: 8080, securityContext }];
  const workload = kind === 'Deployment' ? new kplus.Deployment(chart, 'ledger', { containers }) : new kplus.Job(chart, 'ledger', { containers });
  new MeshSidecar(chart, 'Sidecar', { workload });
  new MeshService(chart, 'catalog', { containers: [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }] });
  Testing.synth(chart);
}

test.each(['Deployment', 'Job'] as const)('GIVEN containers of a %s that it refuses, says what to add', (kind) => {
  expect(() => synthesize(undefined, 'restricted', kind)).toThrow(new RegExp([
    "\\[chart/Sidecar\\] 'containers\\['app'\\]\\.securityContext' is .*namespace 'shop' enforces the restricted Pod Security Standard, which refuses these pods; ",
    'add capabilities: { drop: \\[Capability.ALL\\] }, seccompProfile: { type: SeccompProfileType.RUNTIME_DEFAULT }',
  ].join('')));
});

test('GIVEN containers that it lets in, says nothing', () => {
  expect(() => synthesize(restricted)).not.toThrow();
});

test('GIVEN another level, says nothing', () => {
  expect(() => synthesize(undefined, 'baseline')).not.toThrow();
});
