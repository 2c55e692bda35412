/** Checks read objects as they will be written, each once for a synthesis, and anew when it may have changed. */
import { ApiObject, App, Chart, JsonPatch, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { MeshService, MeshSidecar } from '../../src';
import * as lints from '../../src/planning/lints';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];
const securityContext: kplus.ContainerSecurityContextProps = {
  capabilities: { drop: [kplus.Capability.ALL] }, seccompProfile: { type: kplus.SeccompProfileType.RUNTIME_DEFAULT },
};

afterEach(() => jest.restoreAllMocks());

function namespace(chart: Chart, level: string): ApiObject {
  return new ApiObject(chart, 'Namespace', {
    apiVersion: 'v1', kind: 'Namespace', metadata: { name: chart.namespace, labels: { 'pod-security.kubernetes.io/enforce': level } },
  });
}

/** A policy that lets `app` in at the port of the sidecar. */
function policy(chart: Chart, app: string, port = 15006): ApiObject {
  return new ApiObject(chart, `policy-${app}`, {
    apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: `to-${app}` },
    spec: { podSelector: { matchLabels: { 'cdk8s-mesh/service': app } }, policyTypes: ['Ingress'], ingress: [{ ports: [{ port }] }] },
  });
}

/** As many charts, each of a restricted namespace with a policy, a service and a workload made elsewhere that calls it. */
function appOf(charts: number): App {
  const app = Testing.app();
  for (let index = 0; index < charts; index++) {
    const chart = new Chart(app, `chart-${index}`, { namespace: `team-${index}` });
    namespace(chart, 'restricted');
    const service = new MeshService(chart, 'catalog', { containers });
    const workload = new kplus.Deployment(chart, 'ledger', { containers: [{ ...containers[0]!, securityContext }] });
    new MeshSidecar(chart, 'Sidecar', { workload }).calls(service);
    policy(chart, 'catalog');
  }
  return app;
}

test.each(['synth', 'synthYaml'] as const)('GIVEN twice as many charts, %s() makes twice as many manifests and lints once', (method) => {
  const linted = jest.spyOn(lints, 'lint');
  const made = [2, 4, 8].map((charts) => {
    const toJson = jest.spyOn(ApiObject.prototype, 'toJson');
    appOf(charts)[method]();
    const { calls } = toJson.mock;
    toJson.mockRestore();
    return calls.length / charts;
  });
  expect(new Set(made).size).toBe(1);
  expect(linted).toHaveBeenCalledTimes(3);
});

describe('GIVEN an app that was synthesized before', () => {
  const setUp = () => {
    const chart = new Chart(Testing.app(), 'shop', { namespace: 'shop' });
    const catalog = new MeshService(chart, 'catalog', { containers });
    new MeshService(chart, 'web', { containers }).calls(catalog);
    return { chart, restriction: policy(chart, 'catalog') };
  };
  const REFUSED = /NetworkPolicy 'to-catalog'.*\(network-policy\)/;

  test('a policy that is made is found', () => {
    const { chart } = setUp();
    Testing.synth(chart);
    new ApiObject(chart, 'Closed', {
      apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'closed' }, spec: { podSelector: {}, policyTypes: ['Egress'] },
    });
    expect(() => Testing.synth(chart)).toThrow(/NetworkPolicy 'closed'.*\(network-policy\)/);
  });

  test('a patch is found, and one that takes it back', () => {
    const { chart, restriction } = setUp();
    Testing.synth(chart);
    restriction.addJsonPatch(JsonPatch.replace('/spec/ingress/0/ports/0/port', 8080));
    expect(() => Testing.synth(chart)).toThrow(REFUSED);
    expect(() => Testing.synth(chart)).toThrow(REFUSED);
    restriction.addJsonPatch(JsonPatch.replace('/spec/ingress/0/ports/0/port', 15006));
    Testing.synth(chart);
  });

  test('a change of what an object is made of is found, though nobody says so', () => {
    const chart = new Chart(Testing.app(), 'shop', { namespace: 'shop' });
    const catalog = new MeshService(chart, 'catalog', { containers });
    new MeshService(chart, 'web', { containers }).calls(catalog);
    const closed = { key: 'cdk8s-mesh/service', operator: 'In', values: ['nobody'] };
    new ApiObject(chart, 'Closed', {
      apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'to-catalog' },
      spec: { podSelector: { matchExpressions: [closed] }, policyTypes: ['Ingress'] },
    });
    Testing.synth(chart);
    closed.values[0] = 'catalog';
    expect(() => Testing.synth(chart)).toThrow(REFUSED);
    closed.values[0] = 'nobody';
    Testing.synth(chart);
  });
});

describe('GIVEN patches, policies are judged by what they make of', () => {
  const setUp = () => {
    const chart = new Chart(Testing.app(), 'shop', { namespace: 'shop' });
    const catalog = new MeshService(chart, 'catalog', { containers });
    const web = new MeshService(chart, 'web', { containers });
    web.calls(catalog);
    return { chart, pods: ApiObject.of(catalog.deployment) };
  };
  const closing = (chart: Chart, app: string, name = 'closed') => new ApiObject(chart, name, {
    apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name }, spec: { podSelector: { matchLabels: { app } }, policyTypes: ['Ingress'] },
  });

  test('the labels of pods', () => {
    const { chart, pods } = setUp();
    closing(chart, 'catalog');
    Testing.synth(chart);
    pods.addJsonPatch(JsonPatch.add('/spec/template/metadata/labels/app', 'catalog'));
    expect(() => Testing.synth(chart)).toThrow("NetworkPolicy 'closed'");
  });

  test('the names of ports', () => {
    const { chart, pods } = setUp();
    new ApiObject(chart, 'Named', {
      apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'named' },
      spec: { podSelector: { matchLabels: { 'cdk8s-mesh/service': 'catalog' } }, policyTypes: ['Ingress'], ingress: [{ ports: [{ port: 'mesh' }] }] },
    });
    expect(() => Testing.synth(chart)).toThrow("NetworkPolicy 'named'");
    pods.addJsonPatch(JsonPatch.replace('/spec/template/spec/initContainers/0/ports/0/name', 'mesh'));
    Testing.synth(chart);
  });

  test('the name and namespace of a policy', () => {
    const { chart } = setUp();
    const policyOfNobody = new ApiObject(chart, 'Closed', {
      apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'closed', namespace: 'other' },
      spec: { podSelector: {}, policyTypes: ['Ingress'] },
    });
    Testing.synth(chart);
    policyOfNobody.addJsonPatch(JsonPatch.replace('/metadata/namespace', 'shop'), JsonPatch.replace('/metadata/name', 'renamed'));
    expect(() => Testing.synth(chart)).toThrow("NetworkPolicy 'renamed'");
  });
});
