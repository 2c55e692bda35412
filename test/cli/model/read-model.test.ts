import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { Field } from '../../../src/cli/model/field';
import type { Manifest } from '../../../src/cli/model/manifests';
import { CONTRACT_MINOR } from '../../../src/contract';
import type { Workload } from '../../../src/cli/model/model';
import { readModel } from '../../../src/cli/model/read-model';

interface KubernetesObject { kind: string; metadata: { name: string }; [field: string]: unknown }

const FIXTURE = readFileSync(join(__dirname, '../up/fixtures/shop.yaml'), 'utf8');

/** The fixture's objects, for a test to change. */
function objects(): KubernetesObject[] {
  return parseAllDocuments(FIXTURE).map((document) => document.toJS() as KubernetesObject);
}

interface Parts {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  spec: Record<string, any>;
  data: Record<string, string>;
}

function find(all: KubernetesObject[], kind: string, name: string): Parts {
  return all.find((object) => object.kind === kind && object.metadata.name === name) as never;
}

function manifests(all: KubernetesObject[]): Manifest[] {
  return all.map((object, index) => {
    const where = `shop.yaml:${index + 1}`;
    const { kind, metadata } = object;
    return { kind, name: metadata.name, namespace: 'shop', where, body: new Field(object, where, '', `${kind} '${metadata.name}'`) };
  });
}

function read(all: KubernetesObject[]) {
  return readModel(manifests(all), 'dist');
}

test('finds the workloads with the sidecar, their pods and their Services', () => {
  const { workloads, services, outside } = read(objects());
  expect(workloads.map(({ service, version, replicas, preStopMs, graceMs }) => [service, version, replicas, preStopMs, graceMs])).toEqual([
    ['web', 'v1', 1, 1_000, 20_000],
    ['catalog', 'v1', 2, 1_000, 20_000],
    ['catalog', 'v2', 1, 1_000, 20_000],
  ]);
  expect(workloads[0]?.config.listeners[1]?.hostnames?.[0]).toBe('catalog');
  expect(workloads[0]?.app?.env).toEqual([
    { name: 'GREETING', type: 'value', value: 'hello' },
    { name: 'MY_POD', type: 'field', path: 'metadata.name' },
  ]);
  expect(services.map(({ name, type }) => [name, type])).toEqual([
    ['web', 'LoadBalancer'], ['catalog', 'ClusterIP'], ['catalog-v1', 'ClusterIP'], ['catalog-v2', 'ClusterIP'],
  ]);
  expect(outside).toEqual([]);
});

test.each([[undefined, undefined, 1], [3, undefined, 3], [3, false, 3], [3, true, 0]])(
  'the pods of a CronJob are those of one job (parallelism %p), or none when it is suspended (%p)', (parallelism, suspend, replicas) => {
    const all = objects();
    const web = all.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'web')! as unknown as Parts & { kind: string };
    web.kind = 'CronJob';
    web.spec = { schedule: '@daily', suspend, jobTemplate: { spec: { parallelism, template: web.spec['template'] as object } } };
    const [first] = read(all).workloads;
    expect(first).toMatchObject({ kind: 'CronJob', service: 'web', replicas });
  });

test('a Deployment has its own replicas, else those that its autoscaler begins with, else one', () => {
  const all = objects();
  find(all, 'Deployment', 'catalog-v1').spec['replicas'] = 4;
  expect(read(all).workloads[1]?.replicas).toBe(4);
  delete find(all, 'Deployment', 'catalog-v1').spec['replicas'];
  expect(read(all).workloads[1]?.replicas).toBe(2);
  expect(read(all.filter(({ kind }) => kind !== 'HorizontalPodAutoscaler')).workloads[1]?.replicas).toBe(1);
});

test.each([['StatefulSet', 3], ['DaemonSet', 1]])('a %s with 3 replicas has %i here', (kind, replicas) => {
  const all = objects();
  const web = all.find((object) => object.metadata.name === 'web' && object.kind === 'Deployment')!;
  web.kind = kind;
  (web['spec'] as Record<string, unknown>)['replicas'] = 3;
  expect(read(all).workloads[0]).toMatchObject({ kind, replicas });
});

test('reads variables from ConfigMaps and says which ones are in the cluster alone', () => {
  const all = objects();
  all.push({ kind: 'ConfigMap', metadata: { name: 'settings' }, data: { level: 'high' } });
  find(all, 'Deployment', 'web').spec['template'].spec.containers[0].env = [
    { name: 'LEVEL', valueFrom: { configMapKeyRef: { name: 'settings', key: 'level' } } },
    { name: 'GONE', valueFrom: { configMapKeyRef: { name: 'settings', key: 'other' } } },
    { name: 'SECRET', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
    { name: 'EMPTY' },
  ];
  expect(read(all).workloads[0]?.app?.env).toEqual([
    { name: 'LEVEL', type: 'value', value: 'high' },
    { name: 'GONE', type: 'unavailable', reason: "key 'other' of ConfigMap 'settings'" },
    { name: 'SECRET', type: 'unavailable', reason: 'secretKeyRef' },
    { name: 'EMPTY', type: 'value', value: '' },
  ]);
});

test('workloads without the sidecar are left out, and named', () => {
  const all = objects();
  find(all, 'Deployment', 'web').spec['template'].spec.initContainers = [];
  expect(read(all)).toMatchObject({ outside: ["Deployment 'web'"], workloads: [{ service: 'catalog' }, { service: 'catalog' }] });
});

describe('refuses, saying where and what to do:', () => {
  test('YAML without a mesh', () => {
    expect(() => read([])).toThrow('no mesh in dist: there is no Kubernetes object. A mesh is what MeshService or MeshSidecar synthesized');
    expect(() => read(objects().filter(({ kind }) => kind === 'Service'))).toThrow('no mesh in dist: its 4 objects are no Deployment, StatefulSet, DaemonSet, Job, CronJob or Rollout');
    const all = objects().filter(({ metadata }) => metadata.name === 'web');
    find(all, 'Deployment', 'web').spec['template'].spec.initContainers = [];
    expect(() => read(all)).toThrow("no mesh in dist: the workloads there (Deployment 'web') have no container 'mesh-proxy'");
  });

  test('a ConfigMap that is in none of the files', () => {
    const all = objects().filter(({ metadata }) => metadata.name !== 'web-mesh');
    expect(() => read(all)).toThrow("shop.yaml:1: Deployment 'web' reads its configuration from ConfigMap 'web-mesh' in namespace 'shop', which is in none of the files");
  });

  test('a ConfigMap without the document', () => {
    const all = objects();
    find(all, 'ConfigMap', 'web-mesh').data = {};
    expect(() => read(all)).toThrow("shop.yaml:2: Deployment 'web': ConfigMap 'web-mesh' has no key 'proxy.json'");
  });

  test('a sidecar without the volume', () => {
    const all = objects();
    find(all, 'Deployment', 'web').spec['template'].spec.volumes = [];
    expect(() => read(all)).toThrow("shop.yaml:2: Deployment 'web' has the container 'mesh-proxy' but no volume 'mesh-config' of a ConfigMap");
  });

  test('a document that is newer than the command', () => {
    const all = objects();
    const { data } = find(all, 'ConfigMap', 'web-mesh');
    data['proxy.json'] = JSON.stringify({ ...JSON.parse(data['proxy.json']!) as object, minor: CONTRACT_MINOR + 1, shape: 'round' });
    expect(() => read(all)).toThrow("Deployment 'web': ConfigMap 'web-mesh' comes from a newer cdk8s-mesh, and this command doesn't know /shape; run the command of the version");
  });

  test('a document that the proxy would refuse, with all its mistakes, for each workload', () => {
    const all = objects();
    find(all, 'ConfigMap', 'web-mesh').data['proxy.json'] = '{"version":"v2"}';
    find(all, 'ConfigMap', 'catalog-v1-mesh').data['proxy.json'] = 'not JSON';
    expect(() => read(all)).toThrow(/Deployment 'web': the proxy would refuse 'proxy.json' of ConfigMap 'web-mesh':\n( {2}.+\n){3,}shop.yaml:5: Deployment 'catalog-v1': .+\n {2}\/: the document is not JSON/);
  });

  test('fields of the wrong type, with their path', () => {
    const all = objects();
    find(all, 'Deployment', 'web').spec['replicas'] = 'two';
    find(all, 'Service', 'web').spec['ports'][0].port = 'http';
    expect(() => read(all)).toThrow([
      "shop.yaml:2: Deployment 'web': spec.replicas must be a whole number, got \"two\"",
      "shop.yaml:3: Service 'web': spec.ports[0].port must be a whole number, got \"http\"",
    ].join('\n'));
  });

  test('a sidecar with no app beside it', () => {
    const all = objects();
    find(all, 'Deployment', 'web').spec['template'].spec.containers = [];
    expect(() => read(all)).toThrow("Deployment 'web' has the sidecar but no container of its own");
  });
});

test('knows a gateway, whose pods are the proxy alone', () => {
  const all = objects();
  const { spec } = find(all, 'Deployment', 'web').spec['template'];
  spec.containers = spec.initContainers;
  delete spec.initContainers;
  const map = find(all, 'ConfigMap', 'web-mesh');
  const document = JSON.parse(map.data['proxy.json']!);
  document.listeners = [{ ...document.listeners[1], address: undefined, hostnames: undefined }];
  document.shutdown = { endpointPropagationMs: 15_000 };
  map.data['proxy.json'] = JSON.stringify(document);
  const [{ app, preStopMs, service }] = read(all).workloads as [Workload];
  expect([service, app, preStopMs]).toEqual(['web', undefined, 15_000]);
});

test('knows what Secrets hold, whichever way they say it', () => {
  const secret = { kind: 'Secret', metadata: { name: 'keys' }, data: { a: Buffer.from('one').toString('base64'), b: 'dHdv' }, stringData: { b: 'three' } };
  expect(read([...objects(), secret]).secrets).toEqual(new Map([['shop/keys', { a: 'one', b: 'three' }]]));
});

describe('the zones that pods are bound to', () => {
  const ZONE = 'topology.kubernetes.io/zone';
  const zonesOf = (pod: object): readonly string[] | undefined => {
    const all = objects();
    Object.assign(find(all, 'Deployment', 'catalog-v1').spec['template'].spec, pod);
    return read(all).workloads[1]?.zones;
  };
  const affinity = (...terms: readonly object[]): object => ({
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } },
  });
  const term = (key: string, operator: string, ...values: readonly string[]): object => ({ matchExpressions: [{ key, operator, values }] });

  it.each([
    ['none', {}, []],
    ['a node selector', { nodeSelector: { [ZONE]: 'x', disk: 'ssd' } }, ['x']],
    ['a node selector for something else', { nodeSelector: { disk: 'ssd' } }, []],
    ['a required affinity', affinity(term(ZONE, 'In', 'x', 'y')), ['x', 'y']],
    ['one of several', affinity(term(ZONE, 'In', 'x'), term(ZONE, 'In', 'y', 'x')), ['x', 'y']],
    ['one that leaves them open', affinity(term(ZONE, 'In', 'x'), term('disk', 'In', 'ssd')), []],
    ['one that only excludes', affinity(term(ZONE, 'NotIn', 'x')), []],
  ])('come from %s', (_, pod, expected) => {
    expect(zonesOf(pod)).toEqual(expected);
  });
});
