/** Namespaces that enforce a Pod Security Standard, and workloads made elsewhere in them. What it refuses is in test/planning. */
import { ApiObject, App, Chart, JsonPatch, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Mesh, MeshProps, MeshService, MeshSidecar, PodSecurityLevel } from '../../src';
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

/** An app with a workload in namespace `shop` that `restricted` refuses, and no Namespace. */
function unlabelled(props?: MeshProps) {
  const app = Testing.app();
  if (props) new Mesh(app, 'mesh', props);
  const chart = new Chart(app, 'chart', { namespace: 'shop' });
  const workload = new kplus.Deployment(chart, 'ledger', { containers: [{ name: 'app', image: 'ghcr.io/acme/app:1', portNumber: 8080 }] });
  new MeshSidecar(chart, 'Sidecar', { workload });
  return { app, chart, workload };
}
function namespace(scope: Chart, labels: Record<string, string> = {}, name = 'shop'): ApiObject {
  return new ApiObject(scope, `namespace-${name}`, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
}
const ENFORCE = 'pod-security.kubernetes.io/enforce';
const REFUSED = "namespace 'shop' enforces the restricted Pod Security Standard";

describe('without a Namespace of the app', () => {
  test('GIVEN nothing, says nothing', () => {
    const { chart } = unlabelled();
    Testing.synth(chart);
  });

  test.each<[string, MeshProps]>([
    ['all namespaces', { podSecurity: { enforce: PodSecurityLevel.RESTRICTED } }],
    ['its own', { podSecurity: { namespaces: { shop: PodSecurityLevel.RESTRICTED } } }],
    ['its own, above all others', { podSecurity: { enforce: PodSecurityLevel.BASELINE, namespaces: { shop: PodSecurityLevel.RESTRICTED } } }],
  ])('GIVEN a level for %s, says what to add', (_, props) => {
    const { chart } = unlabelled(props);
    expect(() => Testing.synth(chart)).toThrow(REFUSED);
  });

  test.each<[string, MeshProps]>([
    ['another namespace', { podSecurity: { namespaces: { other: PodSecurityLevel.RESTRICTED } } }],
    ['a lower level', { podSecurity: { enforce: PodSecurityLevel.BASELINE, namespaces: { shop: PodSecurityLevel.PRIVILEGED } } }],
    ['a lower level than all others', { podSecurity: { enforce: PodSecurityLevel.RESTRICTED, namespaces: { shop: PodSecurityLevel.PRIVILEGED } } }],
  ])('GIVEN %s, says nothing', (_, props) => {
    const { chart } = unlabelled(props);
    Testing.synth(chart);
  });

  test('GIVEN a nearer Mesh, takes what it says', () => {
    const { app, chart } = unlabelled({ podSecurity: { enforce: PodSecurityLevel.RESTRICTED } });
    expect(() => app.synth()).toThrow(REFUSED);
    const inner = new Chart(app, 'inner', { namespace: 'jobs' });
    new Mesh(inner, 'mesh', { podSecurity: { enforce: PodSecurityLevel.PRIVILEGED } });
    new MeshSidecar(inner, 'Sidecar', { workload: new kplus.Job(inner, 'job', { containers: [{ image: 'j:1' }] }) });
    expect(() => Testing.synth(inner)).not.toThrow("namespace 'jobs'");
    expect(() => Testing.synth(chart)).toThrow(REFUSED);
  });

  test('GIVEN what is no level, says which there are', () => {
    const wrong = (podSecurity: unknown) => () => new Mesh(Testing.app(), 'mesh', { podSecurity } as MeshProps);
    const remedy = 'use one of PodSecurityLevel.PRIVILEGED, PodSecurityLevel.BASELINE, PodSecurityLevel.RESTRICTED';
    expect(wrong({ enforce: 'strict' })).toThrow(`'podSecurity.enforce' is "strict": ${remedy}`);
    expect(wrong({ namespaces: { shop: 'strict' } })).toThrow(`'podSecurity.namespaces['shop']' is "strict": ${remedy}`);
    expect(wrong({ namespaces: { Shop: 'restricted' } })).toThrow("'podSecurity.namespaces' is \"Shop\"");
    expect(wrong({ enforced: 'restricted' })).toThrow("'podSecurity.enforced' is not a prop here: did you mean 'enforce'?");
    expect(wrong('restricted')).toThrow('use { enforce: PodSecurityLevel.RESTRICTED }, for example');
  });
});

describe('with a Namespace of the app', () => {
  test('GIVEN a label that comes by a JSON patch, it counts', () => {
    const { chart } = unlabelled();
    const object = namespace(chart, { team: 'shop' });
    Testing.synth(chart);
    object.addJsonPatch(JsonPatch.add('/metadata/labels/pod-security.kubernetes.io~1enforce', 'restricted'));
    expect(() => Testing.synth(chart)).toThrow(REFUSED);
    object.addJsonPatch(JsonPatch.remove('/metadata/labels/pod-security.kubernetes.io~1enforce'));
    Testing.synth(chart);
  });

  test('GIVEN a label that is added at last, it counts', () => {
    const { chart } = unlabelled();
    const object = namespace(chart);
    Testing.synth(chart);
    object.metadata.addLabel(ENFORCE, 'restricted');
    expect(() => Testing.synth(chart)).toThrow(REFUSED);
  });

  test('GIVEN a pod that a JSON patch makes secure, says nothing', () => {
    const { chart, workload } = unlabelled();
    namespace(chart, { [ENFORCE]: 'restricted' });
    expect(() => Testing.synth(chart)).toThrow(REFUSED);
    const context = '/spec/template/spec/containers/0/securityContext';
    ApiObject.of(workload).addJsonPatch(JsonPatch.add(`${context}/capabilities`, { drop: ['ALL'] }), JsonPatch.add(`${context}/seccompProfile`, { type: 'RuntimeDefault' }));
    Testing.synth(chart);
  });

  test('GIVEN its label, that counts and not what holds for all namespaces', () => {
    const { chart } = unlabelled({ podSecurity: { enforce: PodSecurityLevel.RESTRICTED } });
    namespace(chart, { [ENFORCE]: 'baseline' });
    Testing.synth(chart);
  });

  test('GIVEN a level that Kubernetes doesn\'t know, it is the strictest, as there', () => {
    const { chart } = unlabelled();
    namespace(chart, { [ENFORCE]: 'Restricted' });
    expect(() => Testing.synth(chart)).toThrow(REFUSED);
  });

  test('GIVEN a release whose rules it pins, they count', () => {
    const { chart, workload } = unlabelled();
    const object = namespace(chart, { [ENFORCE]: 'baseline', [`${ENFORCE}-version`]: 'v1.33' });
    ApiObject.of(workload).addJsonPatch(JsonPatch.add('/spec/template/spec/containers/0/livenessProbe', { tcpSocket: { host: '10.0.0.1', port: 80 } }));
    Testing.synth(chart);
    object.metadata.addLabel(`${ENFORCE}-version`, 'latest');
    expect(() => Testing.synth(chart)).toThrow("'containers['app'].livenessProbe.tcpSocket.host' is \"10.0.0.1\": namespace 'shop' enforces the baseline");
  });
});

describe('one name of a namespace in two clusters', () => {
  function clusters(levels: Record<string, string>): App {
    const app = Testing.app();
    for (const [cluster, level] of Object.entries(levels)) {
      const chart = new Chart(app, cluster, { namespace: 'shop' });
      new Mesh(chart, 'mesh', { cluster });
      namespace(chart, { [ENFORCE]: level });
      if (cluster === 'blue') {
        new MeshSidecar(chart, 'Sidecar', { workload: new kplus.Deployment(chart, 'ledger', { containers: [{ image: 'l:1', portNumber: 8080 }] }) });
      }
    }
    return app;
  }

  test('GIVEN the level of the other one, says nothing', () => {
    clusters({ blue: 'baseline', green: 'restricted' }).synth();
  });

  test('GIVEN its own level, says what to add', () => {
    expect(() => clusters({ blue: 'restricted', green: 'privileged' }).synth()).toThrow(REFUSED);
  });
});
