/** Names that objects of the mesh share with objects made elsewhere. */
import { ApiObject, App, Chart, JsonPatch, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Mesh, MeshService, MeshSidecar } from '../../src';
import { newChart } from '../support/manifests';

const app = { image: 'ghcr.io/acme/catalog:1', portNumber: 8080 };
const catalogIn = (chart: Chart) => new MeshService(chart, 'catalog', { containers: [app] });

/** What validation says, a line each. */
function told(chart: Chart): string[] {
  try {
    Testing.synth(chart);
  } catch (error) {
    return (error as Error).message.split('\n').slice(1).map((line) => line.trim());
  }
  return [];
}

const plainService = (chart: Chart, props: kplus.ServiceProps = {}) =>
  new kplus.Service(chart, 'plain', { metadata: { name: 'catalog' }, ports: [{ port: 80 }], ...props });

describe('an object of the mesh and another one of its kind and name', () => {
  const remedy = 'Change the \'name\' of \'chart/catalog\', or give the other object another name';

  test.each<[string, string, string, (chart: Chart) => void]>([
    ['Service', 'catalog', 'chart/catalog/Service', plainService],
    ['ConfigMap', 'catalog-v1-mesh', 'chart/catalog/v1/Sidecar/Config', (chart) => {
      new kplus.ConfigMap(chart, 'plain', { metadata: { name: 'catalog-v1-mesh' } });
    }],
    ['PodDisruptionBudget', 'catalog-v1', 'chart/catalog/v1/DisruptionBudget', (chart) => {
      new ApiObject(chart, 'plain', { apiVersion: 'policy/v1beta1', kind: 'PodDisruptionBudget', metadata: { name: 'catalog-v1' } });
    }],
    ['Deployment', 'catalog-v1', 'chart/catalog/v1/Deployment', (chart) => {
      new MeshSidecar(chart, 'sidecar', { workload: new kplus.Deployment(chart, 'plain', { metadata: { name: 'catalog-v1' }, containers: [app] }) });
    }],
  ])('are told with both paths: %s', (kind, name, ours, build) => {
    for (const [first, second] of [[catalogIn, build], [build, catalogIn]]) {
      const chart = newChart();
      first(chart);
      second(chart);
      expect(told(chart)).toEqual([`[] two objects would be ${kind} "${name}" in namespace "shop": that of '${ours}' and that of 'chart/plain'. ${remedy}`]);
    }
  });

  test('are known by the metadata that patches leave', () => {
    const chart = newChart();
    catalogIn(chart);
    ApiObject.of(plainService(chart)).addJsonPatch(JsonPatch.replace('/metadata/namespace', 'elsewhere'));
    expect(told(chart)).toEqual([]);
    const moved = new kplus.Service(chart, 'moved', { metadata: { name: 'other', namespace: 'elsewhere' }, ports: [{ port: 80 }] });
    ApiObject.of(moved).addJsonPatch(JsonPatch.replace('/metadata', { name: 'catalog', namespace: 'shop' }));
    expect(told(chart)).toEqual([expect.stringContaining('Service "catalog" in namespace "shop": that of \'chart/catalog/Service\' and that of \'chart/moved\'')]);
  });

  test('are told for both Services of an exposed workload, with the prop of the sidecar', () => {
    const chart = newChart();
    const ledger = new MeshSidecar(chart, 'sidecar', { workload: new kplus.StatefulSet(chart, 'Ledger', { containers: [app] }) });
    ledger.expose();
    plainService(chart, { metadata: { name: 'ledger' } });
    new kplus.Service(chart, 'second', { metadata: { name: 'ledger-v1' }, ports: [{ port: 80 }] });
    expect(told(chart)).toEqual([
      expect.stringMatching(/Service "ledger" in .*'chart\/sidecar\/Exposed\/Service' and that of 'chart\/plain'\. Change the 'serviceName' of 'chart\/sidecar'/),
      expect.stringMatching(/Service "ledger-v1" in .*'chart\/sidecar\/Exposed\/v1\/HeadlessService' and that of 'chart\/second'/),
    ]);
  });

  test('are told once for each of several others, and wherever in the app they are', () => {
    const root = Testing.app();
    const [one, two, three] = ['one', 'two', 'three'].map((id) => newChart({ namespace: 'shop' }, id, root));
    catalogIn(one);
    plainService(two);
    plainService(three);
    expect(told(one)).toEqual([expect.stringContaining('\'two/plain\''), expect.stringContaining('\'three/plain\'')]);
  });

  test('are told when one names the namespace that the other leaves to be default', () => {
    const root = Testing.app();
    const chart = newChart({}, 'chart', root);
    catalogIn(chart);
    plainService(newChart({ namespace: 'default' }, 'other', root));
    expect(told(chart)).toEqual([expect.stringContaining('Service "catalog" in namespace "default"')]);
  });

  test('are told with what the constructs of the mesh have between them, which is told once', () => {
    const root = Testing.app();
    const [one, two] = ['one', 'two'].map((id) => newChart({ namespace: 'shop' }, id, root));
    catalogIn(one);
    catalogIn(two);
    plainService(two);
    expect(told(one)).toEqual([
      expect.stringMatching(/Service "catalog" .*'one\/catalog\/Service' and that of 'two\/plain'/),
      expect.stringMatching(/^\[two\/catalog\] 'name' makes "catalog", which 'one\/catalog' already is/),
      expect.stringMatching(/^\[two\/catalog\] 'version' makes "catalog-v1", which 'one\/catalog' already is/),
    ]);
  });

  test('are told when the other one is made later, and no more than once per synthesis', () => {
    const chart = newChart();
    catalogIn(chart);
    expect(told(chart)).toEqual([]);
    plainService(chart);
    const first = told(chart);
    expect(first).toHaveLength(1);
    expect(told(chart)).toEqual(first);
  });
});

describe('nothing is said of', () => {
  test.each<[string, (chart: Chart) => void]>([
    ['another namespace', (chart) => plainService(chart, { metadata: { name: 'catalog', namespace: 'other' } })],
    ['another kind', (chart) => {
      new kplus.Secret(chart, 'plain', { metadata: { name: 'catalog' } });
    }],
    ['another API\'s kind of the same name', (chart) => {
      new ApiObject(chart, 'plain', { apiVersion: 'serving.example.com/v1', kind: 'Service', metadata: { name: 'catalog' } });
    }],
    ['two objects made elsewhere', (chart) => ['a', 'b'].forEach((id) => new kplus.Secret(chart, id, { metadata: { name: 'same' } }))],
  ])('%s', (_, build) => {
    const chart = newChart();
    catalogIn(chart);
    build(chart);
    expect(told(chart)).toEqual([]);
  });

  test('another cluster, which a Mesh names', () => {
    const root = Testing.app();
    const [staging, production] = ['staging', 'production'].map((id) => newChart({ namespace: 'shop' }, id, root));
    new Mesh(production, 'mesh', { cluster: 'production' });
    catalogIn(staging);
    plainService(production);
    expect(told(staging)).toEqual([]);
    catalogIn(production);
    expect(told(staging)).toEqual([expect.stringMatching(/'production\/catalog\/Service' and that of 'production\/plain'/)]);
  });
});

test('the search looks at each object once, however many services there are', () => {
  const looks = (services: number): number => {
    const root: App = Testing.app();
    const chart = newChart({ namespace: 'shop' }, 'chart', root);
    for (let index = 0; index < services; index++) {
      new MeshService(chart, `s${index}`, { containers: [app] });
    }
    let count = 0;
    for (const object of chart.node.findAll().filter(ApiObject.isApiObject)) {
      const { metadata } = object;
      Object.defineProperty(object, 'metadata', { get: () => (count++, metadata) });
    }
    root.node.validate();
    return count;
  };
  expect(looks(20)).toBe(2 * looks(10));
  expect(looks(10)).toBeGreaterThan(0);
});
