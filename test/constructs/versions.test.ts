import { Testing } from 'cdk8s';
import { DisruptionBudget, MeshService, MeshServiceProps, Scaling } from '../../src';
import { documentOf, findByKind, findOne, inventory, newChart } from '../support/manifests';
import { expectRestricted, expectSound } from './sound';

const app = (tag: string) => ({ image: `ghcr.io/acme/catalog:${tag}`, portNumber: 8080 });

/** A service with versions, and a caller by whose document the weights are read. */
function shop(props: Partial<MeshServiceProps>, addVersions: (catalog: MeshService) => void) {
  const chart = newChart();
  const catalog = new MeshService(chart, 'catalog', { containers: [app('1')], ...props });
  const web = new MeshService(chart, 'web', { containers: [{ image: 'web:1', portNumber: 3000 }] });
  web.calls(catalog);
  addVersions(catalog);
  return Testing.synth(chart);
}

const weights = (manifests: unknown[]) => {
  const listener = documentOf(manifests, 'web-v1').listeners.find(({ name }) => name === 'outbound/shop/catalog:80');
  return Object.fromEntries(listener!.routes[0].split!.map(({ cluster, weight }) => [cluster, weight]));
};

describe('versions of a service', () => {
  test('each get a Deployment, headless Service, budget and document, and share Service and account', () => {
    const manifests = shop({}, (catalog) => catalog.addVersion('v2', { containers: [app('2')], weight: 5 }));
    expectSound(manifests);
    expectRestricted(manifests);
    expect(inventory(manifests).filter((line) => line.includes('catalog'))).toEqual([
      'ConfigMap shop/catalog-v1-mesh', 'ConfigMap shop/catalog-v2-mesh',
      'Deployment shop/catalog-v1', 'Deployment shop/catalog-v2',
      'PodDisruptionBudget shop/catalog-v1', 'PodDisruptionBudget shop/catalog-v2',
      'Service shop/catalog', 'Service shop/catalog-v1', 'Service shop/catalog-v2',
      'ServiceAccount shop/catalog',
    ]);
    expect(documentOf(manifests, 'catalog-v2').node).toEqual({ service: 'catalog', namespace: 'shop', version: 'v2' });
    expect(findOne(manifests, 'Deployment', 'catalog-v2').spec.template.spec).toMatchObject({
      serviceAccountName: 'catalog', containers: [{ image: 'ghcr.io/acme/catalog:2' }],
    });
  });

  test('leave the first one the rest of 100, also when they come after the call', () => {
    expect(weights(shop({}, (catalog) => {
      catalog.addVersion('v2', { containers: [app('2')], weight: 5 });
      catalog.addVersion('v3', { containers: [app('3')], weight: 15 });
    }))).toEqual({ 'shop/catalog-v1': 80, 'shop/catalog-v2': 5, 'shop/catalog-v3': 15 });
  });

  test('take no requests unless they get a weight', () => {
    expect(weights(shop({}, (catalog) => catalog.addVersion('v2', { containers: [app('2')] })))).toEqual({ 'shop/catalog-v1': 100, 'shop/catalog-v2': 0 });
  });

  test('can take everything', () => {
    expect(weights(shop({}, (catalog) => catalog.addVersion('v2', { containers: [app('2')], weight: 100 })))).toEqual({ 'shop/catalog-v1': 0, 'shop/catalog-v2': 100 });
  });

  test('weigh relative to each other when the first one has a weight of its own', () => {
    expect(weights(shop({ weight: 3, version: 'blue' }, (catalog) => catalog.addVersion('green', { containers: [app('2')], weight: 1 }))))
      .toEqual({ 'shop/catalog-blue': 3, 'shop/catalog-green': 1 });
  });

  test('scale and may be disrupted as the first one unless they say otherwise', () => {
    const manifests = shop({ scaling: Scaling.between(3, 6), disruptionBudget: DisruptionBudget.minAvailable(2) }, (catalog) => {
      catalog.addVersion('v2', { containers: [app('2')], weight: 5 });
      catalog.addVersion('v3', { containers: [app('3')], weight: 5, scaling: Scaling.replicas(1), disruptionBudget: DisruptionBudget.none() });
    });
    expectSound(manifests);
    expect(findByKind(manifests, 'HorizontalPodAutoscaler').map(({ metadata }) => metadata.name)).toEqual(['catalog-v1', 'catalog-v2']);
    expect(findOne(manifests, 'PodDisruptionBudget', 'catalog-v2').spec.minAvailable).toBe(2);
    expect(findOne(manifests, 'Deployment', 'catalog-v3').spec.replicas).toBe(1);
    expect(findByKind(manifests, 'PodDisruptionBudget').map(({ metadata }) => metadata.name)).toEqual(['catalog-v1', 'catalog-v2', 'web-v1']);
  });

  test('can be read in the order in which they were added', () => {
    const catalog = new MeshService(newChart(), 'catalog', { containers: [app('1')] });
    const next = catalog.addVersion('v2', { containers: [app('2')] });
    expect(catalog.versions.map(({ version }) => version)).toEqual(['v1', 'v2']);
    expect(catalog.versions[1]).toBe(next);
    expect(catalog.deployment).toBe(catalog.versions[0].deployment);
    expect(next.service.name).toBe('catalog-v2');
  });

  test('all call what the service calls, and one of them may call more', () => {
    const chart = newChart();
    const make = (name: string) => new MeshService(chart, name, { containers: [{ image: 'x:1', portNumber: 8080 }] });
    const [stock, prices, catalog] = ['stock', 'prices', 'catalog'].map(make);
    catalog.calls(stock);
    const next = catalog.addVersion('v2', { containers: [app('2')], weight: 5 });
    next.calls(prices);
    const manifests = Testing.synth(chart);
    expectSound(manifests);
    const clusters = (workload: string) => documentOf(manifests, workload).clusters.map(({ name }) => name);
    expect(clusters('catalog-v1')).toEqual(['app', 'shop/stock-v1']);
    expect(clusters('catalog-v2')).toEqual(['app', 'shop/prices-v1', 'shop/stock-v1']);
    // The namespace is readable for all versions already.
    expect(findByKind(manifests, 'Role').map(({ metadata }) => metadata.name)).toEqual(['cdk8s-mesh.shop.catalog']);
  });

  test('that call on their own, get a permission of their own for the account that they share', () => {
    const chart = newChart();
    const [stock, catalog] = ['stock', 'catalog'].map((name) => new MeshService(chart, name, { containers: [app('1')] }));
    catalog.addVersion('v2', { containers: [app('2')], weight: 5 }).calls(stock);
    const manifests = Testing.synth(chart);
    expectSound(manifests);
    expect(findByKind(manifests, 'RoleBinding').map(({ metadata, subjects }) => [metadata.name, subjects[0].name])).toEqual([['cdk8s-mesh.shop.catalog-v2', 'catalog']]);
    const volumes = (name: string) => findOne(manifests, 'Deployment', name).spec.template.spec.volumes.map((volume: { name: string }) => volume.name);
    expect(volumes('catalog-v1')).toEqual(['mesh-config', 'mesh-state']);
    expect(volumes('catalog-v2')).toEqual(['mesh-config', 'mesh-state', 'mesh-token']);
  });
});
